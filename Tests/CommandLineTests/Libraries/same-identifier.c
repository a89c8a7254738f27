/* Calls two entries the same. */
#include "array.h"

static const backpressure_queue_v1 one = ARRAY_QUEUE(.identifier = "c-twin");
static const backpressure_queue_v1 other = ARRAY_QUEUE(.identifier = "c-twin");

EXPORT_QUEUES(&one, &other)
