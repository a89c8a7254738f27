#ifndef CCONCURRENCYSUPPORT_H
#define CCONCURRENCYSUPPORT_H

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <time.h>

/// Tells the processor that this thread spins, so that its sibling thread may run and the memory pipeline isn't flooded.
static inline __attribute__((always_inline)) void backpressure_cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield" ::: "memory");
#endif
}

/// Begins to fetch a cache line that this thread is about to write, from whichever processor has it. Never faults, and waits for
/// nothing: unlike a load it isn't held up by an atomic operation before it.
static inline __attribute__((always_inline)) void backpressure_prefetch_for_writing(const void *address) {
#if defined(__x86_64__)
  // By name: without `-mprfchw`, which not every processor that Swift supports has, the builtin would fetch for reading. Those
  // without take the instruction for none.
  __asm__ volatile("prefetchw %0" ::"m"(*(const char *)address));
#else
  __builtin_prefetch(address, 1);
#endif
}

/// Whether this processor is one on which a ring gains by fetching its slots before it comes to them.
///
/// Those of Intel do: on a Xeon threads passed 1.4 to 1.8 times as much. On an EPYC of AMD the same fetches cost about half of
/// what a ring passes. Others were not measured.
int backpressure_gains_by_fetching_ahead(void);

/// Nanoseconds of `CLOCK_MONOTONIC`. In C, since Swift would guard the stack around the variable whose address is taken.
static inline __attribute__((always_inline)) uint64_t backpressure_monotonic_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/// Bits that differ from thread to thread, and stay as they are while the thread lives: what to choose a stripe of a
/// striped counter by. No identity: a thread that has ended may be followed by one with the same bits.
static inline __attribute__((always_inline)) uint64_t backpressure_thread_bits(void) {
  return (uint64_t)(uintptr_t)pthread_self();
}

/// Does nothing that the Swift compiler could know of: a call to it keeps retains and releases on their side.
///
/// Swift's optimiser sinks the retain of a copy past atomic operations, since those can't release anything as far as it
/// knows. A reference that another thread may take and release as soon as an atomic store has published it must be
/// retained before that store; only a call that might do anything keeps it there.
void backpressure_reference_barrier(void);

/// Asks the kernel, once, whether the process may use the heavy fence: whether `backpressure_heavy_fence` reaches every thread of
/// the process, so that the light fence may be none at all. The answer is the same ever after.
int backpressure_has_heavy_fence(void);

/// The cheap half of an asymmetric pair of fences: keeps the compiler from moving memory accesses across it. Together with
/// a heavy fence in another thread it orders like two sequentially consistent fences, where there is a heavy one.
static inline __attribute__((always_inline)) void backpressure_light_fence(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/// What takes the light fence's place where there is no heavy one.
static inline __attribute__((always_inline)) void backpressure_full_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/// The expensive half: every other running thread of the process passes a full fence before it returns (0.2 to 4 µs). A full
/// fence of this thread alone where the kernel has no heavy one.
void backpressure_heavy_fence(void);

/// Asks the kernel to end this thread's sleeps when they are over, not up to 50 µs later so as to save wake-ups. For
/// measuring: it is the program's to decide how its threads sleep.
void backpressure_sleep_punctually(void);

/// From now on this thread runs on one processor alone: on the one of this number, counted from 0, among those that it may use.
/// For measuring. 0: it doesn't, since there are fewer or the system knows no such thing.
int backpressure_keep_to_processor(int number);

/// Whether the processor counts time at one steady rate that all its cores share, as far as processor and kernel say: the
/// counter is invariant, and a Linux kernel hasn't turned to another clock because it found the counter wanting.
int backpressure_has_steady_counter(void);

/// The time stamp counter before a call: nothing of the call happens before it is read. It may be read early, which makes
/// the call look longer than it was and never shorter. Only where `backpressure_has_steady_counter`; 0 elsewhere.
static inline __attribute__((always_inline)) uint64_t backpressure_counter_before_call(void) {
#if defined(__x86_64__)
  uint32_t low, high;
  __asm__ volatile("rdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
  return ((uint64_t)high << 32) | low;
#else
  return 0;
#endif
}

/// The time stamp counter after a call: all of the call has happened before it is read, and others can see what it stored
/// (without the fence a store may still sit in the store buffer, and a correct release would look late).
static inline __attribute__((always_inline)) uint64_t backpressure_counter_after_call(void) {
#if defined(__x86_64__)
  uint32_t low, high;
  __asm__ volatile("mfence\n\tlfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
  return ((uint64_t)high << 32) | low;
#else
  return 0;
#endif
}

/// Keeps the processor from executing later instructions before earlier ones, and memory accesses on their side: what
/// stands between a reading of the monotonic clock and a call.
static inline __attribute__((always_inline)) void backpressure_instruction_fence(void) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#if defined(__x86_64__)
  __asm__ volatile("lfence" ::: "memory");
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// From now on this thread is stopped again and again for some 5 to 120 µs, wherever it is, if just then `*when`, which it
/// writes itself, isn't 0. On Linux by a timer of its own, which needs no other thread to run; elsewhere by `backpressure_stall`.
/// 0: it won't be, because someone else handles the signal that this needs, SIGURG (which otherwise is ignored).
int backpressure_begin_stalls(const volatile uint8_t *when, uint32_t seed);

/// How often this thread has been stopped since its stalls last began.
uint32_t backpressure_stalls(void);

/// From now on this thread isn't stopped any more.
void backpressure_end_stalls(void);

/// Stops a thread that has begun stalls and hasn't been joined; nothing on Linux, where timers do.
void backpressure_stall(pthread_t thread);

#endif
