#ifndef CCONCURRENCYSUPPORT_H
#define CCONCURRENCYSUPPORT_H

#include <sched.h>

/// Tells the processor that this thread spins, so that its sibling thread may run and the memory pipeline isn't flooded.
static inline __attribute__((always_inline)) void backpressure_cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield" ::: "memory");
#endif
}

/// Does nothing that the Swift compiler could know of: a call to it keeps retains and releases on their side.
///
/// Swift's optimiser sinks the retain of a copy past atomic operations, since those can't release anything as far as it
/// knows. A reference that another thread may take and release as soon as an atomic store has published it must be
/// retained before that store; only a call that might do anything keeps it there.
void backpressure_reference_barrier(void);

#endif
