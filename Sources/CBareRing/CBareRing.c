#include "CBareRing.h"

#include <stdlib.h>
#include <string.h>

bare_ring *bare_ring_create(size_t capacity) {
  // Whole pairs of cache lines, so that neither the slots nor the indices share one with anything else.
  if (capacity == 0 || capacity > SIZE_MAX / sizeof(bare_ring_slot) - 128) return NULL;
  size_t bytes = (capacity * sizeof(bare_ring_slot) + 127) & ~(size_t)127;
  bare_ring *ring = aligned_alloc(128, sizeof(bare_ring));
  bare_ring_slot *slots = aligned_alloc(128, bytes);
  if (ring == NULL || slots == NULL) {
    free(ring);
    free(slots);
    return NULL;
  }
  memset(slots, 0, bytes);
  *ring = (bare_ring){.producer = 0, .consumer = 0, .capacity = capacity, .slots = slots};
  return ring;
}

void bare_ring_destroy(bare_ring *ring) {
  free(ring->slots);
  free(ring);
}
