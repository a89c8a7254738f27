// Two rings of our own: what the design that this package has in Swift does in C++, and the fastest design known for one
// producer and one consumer.
#pragma once

#include "entry.h"

#include <atomic>
#include <memory>

// Dmitry Vyukov's bounded queue with positions that count laps, as crossbeam's ArrayQueue has them, so that any capacity
// is kept exactly without a division: the same as RingQueue in Sources/BoundedQueues/Ring, with slots 64 bytes apart.
//
// A position is a lap and an index; `lap_` is a power of two above the capacity. The slot at an index is free for the
// producer at position p when its stamp is p, holds a value for the consumer at p when its stamp is p + 1, and is free
// for the next lap when its stamp is p + lap_.
//
// Relaxed: "full" may mean that the consumer before has claimed its slot and not yet read it; "empty" likewise.
class VyukovRing {
public:
    static constexpr char identifier[] = "cpp-vyukov";
    static constexpr uint32_t max_producers = 0, max_consumers = 0;
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_RELAXED;

    explicit VyukovRing(size_t capacity) : capacity_(capacity), lap_(lap_above(capacity)), slots_(new Slot[capacity]) {
        for (uint64_t index = 0; index < capacity; ++index) slots_[index].stamp.store(index, std::memory_order_relaxed);
    }

    bool try_push(uint64_t value) {
        uint64_t position = tail_.load(std::memory_order_relaxed);
        for (;;) {
            Slot &slot = slots_[position & (lap_ - 1)];
            // Acquire: the consumer's read of the last value comes before our write of the next.
            if (slot.stamp.load(std::memory_order_acquire) == position) {
                // Relaxed: the stamps order the accesses to the slots, the tail only gives out the turns.
                if (tail_.compare_exchange_weak(position, next(position), std::memory_order_relaxed)) {
                    slot.value = value;
                    slot.stamp.store(position + 1, std::memory_order_release);
                    return true;
                }
            } else {
                uint64_t current = tail_.load(std::memory_order_relaxed);
                if (current == position) return false;
                position = current;
            }
        }
    }

    bool try_pop(uint64_t &value) {
        uint64_t position = head_.load(std::memory_order_relaxed);
        for (;;) {
            Slot &slot = slots_[position & (lap_ - 1)];
            if (slot.stamp.load(std::memory_order_acquire) == position + 1) {
                if (head_.compare_exchange_weak(position, next(position), std::memory_order_relaxed)) {
                    value = slot.value;
                    slot.stamp.store(position + lap_, std::memory_order_release);
                    return true;
                }
            } else {
                uint64_t current = head_.load(std::memory_order_relaxed);
                if (current == position) return false;
                position = current;
            }
        }
    }

private:
    struct alignas(64) Slot {
        std::atomic<uint64_t> stamp;
        uint64_t value;
    };

    static uint64_t lap_above(size_t capacity) {
        uint64_t lap = 2;
        while (lap <= capacity) lap <<= 1;
        return lap;
    }

    uint64_t next(uint64_t position) const {
        uint64_t index = position & (lap_ - 1);
        return index + 1 < capacity_ ? position + 1 : position - index + lap_;
    }

    alignas(separation) std::atomic<uint64_t> tail_{0};
    alignas(separation) std::atomic<uint64_t> head_{0};
    alignas(separation) const uint64_t capacity_;
    const uint64_t lap_;
    const std::unique_ptr<Slot[]> slots_;
};

// One producer, one consumer, and a flag in each slot that says whether it is filled. Each side has an index of its own
// that the other never reads: the only lines that travel are those of the slots, four of which share one.
class SlotStateRing {
public:
    static constexpr char identifier[] = "cpp-spsc";
    static constexpr uint32_t max_producers = 1, max_consumers = 1;
    // Strict: each side alone moves its index, so the slot it looks at is the one that decides.
    static constexpr uint32_t specification = BACKPRESSURE_QUEUE_STRICT;

    explicit SlotStateRing(size_t capacity)
        : producer_{0}, consumer_{0}, capacity_(capacity), slots_(new Slot[capacity]()) {}

    bool try_push(uint64_t value) {
        Slot &slot = slots_[producer_.index];
        // Acquire: the consumer's read of the last value comes before our write of the next.
        if (slot.filled.load(std::memory_order_acquire)) return false;
        slot.value = value;
        slot.filled.store(1, std::memory_order_release);
        producer_.index = producer_.index + 1 == capacity_ ? 0 : producer_.index + 1;
        return true;
    }

    bool try_pop(uint64_t &value) {
        Slot &slot = slots_[consumer_.index];
        if (!slot.filled.load(std::memory_order_acquire)) return false;
        value = slot.value;
        slot.filled.store(0, std::memory_order_release);
        consumer_.index = consumer_.index + 1 == capacity_ ? 0 : consumer_.index + 1;
        return true;
    }

private:
    struct alignas(16) Slot {
        std::atomic<uint64_t> filled;
        uint64_t value;
    };

    struct alignas(separation) Side {
        size_t index;
    };

    Side producer_;
    Side consumer_;
    alignas(separation) const size_t capacity_;
    const std::unique_ptr<Slot[]> slots_;
};
