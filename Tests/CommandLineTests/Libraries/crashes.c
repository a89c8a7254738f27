/* Crashes at its hundredth push. */
#include <stdio.h>

#include "array.h"

static _Atomic uint64_t pushes;

static int push(void *queue, uint64_t value) {
  if (atomic_fetch_add(&pushes, 1) == 99) {
    fputs("a hundred are too many\n", stderr);
    abort();
  }
  return array_push(queue, value);
}

static const backpressure_queue_v1 crashes = ARRAY_QUEUE(.identifier = "c-crashes", .try_push = push);

EXPORT_QUEUES(&crashes)
