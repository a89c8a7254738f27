/* Counts one entry more than it has. */
#include "array.h"

static const backpressure_queue_v1 good = ARRAY_QUEUE(.identifier = "c-good");

EXPORT_QUEUES(&good, NULL)
