// What one writes with the standard library alone.
#pragma once

#include "entry.h"

#include <condition_variable>
#include <memory>
#include <mutex>

// A ring of plain values; whoever uses it holds a lock.
class PlainRing {
public:
    explicit PlainRing(size_t capacity) : capacity_(capacity), values_(new uint64_t[capacity]) {}

    bool is_full() const { return count_ == capacity_; }
    bool is_empty() const { return count_ == 0; }

    void push(uint64_t value) {
        values_[tail_] = value;
        tail_ = tail_ + 1 == capacity_ ? 0 : tail_ + 1;
        ++count_;
    }

    uint64_t pop() {
        uint64_t value = values_[head_];
        head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
        --count_;
        return value;
    }

private:
    size_t capacity_, head_ = 0, tail_ = 0, count_ = 0;
    std::unique_ptr<uint64_t[]> values_;
};

class MutexQueue {
public:
    static constexpr char identifier[] = "cpp-mutex";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit MutexQueue(size_t capacity) : ring_(capacity) {}

    bool try_push(uint64_t value) {
        std::lock_guard lock(mutex_);
        if (ring_.is_full()) return false;
        ring_.push(value);
        return true;
    }

    bool try_pop(uint64_t &value) {
        std::lock_guard lock(mutex_);
        if (ring_.is_empty()) return false;
        value = ring_.pop();
        return true;
    }

private:
    std::mutex mutex_;
    PlainRing ring_;
};

// The textbook's: one mutex, a condition for room and one for values.
class ConditionQueue {
public:
    static constexpr char identifier[] = "cpp-condvar";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit ConditionQueue(size_t capacity) : ring_(capacity) {}

    bool try_push(uint64_t value) {
        {
            std::lock_guard lock(mutex_);
            if (is_closed_ || ring_.is_full()) return false;
            ring_.push(value);
        }
        has_value_.notify_one();
        return true;
    }

    bool try_pop(uint64_t &value) {
        {
            std::lock_guard lock(mutex_);
            if (ring_.is_empty()) return false;
            value = ring_.pop();
        }
        has_room_.notify_one();
        return true;
    }

    int push_wait(uint64_t value, int64_t timeout_ns) {
        {
            std::unique_lock lock(mutex_);
            if (!wait(has_room_, lock, timeout_ns, [&] { return is_closed_ || !ring_.is_full(); })) return timed_out;
            if (is_closed_) return closed;
            ring_.push(value);
        }
        has_value_.notify_one();
        return done;
    }

    int pop_wait(uint64_t &value, int64_t timeout_ns) {
        {
            std::unique_lock lock(mutex_);
            if (!wait(has_value_, lock, timeout_ns, [&] { return is_closed_ || !ring_.is_empty(); })) return timed_out;
            if (ring_.is_empty()) return closed;
            value = ring_.pop();
        }
        has_room_.notify_one();
        return done;
    }

    void close() {
        {
            std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        has_room_.notify_all();
        has_value_.notify_all();
    }

private:
    template <class Condition>
    static bool wait(std::condition_variable &variable, std::unique_lock<std::mutex> &lock, int64_t timeout_ns,
                     Condition condition) {
        // The clock is read only when there is something to wait for.
        if (condition()) return true;
        Deadline deadline(timeout_ns);
        if (!deadline.is_never()) return variable.wait_until(lock, deadline.time(), condition);
        variable.wait(lock, condition);
        return true;
    }

    std::mutex mutex_;
    std::condition_variable has_room_, has_value_;
    PlainRing ring_;
    bool is_closed_ = false;
};
