#include "CConcurrencySupport.h"

#include <errno.h>
#include <signal.h>

// In a file of its own, so that no caller can see that it is empty.
void backpressure_reference_barrier(void) {}

int backpressure_has_heavy_fence = 0;

#if defined(__linux__)
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

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdio.h>
#include <string.h>

int backpressure_has_steady_counter(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  // "Invariant TSC": one rate in all states of the processor.
  if (!__get_cpuid(0x80000007u, &a, &b, &c, &d) || !(d & (1u << 8))) return 0;
#if defined(__linux__)
  // The kernel compares the cores' counters and takes another clock when they differ.
  char name[32] = "";
  FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
  if (file == NULL) return 0;
  if (fgets(name, sizeof name, file) == NULL) name[0] = 0;
  fclose(file);
  return strncmp(name, "tsc", 3) == 0 || strncmp(name, "kvm-clock", 9) == 0;
#else
  return 1;
#endif
}
#else
int backpressure_has_steady_counter(void) { return 0; }
#endif

// Sleeping is what makes others run, even where there is one processor; it is allowed in a handler of signals.
static void stall(int signal) {
  (void)signal;
  // Not always as long, so that of two that are stopped each is sometimes the first to go on.
  static unsigned stalls = 0;
  int error = errno;
  struct timespec time = {0, 2000 + (long)(__atomic_add_fetch(&stalls, 1, __ATOMIC_RELAXED) * 7919u % 60000u)};
  nanosleep(&time, NULL);
  errno = error;
}

int backpressure_prepare_stalls(void) {
  struct sigaction action;
  if (sigaction(SIGURG, NULL, &action) != 0) return 0;
  if (action.sa_handler == stall) return 1;
  // The handler stays: a late signal finds it, and without one it would be ignored.
  if ((action.sa_flags & SA_SIGINFO) || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)) return 0;
  action.sa_handler = stall;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGURG, &action, NULL) == 0;
}

void backpressure_stall(pthread_t thread) { pthread_kill(thread, SIGURG); }
