/* Says yes in its own way. */
#include "array.h"

static int say_seven(void *queue, uint64_t value) { return array_push(queue, value) ? 7 : 0; }

static const backpressure_queue_v1 queue = ARRAY_QUEUE(.identifier = "c-seven", .try_push = say_seven);

EXPORT_QUEUES(&queue)
