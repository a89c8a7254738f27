#include "CJemalloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static extent_hooks_t default_hooks;
static extent_hooks_t capping_hooks;
static atomic_size_t mapped_bytes;
static size_t budget;

static void *capped_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment, bool *zero,
                          bool *commit, unsigned arena) {
  (void)hooks;
  if (atomic_fetch_add(&mapped_bytes, size) + size > budget) {
    static const char message[] = "memory cap reached: jemalloc asked for an extent beyond the budget\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(BACKPRESSURE_CAP_EXIT_CODE);
  }
  void *extent = default_hooks.alloc(&default_hooks, address, size, alignment, zero, commit, arena);
  if (extent == NULL) atomic_fetch_sub(&mapped_bytes, size);
  return extent;
}

static bool capped_dalloc(extent_hooks_t *hooks, void *address, size_t size, bool committed, unsigned arena) {
  (void)hooks;
  bool refused = default_hooks.dalloc(&default_hooks, address, size, committed, arena);
  if (!refused) atomic_fetch_sub(&mapped_bytes, size);
  return refused;
}

static void capped_destroy(extent_hooks_t *hooks, void *address, size_t size, bool committed, unsigned arena) {
  (void)hooks;
  default_hooks.destroy(&default_hooks, address, size, committed, arena);
  atomic_fetch_sub(&mapped_bytes, size);
}

int backpressure_cap_extents(size_t budget_bytes) {
  extent_hooks_t *hooks = NULL;
  size_t size = sizeof hooks;
  int error = mallctl("arena.0.extent_hooks", &hooks, &size, NULL, 0);
  if (error != 0) return error;
  memcpy(&default_hooks, hooks, sizeof default_hooks);
  memcpy(&capping_hooks, hooks, sizeof capping_hooks);
  capping_hooks.alloc = capped_alloc;
  capping_hooks.dalloc = capped_dalloc;
  capping_hooks.destroy = capped_destroy;
  budget = budget_bytes;

  unsigned arenas = 0;
  size = sizeof arenas;
  error = mallctl("opt.narenas", &arenas, &size, NULL, 0);
  if (error != 0) return error;
  for (unsigned arena = 0; arena < arenas; arena++) {
    char name[64];
    snprintf(name, sizeof name, "arena.%u.extent_hooks", arena);
    hooks = &capping_hooks;
    error = mallctl(name, NULL, NULL, &hooks, sizeof hooks);
    if (error != 0) return error;
  }
  return 0;
}

size_t backpressure_capped_extent_bytes(void) { return atomic_load(&mapped_bytes); }
