/* Forgets every hundredth value that it took. */
#include "array.h"

static _Atomic uint64_t pushes;

static int push(void *queue, uint64_t value) {
  return atomic_fetch_add(&pushes, 1) % 100 == 99 ? 1 : array_push(queue, value);
}

static const backpressure_queue_v1 loses = ARRAY_QUEUE(.identifier = "c-loses", .try_push = push);

EXPORT_QUEUES(&loses)
