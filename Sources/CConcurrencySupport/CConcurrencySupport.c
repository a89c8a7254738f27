#include "CConcurrencySupport.h"

// In a file of its own, so that no caller can see that it is empty.
void backpressure_reference_barrier(void) {}

int backpressure_has_heavy_fence = 0;

#if defined(__linux__)
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// From linux/membarrier.h, which not every system has.
enum {
  MEMBARRIER_PRIVATE_EXPEDITED = 1 << 3,
  MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 1 << 4,
};

static void register_for_membarrier(void) {
  if (syscall(__NR_membarrier, MEMBARRIER_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) backpressure_has_heavy_fence = 1;
}

void backpressure_prepare_fences(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_for_membarrier);
}

void backpressure_heavy_fence(void) {
  if (backpressure_has_heavy_fence && syscall(__NR_membarrier, MEMBARRIER_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void backpressure_sleep_punctually(void) { prctl(PR_SET_TIMERSLACK, 1UL); }
#else
void backpressure_sleep_punctually(void) {}
void backpressure_prepare_fences(void) {}
void backpressure_heavy_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
#endif
