// Limiters as one writes them in C++, and the design of Rust's governor.
//
// A limiter is a class with
//     static constexpr char identifier[]; static constexpr uint32_t specification;
//     Limiter(double permits_per_second, double burst);   // throws where it can't be made
//     bool try_acquire(uint32_t permits, int64_t now_ns);
// and asks the clock itself where it must not be asked before, by try_acquire(uint32_t permits).
#pragma once

#include "backpressure_abi.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <time.h>

inline int64_t monotonic_nanoseconds() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

template <class Limiter>
constexpr backpressure_limiter_v1 make_limiter_entry() {
    backpressure_limiter_v1 entry{};
    entry.abi_version = BACKPRESSURE_ABI_VERSION;
    entry.identifier = Limiter::identifier;
    entry.specification = Limiter::specification;
    entry.create = [](double permits_per_second, double burst) -> void * {
        // No exception may cross into C.
        try {
            return new Limiter(permits_per_second, burst);
        } catch (...) {
            return nullptr;
        }
    };
    entry.destroy = [](void *limiter) { delete static_cast<Limiter *>(limiter); };
    entry.try_acquire = [](void *limiter, uint32_t permits) -> int {
        return static_cast<Limiter *>(limiter)->try_acquire(permits);
    };
    entry.try_acquire_at = [](void *limiter, uint32_t permits, int64_t now_ns) -> int {
        return static_cast<Limiter *>(limiter)->try_acquire(permits, now_ns);
    };
    return entry;
}

template <class Limiter>
inline constexpr backpressure_limiter_v1 limiter_entry = make_limiter_entry<Limiter>();

// The generic cell rate algorithm on one 64-bit word, as governor has it: the word is the moment at which the bucket will
// be full again, in nanoseconds. A permit moves it on by 1 / rate, in whole nanoseconds.
class CellRateLimiter {
public:
    static constexpr char identifier[] = "cpp-gcra";
    static constexpr uint32_t specification = BACKPRESSURE_LIMITER_TOKEN_BUCKET;

    CellRateLimiter(double permits_per_second, double burst)
        : interval_(std::max<int64_t>(1, static_cast<int64_t>(std::ceil(1e9 / permits_per_second)))),
          tolerance_(interval_ * static_cast<int64_t>(burst)) {
        if (!(permits_per_second > 0) || !(burst >= 1)) throw std::invalid_argument("rate or burst");
    }

    bool try_acquire(uint32_t permits) { return try_acquire(permits, monotonic_nanoseconds()); }

    bool try_acquire(uint32_t permits, int64_t now_ns) {
        const int64_t cost = interval_ * permits;
        int64_t full = full_at_.load(std::memory_order_relaxed);
        while (true) {
            const int64_t next = std::max(full, now_ns) + cost;
            if (next - now_ns > tolerance_) return false;
            // Nothing is guarded by the word but itself.
            if (full_at_.compare_exchange_weak(full, next, std::memory_order_relaxed)) return true;
        }
    }

private:
    const int64_t interval_, tolerance_;
    alignas(128) std::atomic<int64_t> full_at_{0};
};

// The textbook's: a lock, the clock read under it, and permits in units of which a nanosecond brings a whole number.
class LockedBucket {
public:
    static constexpr char identifier[] = "cpp-mutex-bucket";
    static constexpr uint32_t specification = BACKPRESSURE_LIMITER_TOKEN_BUCKET;

    LockedBucket(double permits_per_second, double burst)
        : rate_(static_cast<int64_t>(permits_per_second)), full_(static_cast<int64_t>(burst) * unit), permits_(full_) {
        if (!(permits_per_second >= 1) || !(burst >= 1)) throw std::invalid_argument("rate or burst");
    }

    bool try_acquire(uint32_t permits) {
        std::lock_guard lock(mutex_);
        return decide(permits, monotonic_nanoseconds());
    }

    bool try_acquire(uint32_t permits, int64_t now_ns) {
        std::lock_guard lock(mutex_);
        return decide(permits, now_ns);
    }

private:
    static constexpr int64_t unit = 1'000'000'000;

    bool decide(uint32_t permits, int64_t now_ns) {
        if (last_ns_ < 0) last_ns_ = now_ns;
        // Wide, because a long rest at a high rate brings more than 64 bits hold.
        const __int128 refilled = permits_ + static_cast<__int128>(now_ns - last_ns_) * rate_;
        permits_ = static_cast<int64_t>(std::min<__int128>(refilled, full_));
        last_ns_ = now_ns;
        if (permits_ < permits * unit) return false;
        permits_ -= permits * unit;
        return true;
    }

    std::mutex mutex_;
    const int64_t rate_, full_;
    int64_t permits_, last_ns_ = -1;
};
