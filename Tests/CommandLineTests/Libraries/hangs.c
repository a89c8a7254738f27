/* Never returns from its hundredth push. */
#include <unistd.h>

#include "array.h"

static _Atomic uint64_t pushes;

static int push(void *queue, uint64_t value) {
  if (atomic_fetch_add(&pushes, 1) == 99)
    for (;;) pause();
  return array_push(queue, value);
}

static const backpressure_queue_v1 hangs = ARRAY_QUEUE(.identifier = "c-hangs", .try_push = push);

EXPORT_QUEUES(&hangs)
