/* Takes the process with it that makes one. */
#include "array.h"

static void *create_queue(size_t capacity) {
  (void)capacity;
  abort();
}

static const backpressure_queue_v1 queue = ARRAY_QUEUE(.identifier = "c-unmade", .create = create_queue);

EXPORT_QUEUES(&queue)
