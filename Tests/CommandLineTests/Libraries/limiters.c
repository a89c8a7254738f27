/* A token bucket that is exact, told the time or not; one that grants everything; a pacer. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "backpressure_abi.h"

/* Counts in permits * 10^9, so that nanoseconds times permits per second need no division. */
typedef struct {
  pthread_mutex_t lock;
  int64_t rate, full, tokens, last_ns;
  int has_started;
} bucket;

static const int64_t scale = 1000000000;

static void *bucket_create(double permits_per_second, double burst) {
  bucket *b = calloc(1, sizeof *b);
  pthread_mutex_init(&b->lock, NULL);
  b->rate = (int64_t)permits_per_second;
  b->full = b->tokens = (int64_t)burst * scale;
  return b;
}

static void bucket_destroy(void *object) {
  pthread_mutex_destroy(&((bucket *)object)->lock);
  free(object);
}

static int bucket_decide(bucket *b, uint32_t permits, int64_t now_ns) {
  if (!b->has_started) {
    b->has_started = 1;
    b->last_ns = now_ns;
  }
  __int128 tokens = b->tokens + (__int128)(now_ns - b->last_ns) * b->rate;
  b->tokens = tokens < b->full ? (int64_t)tokens : b->full;
  b->last_ns = now_ns;
  int granted = b->tokens >= permits * scale;
  if (granted) b->tokens -= permits * scale;
  return granted;
}

static int bucket_acquire_at(void *object, uint32_t permits, int64_t now_ns) {
  bucket *b = object;
  pthread_mutex_lock(&b->lock);
  int granted = bucket_decide(b, permits, now_ns);
  pthread_mutex_unlock(&b->lock);
  return granted;
}

static int bucket_acquire(void *object, uint32_t permits) {
  bucket *b = object;
  struct timespec now;
  pthread_mutex_lock(&b->lock);
  clock_gettime(CLOCK_MONOTONIC, &now);
  int granted = bucket_decide(b, permits, now.tv_sec * scale + now.tv_nsec);
  pthread_mutex_unlock(&b->lock);
  return granted;
}

static int grant(void *object, uint32_t permits) {
  (void)object, (void)permits;
  return 1;
}

static int grant_at(void *object, uint32_t permits, int64_t now_ns) {
  (void)object, (void)permits, (void)now_ns;
  return 1;
}

#define LIMITER(...)                                                                                         \
  {                                                                                                          \
    .abi_version = BACKPRESSURE_ABI_VERSION, .create = bucket_create, .destroy = bucket_destroy,             \
    .try_acquire = bucket_acquire, __VA_ARGS__                                                               \
  }

static const backpressure_limiter_v1 good = LIMITER(.identifier = "c-bucket", .try_acquire_at = bucket_acquire_at);
static const backpressure_limiter_v1 clockless = LIMITER(.identifier = "c-clockless");
static const backpressure_limiter_v1 generous =
    LIMITER(.identifier = "c-grants-everything", .try_acquire = grant, .try_acquire_at = grant_at);
static const backpressure_limiter_v1 pacer =
    LIMITER(.identifier = "c-pacer", .specification = BACKPRESSURE_LIMITER_PACER);

static const backpressure_limiter_v1 *const limiters[] = {&good, &clockless, &generous, &pacer};

const backpressure_limiter_v1 *const *backpressure_limiters_v1(size_t *count) {
  *count = sizeof limiters / sizeof *limiters;
  return limiters;
}
