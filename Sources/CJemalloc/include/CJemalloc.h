#ifndef CJEMALLOC_H
#define CJEMALLOC_H

#include <stddef.h>
#include <stdint.h>

#if __has_include(<jemalloc/jemalloc.h>)
#include <jemalloc/jemalloc.h>
#else
#error "jemalloc's header was not found: run 'make benchmark', or install it (Debian, Ubuntu: apt-get install libjemalloc-dev; macOS: brew install jemalloc)"
#endif

/// The exit code of a process that ran into the cap set by `backpressure_cap_extents`.
#define BACKPRESSURE_CAP_EXIT_CODE 97

/// Caps the memory that jemalloc takes from the system from now on: an extent beyond the budget ends the process with
/// `BACKPRESSURE_CAP_EXIT_CODE` after a line on standard error.
///
/// Replaces the extent hooks of every arena; call it once, before the memory to be capped is allocated.
/// Returns 0, or the error of the `mallctl` that failed.
int backpressure_cap_extents(size_t budget_bytes);

/// The bytes that the hooks count at the moment.
size_t backpressure_capped_extent_bytes(void);

#endif
