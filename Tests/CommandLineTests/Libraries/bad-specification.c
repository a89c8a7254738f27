/* Promises something that the header doesn't know. */
#include "array.h"

static const backpressure_queue_v1 odd = ARRAY_QUEUE(.identifier = "c-odd", .specification = 9);

EXPORT_QUEUES(&odd)
