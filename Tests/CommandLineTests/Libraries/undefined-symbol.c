/* Needs a function that nobody has. */
#include "array.h"

void *nobody_has_this(size_t capacity);

static const backpressure_queue_v1 lost = ARRAY_QUEUE(.identifier = "c-lost", .create = nobody_has_this);

EXPORT_QUEUES(&lost)
