/*
 * Queues and rate limiters in any language that speaks C, for the benchmark suite of swift-backpressure.
 *
 * Build a shared library that exports one or both of the functions at the end of this file, and
 *
 *     swift package benchmark run --load ./libmine.so
 *
 * measures what it exports beside the implementations that come with the suite. This file includes nothing but C's own
 * headers: copy it, or compile with -I to where it is. Examples/BringYourOwnQueueInC is a complete library.
 *
 * Who calls, and when
 *
 * - The library is opened (dlopen) and its entries are read in a process of its own, and then once in each process that
 *   measures one of its entries. Initialisers and the exported functions run there too: keep them quick.
 * - create, destroy, capacity and close are called by one thread at a time for any one object. Nothing else is called
 *   on an object before create has returned or once destroy has been called.
 * - The operations (try_push, try_pop, push_wait, pop_wait, try_acquire) are called by many threads at once: at most
 *   max_producers threads push and max_consumers threads pop at any one time, if those aren't 0. It needn't be the same
 *   thread every time: what is bound to a thread (thread-local state, handles) must not be relied on.
 * - The try_ functions never wait for the other side: they return at once, whatever state the object is in. A lock held
 *   for some instructions is fine. They may be called by threads that many tasks share, and those must not block.
 *
 * Memory ordering: what a producer wrote before it pushed must be visible to the consumer that pops that value (release
 * and acquire, as from a lock).
 *
 * A function that crashes, hangs or never returns costs the measurement that it was called in, which is reported as
 * failed; the others go on. What is written to standard error then is shown; nothing should be written to standard
 * output.
 */
#ifndef BACKPRESSURE_ABI_H
#define BACKPRESSURE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this file. A library with another one is refused. */
#define BACKPRESSURE_ABI_VERSION 1

/* Put before the definitions of the exported functions: needed with -fvisibility=hidden, harmless without. */
#if defined(__GNUC__)
#define BACKPRESSURE_EXPORT __attribute__((visibility("default")))
#else
#define BACKPRESSURE_EXPORT
#endif

/* What a queue promises beyond this: nothing is lost, nothing comes out twice, and never more than its capacity is in. */

/* First in, first out over all producers; "full" and "empty" are true at some moment of the call. Linearizable. */
#define BACKPRESSURE_QUEUE_STRICT 0u
/* First in, first out, but a call may answer "full" or "empty" while another call is in flight. With none in flight
   the answer is true. */
#define BACKPRESSURE_QUEUE_RELAXED 1u
/* Only the values of one producer keep their order; "full" and "empty" are as in BACKPRESSURE_QUEUE_RELAXED. */
#define BACKPRESSURE_QUEUE_PER_PRODUCER 2u

/* A bounded queue of 8-byte values: numbers, or pointers that the library must not look behind. */
typedef struct {
  /* BACKPRESSURE_ABI_VERSION. */
  uint32_t abi_version;
  /* Its id in tables, files and options: unique, [a-z0-9-]+, at most 64 characters. */
  const char *identifier;
  /* How many threads may push and pop at once; 0: any number. Loads with more leave it out. */
  uint32_t max_producers, max_consumers;
  /* BACKPRESSURE_QUEUE_STRICT, _RELAXED or _PER_PRODUCER. */
  uint32_t specification;

  /* An empty queue for `capacity` (at least 1) values. NULL: failed; the measurement is reported so. malloc's memory is
     accounted; in a flood, memory beyond the capacity times the size of what the values point to is a failure. */
  void *(*create)(size_t capacity);
  /* Frees all that the queue holds. It may still hold values. */
  void (*destroy)(void *queue);
  /* The bound that it really keeps, which is what it is held to: say so if it rounds the capacity up. Asked once, after
     create; at least 1. NULL: the capacity that was asked for. */
  size_t (*capacity)(void *queue);

  /* Offers a value. 1: it is in; 0: full, and nothing has changed. */
  int (*try_push)(void *queue, uint64_t value);
  /* Takes a value. 1: it is in *value; 0: empty, and *value may be anything. */
  int (*try_pop)(void *queue, uint64_t *value);

  /* Offers a value and blocks the thread while the queue is full, for at most `timeout_ns` nanoseconds (0: not at all;
     never negative). 1: it is in; 0: timed out; -1: closed. After 0 and -1 the value is not in. NULL: can't block. Used
     only if pop_wait is there too. */
  int (*push_wait)(void *queue, uint64_t value, int64_t timeout_ns);
  /* Takes a value and blocks the thread while there is none, likewise. -1: closed and empty. NULL: can't block. */
  int (*pop_wait)(void *queue, uint64_t *value, int64_t timeout_ns);

  /* From now on nothing enters, what is inside can still be taken, and whoever is blocked is woken. Called at most once,
     while other threads may be inside any operation. NULL: the suite keeps count itself of whether it is closed, pushes
     no more, and blocks for a tenth of a second at a time. */
  void (*close)(void *queue);
} backpressure_queue_v1;

/* What a limiter promises. In all cases: no window of any length T has more than burst + permits_per_second * T grants.
   Accuracy is judged against an exact limiter that promises the same. */

/* A token bucket: full (burst permits) at the start, refilled continuously. */
#define BACKPRESSURE_LIMITER_TOKEN_BUCKET 0u
/* At most burst permits in any window of burst / permits_per_second seconds, rounded up to a nanosecond; a grant counts
   until just before that has passed, and whatever then fits is granted. */
#define BACKPRESSURE_LIMITER_SLIDING_WINDOW 1u
/* Permits one by one, no two closer together than 1 / permits_per_second seconds: a token bucket of burst 1, whatever the
   burst it is made with. */
#define BACKPRESSURE_LIMITER_PACER 2u

typedef struct {
  /* BACKPRESSURE_ABI_VERSION. */
  uint32_t abi_version;
  /* Its id in tables, files and options: unique, [a-z0-9-]+, at most 64 characters. */
  const char *identifier;
  /* BACKPRESSURE_LIMITER_TOKEN_BUCKET, _SLIDING_WINDOW or _PACER. */
  uint32_t specification;

  /* A limiter that has been at rest, so that `burst` permits could be had at once. NULL: failed. */
  void *(*create)(double permits_per_second, double burst);
  void (*destroy)(void *limiter);

  /* Asks for `permits` (1 to burst) by the limiter's own monotonic clock. 1: granted, all of them; 0: refused, and
     nothing is taken. Never waits. */
  int (*try_acquire)(void *limiter, uint32_t permits);
  /* The same at `now_ns` nanoseconds of a clock that the suite sets. It starts anywhere from 0 on and never goes back; one
     thread at a time asks, and an object gets calls of this function alone or of try_acquire alone. NULL: it can't be
     given a clock, so decisions are not checked one by one. */
  int (*try_acquire_at)(void *limiter, uint32_t permits, int64_t now_ns);
} backpressure_limiter_v1;

/*
 * What a library exports: one of these functions or both. Each sets *count (at least 1) and returns that many pointers
 * to entries. Everything they point to stays as it is as long as the library is loaded: constants, best of all.
 */
BACKPRESSURE_EXPORT const backpressure_queue_v1 *const *backpressure_queues_v1(size_t *count);
BACKPRESSURE_EXPORT const backpressure_limiter_v1 *const *backpressure_limiters_v1(size_t *count);

#ifdef __cplusplus
}
#endif

#endif
