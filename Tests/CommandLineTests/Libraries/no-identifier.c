/* Has no name. */
#include "array.h"

static const backpressure_queue_v1 nameless = ARRAY_QUEUE(.identifier = NULL);

EXPORT_QUEUES(&nameless)
