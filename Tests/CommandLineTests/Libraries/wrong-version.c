/* Built for a later version of the header. */
#include "array.h"

static const backpressure_queue_v1 good = ARRAY_QUEUE(.identifier = "c-good");
static const backpressure_queue_v1 later = ARRAY_QUEUE(.identifier = "c-later", .abi_version = 2);

EXPORT_QUEUES(&good, &later)
