/* A queue that nobody could get wrong: an array behind a spin lock. The libraries around it break it, one line each. */
#ifndef ARRAY_H
#define ARRAY_H

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "backpressure_abi.h"

typedef struct {
  atomic_flag lock;
  size_t capacity, head, count;
  uint64_t *values;
} array;

static void array_lock(array *a) {
  while (atomic_flag_test_and_set_explicit(&a->lock, memory_order_acquire)) sched_yield();
}

static void array_unlock(array *a) { atomic_flag_clear_explicit(&a->lock, memory_order_release); }

static inline void *array_create(size_t capacity) {
  array *a = calloc(1, sizeof *a);
  atomic_flag_clear(&a->lock);
  a->capacity = capacity;
  a->values = calloc(capacity, sizeof *a->values);
  return a;
}

static inline void array_destroy(void *object) {
  free(((array *)object)->values);
  free(object);
}

static inline int array_push(void *object, uint64_t value) {
  array *a = object;
  array_lock(a);
  int has_room = a->count < a->capacity;
  if (has_room) a->values[(a->head + a->count++) % a->capacity] = value;
  array_unlock(a);
  return has_room;
}

static inline int array_pop(void *object, uint64_t *value) {
  array *a = object;
  array_lock(a);
  int has_value = a->count > 0;
  if (has_value) {
    *value = a->values[a->head];
    a->head = (a->head + 1) % a->capacity;
    a->count--;
  }
  array_unlock(a);
  return has_value;
}

/* An entry that is right; the fields that follow override those before. */
#define ARRAY_QUEUE(...)                                                                                     \
  {                                                                                                          \
    .abi_version = BACKPRESSURE_ABI_VERSION, .create = array_create, .destroy = array_destroy,               \
    .try_push = array_push, .try_pop = array_pop, __VA_ARGS__                                                \
  }

/* Exports entries. */
#define EXPORT_QUEUES(...)                                                                                   \
  static const backpressure_queue_v1 *const queues[] = {__VA_ARGS__};                                        \
  const backpressure_queue_v1 *const *backpressure_queues_v1(size_t *count) {                                \
    *count = sizeof queues / sizeof *queues;                                                                 \
    return queues;                                                                                           \
  }

#endif
