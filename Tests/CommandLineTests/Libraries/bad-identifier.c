/* Calls itself as nothing may be called that becomes a column of a CSV. */
#include "array.h"

static const backpressure_queue_v1 named = ARRAY_QUEUE(.identifier = "My Queue");

EXPORT_QUEUES(&named)
