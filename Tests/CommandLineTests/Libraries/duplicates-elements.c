/* Gives every hundredth value out a second time. */
#include "array.h"

static _Atomic uint64_t pops;

static int pop(void *object, uint64_t *value) {
  array *a = object;
  int has_value = array_pop(object, value);
  if (has_value && atomic_fetch_add(&pops, 1) % 100 == 99) {
    array_lock(a);
    if (a->count < a->capacity) {
      a->head = (a->head + a->capacity - 1) % a->capacity;
      a->count++;
    }
    array_unlock(a);
  }
  return has_value;
}

static const backpressure_queue_v1 duplicates = ARRAY_QUEUE(.identifier = "c-duplicates", .try_pop = pop);

EXPORT_QUEUES(&duplicates)
