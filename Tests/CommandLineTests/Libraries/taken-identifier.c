/* Calls itself as one that comes with the suite does. */
#include "array.h"

static const backpressure_queue_v1 impostor = ARRAY_QUEUE(.identifier = "mutex");

EXPORT_QUEUES(&impostor)
