#ifndef CBARERING_H
#define CBARERING_H

#include <stddef.h>
#include <stdint.h>

// The fastest design known for one producer and one consumer, and nothing else: what a single-producer ring in Swift is
// measured beside, in the same loops and without a call. It can't be closed or waited on, and counts nothing.
//
// A word in each slot says whether it is filled. Each side has an index of its own that the other never reads: the only cache
// lines that travel are those of the slots, four of which share one. As in FastForward (Giacomoni et al., 2008).

typedef struct {
  uint64_t filled;
  uint64_t value;
} bare_ring_slot;

// What each side writes is 128 bytes from everything else. By hand: Swift imports no struct that is aligned to so much.
typedef struct {
  size_t producer;
  char after_producer[128 - sizeof(size_t)];
  size_t consumer;
  char after_consumer[128 - sizeof(size_t)];
  size_t capacity;
  bare_ring_slot *slots;
  char after_constants[128 - sizeof(size_t) - sizeof(bare_ring_slot *)];
} bare_ring;

/// NULL: no memory.
bare_ring *bare_ring_create(size_t capacity);
void bare_ring_destroy(bare_ring *ring);

/// 0: full.
static inline __attribute__((always_inline)) int bare_ring_try_push(bare_ring *ring, uint64_t value) {
  bare_ring_slot *slot = &ring->slots[ring->producer];
  // Acquire: the consumer's read of the last value comes before the write of the next.
  if (__builtin_expect(__atomic_load_n(&slot->filled, __ATOMIC_ACQUIRE) != 0, 0)) return 0;
  slot->value = value;
  __atomic_store_n(&slot->filled, 1, __ATOMIC_RELEASE);
  ring->producer = ring->producer + 1 == ring->capacity ? 0 : ring->producer + 1;
  return 1;
}

/// 0: empty.
static inline __attribute__((always_inline)) int bare_ring_try_pop(bare_ring *ring, uint64_t *value) {
  bare_ring_slot *slot = &ring->slots[ring->consumer];
  if (__builtin_expect(__atomic_load_n(&slot->filled, __ATOMIC_ACQUIRE) == 0, 0)) return 0;
  *value = slot->value;
  __atomic_store_n(&slot->filled, 0, __ATOMIC_RELEASE);
  // Atomic for the sake of whoever asks whether the ring is empty; costs nothing.
  __atomic_store_n(&ring->consumer, ring->consumer + 1 == ring->capacity ? 0 : ring->consumer + 1, __ATOMIC_RELAXED);
  return 1;
}

/// Whether the slot that the consumer comes to next is empty.
static inline __attribute__((always_inline)) int bare_ring_is_empty(const bare_ring *ring) {
  size_t consumer = __atomic_load_n(&ring->consumer, __ATOMIC_RELAXED);
  return __atomic_load_n(&ring->slots[consumer].filled, __ATOMIC_ACQUIRE) == 0;
}

#endif
