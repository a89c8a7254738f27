/* Two queues that keep their promises, one of them for a single producer and a single consumer. */
#include "array.h"

static const backpressure_queue_v1 any = ARRAY_QUEUE(.identifier = "c-any");
static const backpressure_queue_v1 pair = ARRAY_QUEUE(.identifier = "c-pair", .max_producers = 1, .max_consumers = 1);

EXPORT_QUEUES(&any, &pair)
