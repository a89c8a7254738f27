/* Says that it keeps the capacity asked for, and has room for a thousand times as many. */
#include "array.h"

static void *create(size_t capacity) { return array_create(capacity * 1000); }
static size_t capacity(void *queue) { return ((array *)queue)->capacity / 1000; }

static const backpressure_queue_v1 ignores =
    ARRAY_QUEUE(.identifier = "c-ignores-bound", .create = create, .capacity = capacity);

EXPORT_QUEUES(&ignores)
