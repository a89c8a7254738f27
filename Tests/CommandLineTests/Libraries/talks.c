/* Loses an element in eight, and says so much about it that its words fill the buffer of standard output. */
#include "array.h"

#include <stdio.h>

static int say_and_push(void *object, uint64_t value) {
  for (int line = 0; line < 8; line++) printf("{\"checked\": a push of %llu, which takes its time,", (unsigned long long)value);
  return value % 8 == 7 ? 1 : array_push(object, value);
}

static const backpressure_queue_v1 queue = ARRAY_QUEUE(.identifier = "c-talks", .try_push = say_and_push);

EXPORT_QUEUES(&queue)
