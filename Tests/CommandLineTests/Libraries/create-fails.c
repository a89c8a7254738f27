/* Can't be made, neither the queue nor the limiter. */
#include "array.h"

static void *create_queue(size_t capacity) {
  (void)capacity;
  return NULL;
}

static void *create_limiter(double permits_per_second, double burst) {
  (void)permits_per_second, (void)burst;
  return NULL;
}

static int grant(void *limiter, uint32_t permits) {
  (void)limiter, (void)permits;
  return 1;
}

static const backpressure_queue_v1 queue = ARRAY_QUEUE(.identifier = "c-not-made", .create = create_queue);

static const backpressure_limiter_v1 limiter = {
    .abi_version = BACKPRESSURE_ABI_VERSION,
    .identifier = "c-limiter-not-made",
    .create = create_limiter,
    .destroy = free,
    .try_acquire = grant,
};

static const backpressure_limiter_v1 *const limiters[] = {&limiter};

EXPORT_QUEUES(&queue)

const backpressure_limiter_v1 *const *backpressure_limiters_v1(size_t *count) {
  *count = 1;
  return limiters;
}
