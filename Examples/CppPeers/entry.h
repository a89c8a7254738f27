// From a C++ class to an entry of the C ABI.
//
// A queue is a class with
//     static constexpr char identifier[]; static constexpr uint32_t max_producers, max_consumers, specification;
//     explicit Queue(size_t capacity);             // throws where it can't be made
//     bool try_push(uint64_t); bool try_pop(uint64_t &);
// and, where it has them, capacity() (the bound it keeps, if not the one asked for), push_wait, pop_wait and close.
#pragma once

#include "backpressure_abi.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

// Two cache lines: processors fetch them in pairs.
inline constexpr std::size_t separation = 128;

template <class Queue>
concept keeps_another_capacity = requires(const Queue &queue) { queue.capacity(); };

template <class Queue>
concept can_wait = requires(Queue &queue, uint64_t value) {
    queue.push_wait(value, int64_t{});
    queue.pop_wait(value, int64_t{});
    queue.close();
};

template <class Queue>
constexpr backpressure_queue_v1 make_entry() {
    backpressure_queue_v1 entry{};
    entry.abi_version = BACKPRESSURE_ABI_VERSION;
    entry.identifier = Queue::identifier;
    entry.max_producers = Queue::max_producers;
    entry.max_consumers = Queue::max_consumers;
    entry.specification = Queue::specification;
    entry.create = [](size_t capacity) -> void * {
        // No exception may cross into C. What throws: no memory, or a capacity that the queue can't have.
        try {
            return capacity > 0 ? new Queue(capacity) : nullptr;
        } catch (...) {
            return nullptr;
        }
    };
    entry.destroy = [](void *queue) { delete static_cast<Queue *>(queue); };
    if constexpr (keeps_another_capacity<Queue>)
        entry.capacity = [](void *queue) -> size_t { return static_cast<const Queue *>(queue)->capacity(); };
    entry.try_push = [](void *queue, uint64_t value) -> int { return static_cast<Queue *>(queue)->try_push(value); };
    entry.try_pop = [](void *queue, uint64_t *value) -> int { return static_cast<Queue *>(queue)->try_pop(*value); };
    if constexpr (can_wait<Queue>) {
        entry.push_wait = [](void *queue, uint64_t value, int64_t timeout_ns) -> int {
            return static_cast<Queue *>(queue)->push_wait(value, timeout_ns);
        };
        entry.pop_wait = [](void *queue, uint64_t *value, int64_t timeout_ns) -> int {
            return static_cast<Queue *>(queue)->pop_wait(*value, timeout_ns);
        };
        entry.close = [](void *queue) { static_cast<Queue *>(queue)->close(); };
    }
    return entry;
}

template <class Queue>
inline constexpr backpressure_queue_v1 entry = make_entry<Queue>();

// How a wait ended: what push_wait and pop_wait return.
enum Wait : int { timed_out = 0, done = 1, closed = -1 };

// The moment a timeout ends. Negative and unreachably long ones (beyond a century) mean for ever.
class Deadline {
public:
    using Clock = std::chrono::steady_clock;

    explicit Deadline(int64_t timeout_ns)
        : never_(timeout_ns < 0 || timeout_ns > int64_t{1} << 61),
          time_(never_ ? Clock::time_point::max() : Clock::now() + std::chrono::nanoseconds(timeout_ns)) {}

    bool is_never() const { return never_; }
    bool has_passed() const { return !never_ && Clock::now() >= time_; }
    Clock::time_point time() const { return time_; }

    // What is left, in microseconds rounded up; -1 for ever: what moodycamel's semaphores take.
    int64_t microseconds_left() const {
        if (never_) return -1;
        auto left = std::chrono::ceil<std::chrono::microseconds>(time_ - Clock::now()).count();
        return left > 0 ? left : 0;
    }

private:
    bool never_;
    Clock::time_point time_;
};
