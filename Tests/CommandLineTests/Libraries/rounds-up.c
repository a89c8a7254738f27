/* Takes fifty times as many as it was asked to, and says so: that is allowed. */
#include "array.h"

static void *create(size_t capacity) { return array_create(capacity * 50); }
static size_t capacity(void *queue) { return ((array *)queue)->capacity; }

static const backpressure_queue_v1 rounds =
    ARRAY_QUEUE(.identifier = "c-rounds-up", .create = create, .capacity = capacity);

EXPORT_QUEUES(&rounds)
