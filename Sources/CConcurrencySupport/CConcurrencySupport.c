#if defined(__linux__)
#define _GNU_SOURCE  // For the sets of processors.
#endif
#include "CConcurrencySupport.h"

#include <errno.h>
#include <signal.h>

// In a file of its own, so that no caller can see that it is empty.
void backpressure_reference_barrier(void) {}

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// From linux/membarrier.h, which not every system has.
enum {
  MEMBARRIER_PRIVATE_EXPEDITED = 1 << 3,
  MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 1 << 4,
};

static int has_heavy_fence = 0;

static void register_for_membarrier(void) {
  if (syscall(__NR_membarrier, MEMBARRIER_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) has_heavy_fence = 1;
}

int backpressure_has_heavy_fence(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_for_membarrier);
  return has_heavy_fence;
}

void backpressure_heavy_fence(void) {
  if (backpressure_has_heavy_fence() && syscall(__NR_membarrier, MEMBARRIER_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void backpressure_sleep_punctually(void) { prctl(PR_SET_TIMERSLACK, 1UL); }

int backpressure_keep_to_processor(int number) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &allowed) || number-- > 0) continue;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
  }
  return 0;
}
#else
int backpressure_keep_to_processor(int number) { return number < 0; }
void backpressure_sleep_punctually(void) {}
int backpressure_has_heavy_fence(void) { return 0; }
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
  return strcmp(name, "tsc\n") == 0;
#else
  return 1;
#endif
}

static int fetches_ahead = 0;

static void ask_for_maker(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  fetches_ahead = __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx && c == signature_INTEL_ecx &&
                  d == signature_INTEL_edx;
}

// Once: a virtual machine's host answers in its stead, which takes microseconds.
int backpressure_gains_by_fetching_ahead(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, ask_for_maker);
  return fetches_ahead;
}
#else
int backpressure_has_steady_counter(void) { return 0; }
int backpressure_gains_by_fetching_ahead(void) { return 0; }
#endif

// Of the thread that is stalled, if it is: where it says that it is in the middle of something.
static __thread const volatile uint8_t *stall_when = NULL;
static __thread uint32_t stall_random = 1;
static __thread volatile uint32_t stalls = 0;
// Whether the thread let no SIGURG through before its stalls began.
static __thread int stalls_were_blocked = 0;

// Xorshift: numbers for a handler of signals.
static uint32_t next_stall_random(void) {
  uint32_t number = stall_random;
  number ^= number << 13;
  number ^= number >> 17;
  number ^= number << 5;
  return stall_random = number;
}

#if defined(__linux__)
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

// The kernel's own calls: older C libraries keep the functions for timers in a library of their own.
static __thread int stall_timer = 0;

static void arm_stall_timer(void) {
  struct itimerspec time = {{0, 0}, {0, 5000 + (long)(next_stall_random() % 60000u)}};
  syscall(SYS_timer_settime, stall_timer, 0, &time, NULL);
}
#endif

// All that is called here may be called in a handler of signals.
static void stall(int signal) {
  (void)signal;
  if (stall_when == NULL) return;
  int error = errno;
  if (*stall_when) {
    // Sleeping makes others run, even where there is one processor.
    struct timespec time = {0, 2000 + (long)(next_stall_random() % 60000u)};
    nanosleep(&time, NULL);
    stalls += 1;
  }
#if defined(__linux__)
  arm_stall_timer();
#endif
  errno = error;
}

static int handle_stalls(void) {
  struct sigaction action;
  if (sigaction(SIGURG, NULL, &action) != 0) return 0;
  if ((action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == stall) return 1;
  if ((action.sa_flags & SA_SIGINFO) || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)) return 0;
  // The handler stays: a late signal does nothing with it, as it would without.
  action.sa_handler = stall;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGURG, &action, NULL) == 0;
}

int backpressure_begin_stalls(const volatile uint8_t *when, uint32_t seed) {
  if (!handle_stalls()) return 0;
  stalls = 0;
  // Neighbouring seeds must not begin alike; and never 0, from which there is no way.
  stall_random = (seed * 2654435761u) | 1;
#if defined(__linux__)
  struct sigevent event = {0};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGURG;
  event.sigev_notify_thread_id = (int)syscall(SYS_gettid);
  if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &stall_timer) != 0) return 0;
  stall_when = when;
  arm_stall_timer();
#else
  stall_when = when;
#endif
  // A thread begins with what the one that started it lets through, and libdispatch's, which run Swift's tasks, let next to
  // nothing through.
  sigset_t urgent, before;
  sigemptyset(&urgent);
  sigaddset(&urgent, SIGURG);
  stalls_were_blocked = pthread_sigmask(SIG_UNBLOCK, &urgent, &before) == 0 && sigismember(&before, SIGURG) == 1;
  return 1;
}

uint32_t backpressure_stalls(void) { return stalls; }

void backpressure_end_stalls(void) {
  if (stall_when == NULL) return;
  stall_when = NULL;
#if defined(__linux__)
  syscall(SYS_timer_delete, stall_timer);
#endif
  if (!stalls_were_blocked) return;
  sigset_t urgent;
  sigemptyset(&urgent);
  sigaddset(&urgent, SIGURG);
  pthread_sigmask(SIG_BLOCK, &urgent, NULL);
}

void backpressure_stall(pthread_t thread) {
#if defined(__linux__)
  (void)thread;
#else
  pthread_kill(thread, SIGURG);
#endif
}
