// ucontext is deprecated on macOS, and hidden without this.
#define _XOPEN_SOURCE 700
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#else
#define _DEFAULT_SOURCE
#endif

#include "CFibers.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBERS_ADDRESS_SANITIZER 1
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if __has_feature(thread_sanitizer)
#define FIBERS_THREAD_SANITIZER 1
#include <sanitizer/tsan_interface.h>
#endif
#endif

struct backpressure_fiber {
  ucontext_t own;
  ucontext_t owner;
  void *memory;
  size_t bytes;
  size_t guard;
  void (*body)(void *);
  void *context;
#if FIBERS_ADDRESS_SANITIZER
  void *fake_stack;
  void *owner_fake_stack;
  const void *owner_stack;
  size_t owner_stack_bytes;
#endif
#if FIBERS_THREAD_SANITIZER
  void *sanitizer_fiber;
  void *sanitizer_owner;
#endif
};

// makecontext passes ints only.
static void enter(unsigned low, unsigned high) {
  backpressure_fiber *fiber = (backpressure_fiber *)(((uintptr_t)high << 32) | (uintptr_t)low);
#if FIBERS_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(NULL, &fiber->owner_stack, &fiber->owner_stack_bytes);
#endif
  fiber->body(fiber->context);
  abort();
}

backpressure_fiber *backpressure_fiber_create(size_t stack_bytes, void (*body)(void *), void *context) {
  backpressure_fiber *fiber = calloc(1, sizeof *fiber);
  if (!fiber) return NULL;
  fiber->guard = (size_t)sysconf(_SC_PAGESIZE);
  fiber->bytes = stack_bytes + fiber->guard;
  fiber->memory = mmap(NULL, fiber->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  // Stacks grow downwards: whoever runs over the end meets the guard page.
  if (fiber->memory == MAP_FAILED || mprotect(fiber->memory, fiber->guard, PROT_NONE) != 0 || getcontext(&fiber->own) != 0) {
    free(fiber);
    return NULL;
  }
  fiber->body = body;
  fiber->context = context;
  fiber->own.uc_stack.ss_sp = (char *)fiber->memory + fiber->guard;
  fiber->own.uc_stack.ss_size = stack_bytes;
  fiber->own.uc_link = NULL;
  uintptr_t address = (uintptr_t)fiber;
  makecontext(&fiber->own, (void (*)(void))enter, 2, (unsigned)(address & 0xFFFFFFFFu), (unsigned)(address >> 32));
#if FIBERS_ADDRESS_SANITIZER
  // What a fiber holds that is never resumed again isn't lost.
  __lsan_register_root_region((char *)fiber->memory + fiber->guard, stack_bytes);
#endif
#if FIBERS_THREAD_SANITIZER
  fiber->sanitizer_fiber = __tsan_create_fiber(0);
#endif
  return fiber;
}

void backpressure_fiber_resume(backpressure_fiber *fiber) {
#if FIBERS_THREAD_SANITIZER
  fiber->sanitizer_owner = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(fiber->sanitizer_fiber, 0);
#endif
#if FIBERS_ADDRESS_SANITIZER
  // What a fiber allocates may be left on a stack that is never resumed, where the search for leaks doesn't look when the
  // sanitizer keeps local variables elsewhere.
  __lsan_disable();
  __sanitizer_start_switch_fiber(&fiber->owner_fake_stack, fiber->own.uc_stack.ss_sp, fiber->own.uc_stack.ss_size);
#endif
  swapcontext(&fiber->owner, &fiber->own);
#if FIBERS_ADDRESS_SANITIZER
  __lsan_enable();
  __sanitizer_finish_switch_fiber(fiber->owner_fake_stack, NULL, NULL);
#endif
}

void backpressure_fiber_suspend(backpressure_fiber *fiber) {
#if FIBERS_THREAD_SANITIZER
  __tsan_switch_to_fiber(fiber->sanitizer_owner, 0);
#endif
#if FIBERS_ADDRESS_SANITIZER
  __sanitizer_start_switch_fiber(&fiber->fake_stack, fiber->owner_stack, fiber->owner_stack_bytes);
#endif
  swapcontext(&fiber->own, &fiber->owner);
#if FIBERS_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->owner_stack, &fiber->owner_stack_bytes);
#endif
}

void backpressure_fiber_destroy(backpressure_fiber *fiber) {
#if FIBERS_ADDRESS_SANITIZER
  __lsan_unregister_root_region((char *)fiber->memory + fiber->guard, fiber->bytes - fiber->guard);
#endif
#if FIBERS_THREAD_SANITIZER
  __tsan_destroy_fiber(fiber->sanitizer_fiber);
#endif
  munmap(fiber->memory, fiber->bytes);
  free(fiber);
}

static _Thread_local void *current_exploration;

void *backpressure_current_exploration(void) { return current_exploration; }

void backpressure_set_current_exploration(void *exploration) { current_exploration = exploration; }
