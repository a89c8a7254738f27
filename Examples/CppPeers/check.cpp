// Opens a library as the suite does and tries each of its queues and limiters: `check-peers LIBRARY.so [ID ...]`.
//
// Of the queues whose ids are given it is known that they don't keep their order under contention: that is reported, and
// only that; all others fail with it.
//
// Not a proof of anything (the suite's own `verify` looks closer): it shows that the adapters are put together rightly.
// Bounded in time: who is not done after half a minute is reported and the check ends.
#include "backpressure_abi.h"

#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;

namespace {

struct Failure {
    std::string what;
};

void require(bool condition, const std::string &what) {
    if (!condition) throw Failure{what};
}

struct Queue {
    const backpressure_queue_v1 &entry;
    void *object;
    size_t capacity;

    Queue(const backpressure_queue_v1 &entry, size_t asked) : entry(entry), object(entry.create(asked)), capacity(asked) {
        require(object != nullptr, "can't be made for " + std::to_string(asked));
        if (entry.capacity) capacity = entry.capacity(object);
        require(capacity >= asked, "keeps " + std::to_string(capacity) + " of " + std::to_string(asked));
    }
    ~Queue() { entry.destroy(object); }

    bool push(uint64_t value) const { return entry.try_push(object, value); }
    bool pop(uint64_t &value) const { return entry.try_pop(object, &value); }
};

// Alone: exactly as many as its capacity enter, they come out in order, and again, from every position in the ring.
void fill_and_drain(const backpressure_queue_v1 &entry, size_t asked) {
    Queue queue(entry, asked);
    uint64_t pushed = 0, popped = 0, value = 0;
    for (int round = 0; round < 5; ++round) {
        for (size_t count = 0; count < queue.capacity; ++count)
            require(queue.push(pushed++), "full at " + std::to_string(count) + " of " + std::to_string(queue.capacity));
        require(!queue.push(~uint64_t{0} - 1), "takes more than its " + std::to_string(queue.capacity));
        for (size_t count = 0; count < queue.capacity; ++count) {
            require(queue.pop(value), "empty with " + std::to_string(queue.capacity - count) + " inside");
            require(value == popped++, "out of order");
        }
        require(!queue.pop(value), "gives out what was never pushed");
        // The next round starts somewhere else.
        for (size_t count = 0; count <= queue.capacity / 3; ++count) {
            require(queue.push(pushed++) && queue.pop(value) && value == popped++, "loses its place");
        }
    }
    // What is left inside must not keep it from being destroyed.
    require(queue.push(0), "refuses while empty");
}

// Which of the two sides block; the other tries again and again.
struct Mode {
    bool push_waits, pop_waits;
};

// Threads: what went in comes out once, in the order of its producer.
struct Crowd {
    static constexpr int producer_shift = 32;

    const Queue &queue;
    const Mode mode;
    const uint64_t values_each;
    std::atomic<int> producing;
    std::atomic<uint64_t> count{0}, sum{0}, disordered{0};
    std::atomic<bool> was_refused{false};

    Crowd(const Queue &queue, Mode mode, int producers, uint64_t values_each)
        : queue(queue), mode(mode), values_each(values_each), producing(producers) {}

    void produce(uint64_t producer) {
        for (uint64_t number = 0; number < values_each; ++number) {
            uint64_t value = producer << producer_shift | number;
            if (mode.push_waits) {
                // Now with a time-out and now without, so that both ways are taken.
                int64_t timeout = number % 2 ? 1'000'000 : INT64_MAX;
                int result;
                while ((result = queue.entry.push_wait(queue.object, value, timeout)) == 0) {}
                if (result < 0) was_refused = true;
            } else {
                while (!queue.push(value)) std::this_thread::yield();
            }
        }
        if (--producing == 0 && mode.pop_waits) queue.entry.close(queue.object);
    }

    void consume(int producers) {
        std::vector<uint64_t> next(producers, 0);
        uint64_t value, taken = 0, total = 0;
        while (pop(value)) {
            uint64_t producer = value >> producer_shift, number = value & ((uint64_t{1} << producer_shift) - 1);
            if (producer >= next.size() || number < next[producer]) {
                ++disordered;
            } else {
                next[producer] = number + 1;
            }
            ++taken;
            total += value;
        }
        count += taken;
        sum += total;
    }

    bool pop(uint64_t &value) {
        for (bool is_first = true;; is_first = false) {
            if (mode.pop_waits) {
                int result = queue.entry.pop_wait(queue.object, &value, is_first ? INT64_MAX : 1'000'000);
                if (result != 0) return result > 0;
            } else {
                bool was_over = producing == 0;
                if (queue.pop(value)) return true;
                if (was_over) return false;
                std::this_thread::yield();
            }
        }
    }
};

// How many values came out behind a later one of their producer.
uint64_t contend(const backpressure_queue_v1 &entry, size_t capacity, Mode mode) {
    const int producers = entry.max_producers == 1 ? 1 : 2, consumers = entry.max_consumers == 1 ? 1 : 2;
    const uint64_t values_each = mode.push_waits || mode.pop_waits ? 5'000 : 30'000;
    Queue queue(entry, capacity);
    Crowd crowd(queue, mode, producers, values_each);
    std::vector<std::thread> threads;
    for (int index = 0; index < producers; ++index) threads.emplace_back([&, index] { crowd.produce(index); });
    for (int index = 0; index < consumers; ++index) threads.emplace_back([&] { crowd.consume(producers); });
    for (auto &thread : threads) thread.join();
    uint64_t expected = 0;
    for (uint64_t producer = 0; producer < uint64_t(producers); ++producer)
        expected += values_each * (producer << Crowd::producer_shift) + values_each * (values_each - 1) / 2;
    require(crowd.count == values_each * producers, std::to_string(values_each * producers) + " went in, "
                                                        + std::to_string(crowd.count) + " came out");
    require(crowd.sum == expected, "what came out isn't what went in");
    require(!crowd.was_refused, "closed before it was closed");
    return crowd.disordered;
}

// Waits end when their time is over, and when the queue is closed.
void wait_alone(const backpressure_queue_v1 &entry) {
    Queue queue(entry, 4);
    uint64_t value;
    constexpr int64_t millisecond = 1'000'000;
    for (int64_t timeout : {int64_t{0}, millisecond}) {
        auto start = Clock::now();
        require(entry.pop_wait(queue.object, &value, timeout) == 0, "pop_wait on empty doesn't time out");
        require(Clock::now() - start >= std::chrono::nanoseconds(timeout), "pop_wait doesn't wait");
    }
    while (queue.push(7)) {}
    for (int64_t timeout : {int64_t{0}, millisecond}) {
        auto start = Clock::now();
        require(entry.push_wait(queue.object, 8, timeout) == 0, "push_wait on full doesn't time out");
        require(Clock::now() - start >= std::chrono::nanoseconds(timeout), "push_wait doesn't wait");
    }
    std::atomic<int> refused{0};
    std::thread pusher([&] { refused = entry.push_wait(queue.object, 8, -1); });
    entry.close(queue.object);
    pusher.join();
    require(refused == -1, "push_wait isn't ended by close");
    require(entry.push_wait(queue.object, 8, millisecond) == -1, "takes values after close");
    for (size_t count = 0; count < queue.capacity; ++count)
        require(entry.pop_wait(queue.object, &value, -1) == 1 && value == 7, "close loses what is inside");
    require(entry.pop_wait(queue.object, &value, -1) == -1, "closed and empty, but pop_wait doesn't say so");
}

// A consumer is on its way to wait, or there already, when the queue closes or a value comes.
void wake(const backpressure_queue_v1 &entry, int round, bool closes) {
    Queue queue(entry, 4);
    std::atomic<bool> is_ready{false};
    std::atomic<int> ended{0};
    uint64_t value = 0;
    std::thread popper([&] {
        is_ready = true;
        ended = entry.pop_wait(queue.object, &value, INT64_MAX);
    });
    while (!is_ready) std::this_thread::yield();
    for (int step = 0; step < round; ++step) is_ready.load();
    if (closes) {
        entry.close(queue.object);
    } else {
        require(queue.push(9), "refuses while empty");
    }
    popper.join();
    require(ended == (closes ? -1 : 1) && (closes || value == 9), "pop_wait ends with something else than it should");
}

uint64_t check(const backpressure_queue_v1 &entry) {
    require(entry.abi_version == BACKPRESSURE_ABI_VERSION, "another ABI version");
    uint64_t disordered = 0;
    for (size_t capacity : {1, 2, 3, 64, 1000, 1024}) fill_and_drain(entry, capacity);
    for (size_t capacity : {1, 3, 1024}) disordered += contend(entry, capacity, {false, false});
    if (!entry.push_wait) return disordered;
    for (int round = 0; round < 20; ++round) wait_alone(entry);
    for (int round = 0; round < 1'000; ++round) wake(entry, round, round % 2);
    for (Mode mode : {Mode{true, true}, Mode{true, false}, Mode{false, true}})
        for (size_t capacity : {1, 3, 1024}) disordered += contend(entry, capacity, mode);
    return disordered;
}

// Told the time: the burst at once, then one permit for each tenth of a second, and no more than the burst after a rest.
void check(const backpressure_limiter_v1 &entry) {
    require(entry.abi_version == BACKPRESSURE_ABI_VERSION, "another ABI version");
    constexpr int64_t tenth = 100'000'000;
    std::unique_ptr<void, void (*)(void *)> limiter(entry.create(10, 5), entry.destroy);
    require(limiter != nullptr, "can't be made");
    auto granted = [&](int64_t now_ns) {
        int count = 0;
        while (count < 100 && entry.try_acquire_at(limiter.get(), 1, now_ns)) ++count;
        return count;
    };
    int64_t now = 10 * tenth;
    require(granted(now) == 5, "doesn't grant its burst at once, or more");
    require(granted(now + tenth - 1) == 0, "grants a permit too early");
    require(granted(now + tenth) == 1, "doesn't grant what has come back");
    require(granted(now + 3 * tenth) == 2, "loses what came back while nobody asked");
    require(granted(now + 100 * tenth) == 5, "saves up more than its burst");
    require(!entry.try_acquire_at(limiter.get(), 3, now + 102 * tenth), "grants three where there are two");
    require(entry.try_acquire_at(limiter.get(), 2, now + 102 * tenth), "takes permits that it refuses");
    std::unique_ptr<void, void (*)(void *)> other(entry.create(1, 2), entry.destroy);
    require(entry.try_acquire(other.get(), 2) && !entry.try_acquire(other.get(), 1), "by its own clock: not its burst");
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: %s LIBRARY.so [ID ...]\n", argv[0]), 64;
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) return std::fprintf(stderr, "%s\n", dlerror()), 65;
    auto queues = reinterpret_cast<decltype(&backpressure_queues_v1)>(dlsym(library, "backpressure_queues_v1"));
    if (!queues) return std::fprintf(stderr, "%s\n", dlerror()), 65;

    std::atomic<const char *> current{""};
    std::atomic<int> progress{0};
    std::thread([&] {
        for (int seen = 0, seconds = 0; seconds < 30; ++seconds) {
            std::this_thread::sleep_for(std::chrono::seconds(1));
            if (int now = progress; now != seen) seen = now, seconds = 0;
        }
        std::printf("FAILED %s: hangs\n", current.load());
        std::fflush(stdout);
        std::_Exit(1);
    }).detach();

    size_t count = 0;
    int failed = 0;
    auto entries = queues(&count);
    for (size_t index = 0; index < count; ++index) {
        const backpressure_queue_v1 &entry = *entries[index];
        current = entry.identifier;
        auto start = Clock::now();
        bool is_known = false;
        for (int argument = 2; argument < argc; ++argument) is_known |= !std::strcmp(argv[argument], entry.identifier);
        try {
            uint64_t disordered = check(entry);
            auto order = std::to_string(disordered) + " values came out behind a later one of their producer";
            require(disordered == 0 || is_known, order);
            double seconds = std::chrono::duration<double>(Clock::now() - start).count();
            std::printf("ok     %-22s %5.2f s, holds %zu of 1000%s\n", entry.identifier, seconds,
                        Queue(entry, 1000).capacity, is_known ? ("; " + order).c_str() : "");
        } catch (const Failure &failure) {
            ++failed;
            std::printf("FAILED %s: %s\n", entry.identifier, failure.what.c_str());
        }
        std::fflush(stdout);
        ++progress;
    }
    size_t limiter_count = 0;
    auto limiters = reinterpret_cast<decltype(&backpressure_limiters_v1)>(dlsym(library, "backpressure_limiters_v1"));
    auto limiter_entries = limiters ? limiters(&limiter_count) : nullptr;
    for (size_t index = 0; index < limiter_count; ++index) {
        try {
            check(*limiter_entries[index]);
            std::printf("ok     %s\n", limiter_entries[index]->identifier);
        } catch (const Failure &failure) {
            ++failed;
            std::printf("FAILED %s: %s\n", limiter_entries[index]->identifier, failure.what.c_str());
        }
    }
    count += limiter_count;
    std::printf("%zu passed, %d failed\n", count - failed, failed);
    std::fflush(stdout);
    std::_Exit(failed == 0 && count > 0 ? 0 : 1);
}
