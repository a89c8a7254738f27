/*
 * A bounded queue for any number of producers and consumers: Dmitry Vyukov's array of slots with sequence numbers, for
 * exactly the capacity that is asked for, whether or not it is a power of two.
 *
 * Each slot has a sequence number that says whose turn it is: 2n when the n-th round's push may fill it, 2n + 1 when the
 * n-th round's pop may empty it. (With the usual numbering, by position, a queue of one slot could not tell full from
 * empty.) A push takes a ticket from `tail`, a pop from `head`: the slot's index in the low bits, the round above them,
 * so that an operation costs one compare-exchange and no division.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "backpressure_abi.h"

/* Two cache lines, because processors fetch them in pairs. */
#define APART 128

typedef struct {
  _Alignas(64) _Atomic uint64_t turn;
  uint64_t value;
} slot;

typedef struct {
  _Alignas(APART) _Atomic uint64_t tail; /* the next push's ticket */
  _Alignas(APART) _Atomic uint64_t head; /* the next pop's ticket */
  _Alignas(APART) size_t capacity;
  unsigned index_bits;
  slot *slots;
} queue;

static size_t index_of(const queue *q, uint64_t ticket) { return ticket & (((uint64_t)1 << q->index_bits) - 1); }

static uint64_t round_of(const queue *q, uint64_t ticket) { return ticket >> q->index_bits; }

static uint64_t next_ticket(const queue *q, uint64_t ticket) {
  return index_of(q, ticket) + 1 < q->capacity ? ticket + 1 : (round_of(q, ticket) + 1) << q->index_bits;
}

static void *queue_create(size_t capacity) {
  if (capacity > SIZE_MAX / sizeof(slot)) return NULL;
  queue *q = aligned_alloc(APART, sizeof(queue));
  slot *slots = aligned_alloc(_Alignof(slot), capacity * sizeof(slot));
  if (q == NULL || slots == NULL) {
    free(q);
    free(slots);
    return NULL;
  }
  atomic_init(&q->tail, 0);
  atomic_init(&q->head, 0);
  q->capacity = capacity;
  q->index_bits = 0;
  while (((uint64_t)1 << q->index_bits) < capacity) q->index_bits++;
  q->slots = slots;
  for (size_t i = 0; i < capacity; i++) atomic_init(&slots[i].turn, 0);
  return q;
}

static void queue_destroy(void *object) {
  queue *q = object;
  free(q->slots);
  free(q);
}

static int queue_try_push(void *object, uint64_t value) {
  queue *q = object;
  uint64_t ticket = atomic_load_explicit(&q->tail, memory_order_relaxed);
  for (;;) {
    slot *s = &q->slots[index_of(q, ticket)];
    uint64_t mine = 2 * round_of(q, ticket);
    /* Acquire: the pop that emptied the slot has read it before it is written again. */
    int64_t ahead = (int64_t)(atomic_load_explicit(&s->turn, memory_order_acquire) - mine);
    if (ahead == 0) {
      /* Relaxed: the ticket only says whose the slot is; what is in it is published by its turn. */
      if (atomic_compare_exchange_weak_explicit(&q->tail, &ticket, next_ticket(q, ticket), memory_order_relaxed,
                                                memory_order_relaxed)) {
        s->value = value;
        atomic_store_explicit(&s->turn, mine + 1, memory_order_release);
        return 1;
      }
    } else if (ahead < 0) {
      /* The slot still holds the last round's value, or its pop is not done: full, unless others have moved on. */
      uint64_t now = atomic_load_explicit(&q->tail, memory_order_relaxed);
      if (now == ticket) return 0;
      ticket = now;
    } else {
      ticket = atomic_load_explicit(&q->tail, memory_order_relaxed);
    }
  }
}

static int queue_try_pop(void *object, uint64_t *value) {
  queue *q = object;
  uint64_t ticket = atomic_load_explicit(&q->head, memory_order_relaxed);
  for (;;) {
    slot *s = &q->slots[index_of(q, ticket)];
    uint64_t mine = 2 * round_of(q, ticket) + 1;
    /* Acquire: sees the value that was stored before the turn. */
    int64_t ahead = (int64_t)(atomic_load_explicit(&s->turn, memory_order_acquire) - mine);
    if (ahead == 0) {
      if (atomic_compare_exchange_weak_explicit(&q->head, &ticket, next_ticket(q, ticket), memory_order_relaxed,
                                                memory_order_relaxed)) {
        *value = s->value;
        atomic_store_explicit(&s->turn, mine + 1, memory_order_release);
        return 1;
      }
    } else if (ahead < 0) {
      uint64_t now = atomic_load_explicit(&q->head, memory_order_relaxed);
      if (now == ticket) return 0;
      ticket = now;
    } else {
      ticket = atomic_load_explicit(&q->head, memory_order_relaxed);
    }
  }
}

/* Relaxed: a push that is not done makes the slot of a pop look empty even if later pushes are done, and vice versa. */
static const backpressure_queue_v1 vyukov = {
    .abi_version = BACKPRESSURE_ABI_VERSION,
    .identifier = "vyukov-c",
    .max_producers = 0,
    .max_consumers = 0,
    .specification = BACKPRESSURE_QUEUE_RELAXED,
    .create = queue_create,
    .destroy = queue_destroy,
    .try_push = queue_try_push,
    .try_pop = queue_try_pop,
};

static const backpressure_queue_v1 *const queues[] = {&vyukov};

BACKPRESSURE_EXPORT const backpressure_queue_v1 *const *backpressure_queues_v1(size_t *count) {
  *count = sizeof queues / sizeof *queues;
  return queues;
}
