/* A token bucket that is exact, told the time or not; one that grants everything, and one that does unless it is told
   the time; a pacer; an exact sliding window; and a bucket that says it is one. */
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

/* A pacer has no burst, whatever it is told. */
static void *pacer_create(double permits_per_second, double burst) {
  (void)burst;
  return bucket_create(permits_per_second, 1);
}

/* The times of the last `limit` permits: the oldest must have left the window before another is granted. */
typedef struct {
  pthread_mutex_t lock;
  int64_t length_ns, *times;
  uint32_t limit, next;
} window;

static void *window_create(double permits_per_second, double burst) {
  window *w = calloc(1, sizeof *w);
  pthread_mutex_init(&w->lock, NULL);
  w->limit = (uint32_t)burst;
  w->length_ns = ((int64_t)burst * scale + (int64_t)permits_per_second - 1) / (int64_t)permits_per_second;
  w->times = malloc(w->limit * sizeof *w->times);
  for (uint32_t i = 0; i < w->limit; i++) w->times[i] = -w->length_ns;
  return w;
}

static void window_destroy(void *object) {
  window *w = object;
  pthread_mutex_destroy(&w->lock);
  free(w->times);
  free(w);
}

static int window_decide(window *w, uint32_t permits, int64_t now_ns) {
  if (permits > w->limit) return 0;
  if (permits > 0 && now_ns - w->times[(w->next + permits - 1) % w->limit] < w->length_ns) return 0;
  for (uint32_t i = 0; i < permits; i++) w->times[(w->next + i) % w->limit] = now_ns;
  w->next = (w->next + permits) % w->limit;
  return 1;
}

static int window_acquire_at(void *object, uint32_t permits, int64_t now_ns) {
  window *w = object;
  pthread_mutex_lock(&w->lock);
  int granted = window_decide(w, permits, now_ns);
  pthread_mutex_unlock(&w->lock);
  return granted;
}

static int window_acquire(void *object, uint32_t permits) {
  window *w = object;
  struct timespec now;
  pthread_mutex_lock(&w->lock);
  clock_gettime(CLOCK_MONOTONIC, &now);
  int granted = window_decide(w, permits, now.tv_sec * scale + now.tv_nsec);
  pthread_mutex_unlock(&w->lock);
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
static const backpressure_limiter_v1 two_faced =
    LIMITER(.identifier = "c-two-faced", .try_acquire = grant, .try_acquire_at = bucket_acquire_at);
static const backpressure_limiter_v1 pacer =
    LIMITER(.identifier = "c-pacer", .specification = BACKPRESSURE_LIMITER_PACER, .create = pacer_create,
            .try_acquire_at = bucket_acquire_at);
static const backpressure_limiter_v1 sliding = {
    .abi_version = BACKPRESSURE_ABI_VERSION,
    .identifier = "c-window",
    .specification = BACKPRESSURE_LIMITER_SLIDING_WINDOW,
    .create = window_create,
    .destroy = window_destroy,
    .try_acquire = window_acquire,
    .try_acquire_at = window_acquire_at,
};
static const backpressure_limiter_v1 filling =
    LIMITER(.identifier = "c-fills-up", .specification = BACKPRESSURE_LIMITER_SLIDING_WINDOW,
            .try_acquire_at = bucket_acquire_at);

static const backpressure_limiter_v1 *const limiters[] = {&good,  &clockless, &generous, &two_faced,
                                                          &pacer, &sliding,   &filling};

const backpressure_limiter_v1 *const *backpressure_limiters_v1(size_t *count) {
  *count = sizeof limiters / sizeof *limiters;
  return limiters;
}
