import ConcurrencySupport
import RateLimiters

extension Registry {
    /// The rate limiters of the package, the control that must break the envelope, and what not to do.
    mutating func registerLimiters() {
        registerTokenBuckets()
        registerKeyed()
        registerPacers()
        registerWindows()
        register(
            LimiterImplementation(
                id: "fixed-window",
                family: .other,
                role: .control,
                summary: "control: a counter per window behind a mutex; must break the envelope",
                real: { LimiterInstance(FixedWindowLimiter(rate: $0.rate, burst: $0.burst, clock: $0.clock)) },
                virtual: { LimiterInstance(FixedWindowLimiter(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
            )
        )
        registerLimiterYardsticks()
        registerWarnings()
    }

    private mutating func registerLimiterYardsticks() {
        register(
            LimiterImplementation(
                id: "null-limiter",
                family: .other,
                role: .yardstick,
                summary: "yardstick: grants everything without looking at the time; what the harness costs",
                real: { _ in LimiterInstance(NullLimiter()) },
                virtual: nil
            )
        )
        register(
            LimiterImplementation(
                id: "clock-limiter",
                family: .other,
                role: .yardstick,
                summary: "yardstick: reads the clock and grants everything; the least that a decision can cost",
                drivers: [.threads, .tasks],
                measures: "Reading the clock",
                real: { _ in LimiterInstance(ClockReadingLimiter()) },
                virtual: nil
            )
        )
    }

    private mutating func registerTokenBuckets() {
        register(
            LimiterImplementation(
                id: "token-bucket-mutex",
                family: .mutex,
                summary: "GCRA in integers behind a lock (pthread mutex)",
                real: { LimiterInstance(MutexTokenBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) },
                virtual: { LimiterInstance(MutexTokenBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
            )
        )
        register(
            LimiterImplementation(
                id: "token-bucket-actor",
                family: .actor,
                summary: "GCRA in integers behind an actor; tasks only",
                drivenByThreads: false,
                real: { LimiterInstance(ActorTokenBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) },
                virtual: { LimiterInstance(ActorTokenBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
            )
        )
        register(
            LimiterImplementation(
                id: "token-bucket-lockfree",
                family: .lockFree,
                role: .contender,
                summary: "GCRA on one 64-bit word, one compare-exchange a grant",
                drivers: [.threads, .tasks],
                specification: .tokenBucket,
                extraChecks: [.exploredTokenBucket],
                real: { LimiterInstance(LockFreeTokenBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) },
                virtual: { LimiterInstance(LockFreeTokenBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
            )
        )
    }

    private mutating func registerKeyed() {
        register(
            LimiterImplementation(
                id: "token-bucket-keyed",
                family: .mutex,
                role: .contender,
                standing: .variant,
                summary: "one client of a token bucket for each key: a table of arrivals behind a lock a shard",
                drivers: [.threads, .tasks],
                specification: .tokenBucket,
                keepsContract: false,
                real: { LimiterInstance(KeyedClient(rate: $0.rate, burst: $0.burst, clock: $0.clock)) },
                virtual: { LimiterInstance(KeyedClient(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
            )
        )
    }

    /// A pacer is a bucket of one permit, whatever burst a scenario names.
    private mutating func registerPacers() {
        register(
            LimiterImplementation(
                id: "pacer-mutex",
                family: .mutex,
                summary: "the token bucket behind a lock with a burst of 1: evenly spaced grants",
                specification: .pacer,
                real: { LimiterInstance(MutexTokenBucket(pacing: $0.rate, clock: $0.clock)) },
                virtual: { LimiterInstance(MutexTokenBucket(pacing: $0.rate, clock: $0.clock)) }
            )
        )
        register(
            LimiterImplementation(
                id: "pacer-actor",
                family: .actor,
                summary: "the token bucket behind an actor with a burst of 1: evenly spaced grants; tasks only",
                drivenByThreads: false,
                specification: .pacer,
                real: { LimiterInstance(ActorTokenBucket(pacing: $0.rate, clock: $0.clock)) },
                virtual: { LimiterInstance(ActorTokenBucket(pacing: $0.rate, clock: $0.clock)) }
            )
        )
        register(
            LimiterImplementation(
                id: "pacer-lockfree",
                family: .lockFree,
                summary: "the token bucket on one 64-bit word with a burst of 1: evenly spaced grants",
                specification: .pacer,
                real: { LimiterInstance(LockFreeTokenBucket(pacing: $0.rate, clock: $0.clock)) },
                virtual: { LimiterInstance(LockFreeTokenBucket(pacing: $0.rate, clock: $0.clock)) }
            )
        )
        register(
            LimiterImplementation(
                id: "pacer-mutex-spinning",
                family: .mutex,
                role: .contender,
                standing: .variant,
                summary: "the pacer behind a lock on a clock that spins for the last stretch of each wait",
                drivers: [.threads, .tasks],
                specification: .pacer,
                real: { LimiterInstance(MutexTokenBucket(pacing: $0.rate, clock: SpinningNanosecondClock())) },
                virtual: nil
            )
        )
    }

    /// Limiters that count in a window of the length in which the rate gives a burst, with the burst as their limit.
    private mutating func registerWindows() {
        register(
            LimiterImplementation(
                id: "sliding-log-mutex",
                family: .mutex,
                summary: "every grant of the last window behind a lock; 24 bytes a permit",
                specification: .slidingLog,
                real: {
                    LimiterInstance(
                        MutexSlidingLog(limit: $0.burst, window: $0.window, clock: $0.clock)
                    )
                },
                virtual: {
                    LimiterInstance(
                        MutexSlidingLog(limit: $0.burst, window: $0.window, clock: $0.clock)
                    )
                }
            )
        )
        register(
            LimiterImplementation(
                id: "sliding-log-actor",
                family: .actor,
                summary: "every grant of the last window behind an actor; 24 bytes a permit; tasks only",
                drivenByThreads: false,
                specification: .slidingLog,
                real: {
                    LimiterInstance(
                        ActorSlidingLog(limit: $0.burst, window: $0.window, clock: $0.clock)
                    )
                },
                virtual: {
                    LimiterInstance(
                        ActorSlidingLog(limit: $0.burst, window: $0.window, clock: $0.clock)
                    )
                }
            )
        )
        register(
            LimiterImplementation(
                id: "sliding-window-mutex",
                family: .mutex,
                summary: "the last window in parts behind a lock; 48 bytes a part",
                specification: .slidingWindow(parts: windowParts),
                real: {
                    LimiterInstance(
                        MutexSlidingWindow(limit: $0.burst, window: $0.window, buckets: windowParts, clock: $0.clock)
                    )
                },
                virtual: {
                    LimiterInstance(
                        MutexSlidingWindow(limit: $0.burst, window: $0.window, buckets: windowParts, clock: $0.clock)
                    )
                }
            )
        )
        register(
            LimiterImplementation(
                id: "sliding-window-actor",
                family: .actor,
                summary: "the last window in parts behind an actor; 48 bytes a part; tasks only",
                drivenByThreads: false,
                specification: .slidingWindow(parts: windowParts),
                real: {
                    LimiterInstance(
                        ActorSlidingWindow(limit: $0.burst, window: $0.window, buckets: windowParts, clock: $0.clock)
                    )
                },
                virtual: {
                    LimiterInstance(
                        ActorSlidingWindow(limit: $0.burst, window: $0.window, buckets: windowParts, clock: $0.clock)
                    )
                }
            )
        )
    }

    /// The obvious alternatives, each with a scenario that shows its fault.
    private mutating func registerWarnings() {
        register(
            LimiterImplementation(
                id: "actor-date",
                family: .actor,
                role: .control,
                standing: .warning,
                summary: "an actor with a Date and a Double token count: decides by a clock of 119 ns steps and rounds",
                drivers: [.tasks],
                specification: .tokenBucket,
                real: { LimiterInstance(ActorDateLimiter(rate: $0.rate, burst: $0.burst)) },
                virtual: { LimiterInstance(ActorDateLimiter(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
            )
        )
        register(
            LimiterImplementation(
                id: "sleep-interval",
                family: .other,
                role: .control,
                standing: .warning,
                summary: "each caller sleeps 1/rate from now: one gets less than the rate, several a multiple of it",
                drivers: [.threads, .tasks],
                specification: .pacer,
                real: { LimiterInstance(SleepIntervalLimiter(rate: $0.rate, clock: $0.clock)) },
                virtual: { LimiterInstance(SleepIntervalLimiter(rate: $0.rate, clock: $0.clock)) }
            )
        )
    }
}

/// Into how many parts a sliding window is divided: as many as it has where nothing else is said.
private let windowParts = 1_024

extension LimiterSetup {
    fileprivate var window: Duration { .nanoseconds(Int64(clamping: windowNanoseconds)) }
}
