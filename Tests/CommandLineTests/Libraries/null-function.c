/* Lacks a function that it must have. */
#include "array.h"

static const backpressure_queue_v1 mute = ARRAY_QUEUE(.identifier = "c-mute", .try_pop = NULL);

EXPORT_QUEUES(&mute)
