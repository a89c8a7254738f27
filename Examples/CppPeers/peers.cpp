// What the library exports. One line adds a queue or a limiter.
#include "libraries.h"
#include "limiters.h"
#include "locked.h"
#include "rings.h"

#include <iterator>

static const backpressure_queue_v1 *const queues[] = {
    // Any number of producers and consumers.
    &entry<VyukovRing>,
    &entry<XeniumQueue>,
    &entry<AtomicQueueMPMC>,
    &entry<BoostQueue>,
    &entry<TBBQueue>,
    &entry<MoodycamelQueue>,
    &entry<MoodycamelBlockingQueue>,
    &entry<MutexQueue>,
    &entry<ConditionQueue>,
    // One producer, one consumer.
    &entry<SlotStateRing>,
    &entry<AtomicQueueSPSC>,
    &entry<BoostSPSC>,
    &entry<ReaderWriterQueue>,
    &entry<ReaderWriterCircularBuffer>,
};

extern "C" BACKPRESSURE_EXPORT const backpressure_queue_v1 *const *backpressure_queues_v1(size_t *count) {
    *count = std::size(queues);
    return queues;
}

static const backpressure_limiter_v1 *const limiters[] = {
    &limiter_entry<CellRateLimiter>,
    &limiter_entry<LockedBucket>,
};

extern "C" BACKPRESSURE_EXPORT const backpressure_limiter_v1 *const *backpressure_limiters_v1(size_t *count) {
    *count = std::size(limiters);
    return limiters;
}
