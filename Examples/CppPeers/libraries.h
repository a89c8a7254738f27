// The queues of the well-known libraries, as their documentation says to use them.
#pragma once

#include "entry.h"

#include <atomic>
#include <bit>
#include <limits>
#include <stdexcept>
#include <thread>

#include <atomic_queue/atomic_queue.h>
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <readerwriterqueue/readerwritercircularbuffer.h>
#include <readerwriterqueue/readerwriterqueue.h>
#include <tbb/concurrent_queue.h>
#include <xenium/vyukov_bounded_queue.hpp>

class BoostQueue {
public:
    static constexpr char identifier[] = "boost-mpmc";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    // Relaxed: a pop takes its value out before it gives its node back, and a push in between finds no node.
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_RELAXED;

    // Nodes have 16-bit indices and one is a dummy, so 65 534 is the most; Boost throws beyond it.
    explicit BoostQueue(size_t capacity) : queue_(capacity) {}
    bool try_push(uint64_t value) { return queue_.bounded_push(value); }
    bool try_pop(uint64_t &value) { return queue_.pop(value); }

private:
    boost::lockfree::queue<uint64_t, boost::lockfree::fixed_sized<true>> queue_;
};

class BoostSPSC {
public:
    static constexpr char identifier[] = "boost-spsc";
    static constexpr uint32_t max_producers = 1, max_consumers = 1;
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit BoostSPSC(size_t capacity) : queue_(capacity) {}
    bool try_push(uint64_t value) { return queue_.push(value); }
    bool try_pop(uint64_t &value) { return queue_.pop(value); }

private:
    boost::lockfree::spsc_queue<uint64_t> queue_;
};

class TBBQueue {
public:
    static constexpr char identifier[] = "tbb";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    // Strict: one counter gives pushes their tickets and one pops; "full" and "empty" compare the two.
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit TBBQueue(size_t capacity) { queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }

    bool try_push(uint64_t value) { return !is_closed_.load(std::memory_order_acquire) && queue_.try_push(value); }
    bool try_pop(uint64_t &value) { return queue_.try_pop(value); }

    int push_wait(uint64_t value, int64_t timeout_ns) {
        return wait(timeout_ns, [&] { return is_closed_.load() ? closed : queue_.try_push(value) ? done : timed_out; },
                    [&] { queue_.push(value); });
    }

    int pop_wait(uint64_t &value, int64_t timeout_ns) {
        return wait(timeout_ns,
                    [&] {
                        // Asked first: what was pushed before the queue closed is then seen.
                        bool was_closed = is_closed_.load();
                        return queue_.try_pop(value) ? done : was_closed ? closed : timed_out;
                    },
                    [&] { queue_.pop(value); });
    }

    // TBB's abort() wakes those who wait at that moment and no others, so it is repeated until nobody waits who came
    // before the flag could be seen.
    void close() {
        is_closed_.store(true);
        while (waiting_.load() > 0) {
            queue_.abort();
            std::this_thread::yield();
        }
    }

private:
    // TBB waits for ever or not at all; in between, attempts and yields until the time is over.
    template <class Attempt, class Block>
    int wait(int64_t timeout_ns, Attempt attempt, Block block) {
        if (int result = attempt(); result != timed_out || timeout_ns == 0) return result;
        Deadline deadline(timeout_ns);
        while (!deadline.is_never()) {
            std::this_thread::yield();
            if (int result = attempt(); result != timed_out || deadline.has_passed()) return result;
        }
        int result;
        waiting_.fetch_add(1);
        do {
            // Either this sees the flag, or close() sees us counted and aborts until we have gone.
            result = attempt();
            if (result != timed_out) break;
            try {
                block();
                result = done;
            } catch (const tbb::user_abort &) {
            }
        } while (result == timed_out);
        waiting_.fetch_sub(1);
        return result;
    }

    tbb::concurrent_bounded_queue<uint64_t> queue_;
    alignas(separation) std::atomic<bool> is_closed_{false};
    std::atomic<unsigned> waiting_{0};
};

class XeniumQueue {
public:
    static constexpr char identifier[] = "xenium-vyukov";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    // Strict: without its "weak" policy it refuses only where head and tail say so, and waits for a slot that has been
    // claimed and not yet filled or emptied.
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit XeniumQueue(size_t capacity) : capacity_(rounded(capacity)), queue_(capacity_) {}
    size_t capacity() const { return capacity_; }
    bool try_push(uint64_t value) { return queue_.try_push(value); }
    bool try_pop(uint64_t &value) { return queue_.try_pop(value); }

private:
    // A power of two, at least 2.
    static size_t rounded(size_t capacity) {
        if (capacity > size_t{1} << 40) throw std::length_error("capacity");
        return std::bit_ceil(capacity < 2 ? size_t{2} : capacity);
    }

    const size_t capacity_;
    xenium::vyukov_bounded_queue<uint64_t> queue_;
};

// The variant that marks empty slots by a value of its own. The other, with a byte of state for each slot, has no fewer
// than 4096 slots; this one 64. The mark can't be an element: 2^64 - 1 is refused.
template <bool is_spsc>
class AtomicQueue {
public:
    static constexpr uint32_t max_producers = is_spsc ? 1 : 0, max_consumers = max_producers;
    // One of each side: strict, since head and tail give out the slots, "full" and "empty" compare the two, and whoever has
    // a slot waits for it. Several: not even the weakest specification, though the weakest there is to declare. A producer
    // that was interrupted between claiming a slot and filling it can be overtaken by another that claimed the same slot
    // a lap later, whose value then comes out a lap too early, before older ones of its own.
    static constexpr uint32_t specification = is_spsc ? BACKPRESSURE_QUEUE_STRICT : BACKPRESSURE_QUEUE_PER_PRODUCER;

    explicit AtomicQueue(size_t capacity) : queue_(checked(capacity)) {}
    size_t capacity() const { return queue_.capacity(); }
    bool try_push(uint64_t value) { return value != nil && queue_.try_push(value); }
    bool try_pop(uint64_t &value) { return queue_.try_pop(value); }

private:
    static constexpr uint64_t nil = std::numeric_limits<uint64_t>::max();

    // Its positions are 32 bits with a sign.
    static unsigned checked(size_t capacity) {
        if (capacity > size_t{1} << 30) throw std::length_error("capacity");
        return static_cast<unsigned>(capacity);
    }

    // The parameters after the mark: maximize throughput, no total order (both are the defaults), one of each side.
    atomic_queue::AtomicQueueB<uint64_t, std::allocator<uint64_t>, nil, true, false, is_spsc> queue_;
};

struct AtomicQueueMPMC : AtomicQueue<false> {
    static constexpr char identifier[] = "atomic-queue";
    using AtomicQueue::AtomicQueue;
};

struct AtomicQueueSPSC : AtomicQueue<true> {
    static constexpr char identifier[] = "atomic-queue-spsc";
    using AtomicQueue::AtomicQueue;
};

// Unbounded by itself: a semaphore of the same library, which waits only when it has to, counts the room.
class MoodycamelQueue {
public:
    static constexpr char identifier[] = "moodycamel";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    // Each thread that pushes has a queue of its own inside.
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_PER_PRODUCER;

    explicit MoodycamelQueue(size_t capacity) : room_(static_cast<ssize_t>(capacity)), queue_(capacity) {}

    bool try_push(uint64_t value) {
        if (!room_.tryWait()) return false;
        // Not try_enqueue: that takes blocks from a fixed pool, where one producer can starve another.
        if (queue_.enqueue(value)) return true;
        room_.signal();
        return false;
    }

    bool try_pop(uint64_t &value) {
        if (!queue_.try_dequeue(value)) return false;
        room_.signal();
        return true;
    }

private:
    moodycamel::LightweightSemaphore room_;
    moodycamel::ConcurrentQueue<uint64_t> queue_;
};

// The same with its own blocking layer: a semaphore for the values too.
class MoodycamelBlockingQueue {
public:
    static constexpr char identifier[] = "moodycamel-blocking";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_PER_PRODUCER;

    explicit MoodycamelBlockingQueue(size_t capacity) : room_(static_cast<ssize_t>(capacity)), queue_(capacity) {}

    bool try_push(uint64_t value) {
        return !is_closed_.load(std::memory_order_acquire) && room_.tryWait() && enter(value);
    }

    bool try_pop(uint64_t &value) {
        if (!queue_.try_dequeue(value)) return false;
        room_.signal();
        return true;
    }

    int push_wait(uint64_t value, int64_t timeout_ns) {
        return wait(timeout_ns,
                    [&](int64_t microseconds) {
                        if (!room_.wait(microseconds)) return false;
                        if (!is_closed_.load()) return enter(value);
                        room_.signal();
                        return false;
                    },
                    [&] { return is_closed_.load() ? closed : try_push(value) ? done : timed_out; });
    }

    int pop_wait(uint64_t &value, int64_t timeout_ns) {
        return wait(timeout_ns,
                    [&](int64_t microseconds) {
                        if (!queue_.wait_dequeue_timed(value, microseconds)) return false;
                        room_.signal();
                        return true;
                    },
                    [&] {
                        bool was_closed = is_closed_.load();
                        return try_pop(value) ? done : was_closed ? closed : timed_out;
                    });
    }

    void close() { is_closed_.store(true); }

private:
    bool enter(uint64_t value) {
        if (queue_.enqueue(value)) return true;
        room_.signal();
        return false;
    }

    // It has no close: those who wait look every millisecond whether it was closed.
    template <class Block, class Attempt>
    int wait(int64_t timeout_ns, Block block, Attempt attempt) {
        if (int result = attempt(); result != timed_out || timeout_ns == 0) return result;
        Deadline deadline(timeout_ns);
        for (;;) {
            int64_t left = deadline.microseconds_left();
            if (block(left < 0 || left > 1000 ? 1000 : left)) return done;
            if (int result = attempt(); result != timed_out || deadline.has_passed()) return result;
        }
    }

    moodycamel::LightweightSemaphore room_;
    moodycamel::BlockingConcurrentQueue<uint64_t> queue_;
    alignas(separation) std::atomic<bool> is_closed_{false};
};

// A list of blocks by itself, and soft in what it holds. With a block size limit out of reach it has one block, whose
// size is a power of two less one slot, and holds exactly that.
class ReaderWriterQueue {
public:
    static constexpr char identifier[] = "readerwriterqueue";
    static constexpr uint32_t max_producers = 1, max_consumers = 1;
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit ReaderWriterQueue(size_t capacity) : queue_(checked(capacity)) {}
    size_t capacity() const { return queue_.max_capacity(); }
    bool try_push(uint64_t value) { return queue_.try_enqueue(value); }
    bool try_pop(uint64_t &value) { return queue_.try_dequeue(value); }

private:
    static constexpr size_t block_size = size_t{1} << 30;

    static size_t checked(size_t capacity) {
        if (capacity >= block_size) throw std::length_error("capacity");
        return capacity;
    }

    moodycamel::ReaderWriterQueue<uint64_t, block_size> queue_;
};

// The same author's fixed ring, with semaphores for room and values: exact, and made to block.
class ReaderWriterCircularBuffer {
public:
    static constexpr char identifier[] = "readerwriter-circular";
    static constexpr uint32_t max_producers = 1, max_consumers = 1;
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit ReaderWriterCircularBuffer(size_t capacity) : buffer_(capacity) {}
    bool try_push(uint64_t value) { return buffer_.try_enqueue(value); }
    bool try_pop(uint64_t &value) { return buffer_.try_dequeue(value); }

private:
    moodycamel::BlockingReaderWriterCircularBuffer<uint64_t> buffer_;
};
