#ifndef CFIBERS_H
#define CFIBERS_H

#include <stddef.h>

/// A stack of its own on which a function runs until it suspends itself: what a schedule explorer takes for a thread.
///
/// All on one system thread, so that handing over costs less than a microsecond and doesn't depend on how busy the machine
/// is. With `ucontext`, which Linux (glibc) and macOS have; the sanitizers are told of each change of stacks.
typedef struct backpressure_fiber backpressure_fiber;

/// A fiber that will run `body(context)` when it is resumed for the first time; `NULL`: no memory. `body` must never return.
backpressure_fiber *_Nullable backpressure_fiber_create(size_t stack_bytes, void (*_Nonnull body)(void *_Nullable),
                                                        void *_Nullable context);

/// Runs the fiber on this thread until it suspends. Always the same thread.
void backpressure_fiber_resume(backpressure_fiber *_Nonnull fiber);

/// Goes back to whoever resumed this fiber; called on its own stack.
void backpressure_fiber_suspend(backpressure_fiber *_Nonnull fiber);

/// Frees the stack, on which nothing may be left that needs to be released.
void backpressure_fiber_destroy(backpressure_fiber *_Nonnull fiber);

/// What was last set on this system thread; `NULL` at first.
void *_Nullable backpressure_current_exploration(void);

/// Sets it.
void backpressure_set_current_exploration(void *_Nullable exploration);

#endif
