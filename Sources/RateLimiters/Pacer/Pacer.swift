public import ConcurrencySupport

// A pacer is a token bucket that holds one permit: permits come evenly spaced, and however long nobody asks, never two at
// once, unless callers who wait are woken late. A request for more than one exceeds the burst.

extension MutexLimiter where State == TokenBucketState {
    /// A pacer: one permit every `1 / rate`, the first now, and never two at once.
    public convenience init(pacing rate: Rate, clock: ClockType) {
        self.init(rate: rate, burst: 1, clock: clock)
    }
}

extension MutexLimiter where State == TokenBucketState, ClockType == SystemNanosecondClock {
    /// A pacer on the machine's monotonic clock: one permit every `1 / rate`, the first now, and never two at once.
    public convenience init(pacing rate: Rate) {
        self.init(pacing: rate, clock: SystemNanosecondClock())
    }
}

extension ActorLimiter where State == TokenBucketState {
    /// A pacer: one permit every `1 / rate`, the first now, and never two at once.
    public init(pacing rate: Rate, clock: ClockType) {
        self.init(rate: rate, burst: 1, clock: clock)
    }
}

extension ActorLimiter where State == TokenBucketState, ClockType == SystemNanosecondClock {
    /// A pacer on the machine's monotonic clock: one permit every `1 / rate`, the first now, and never two at once.
    public init(pacing rate: Rate) {
        self.init(pacing: rate, clock: SystemNanosecondClock())
    }
}

extension LockFreeTokenBucket {
    /// A pacer: one permit every `1 / rate`, the first now, and never two at once.
    public convenience init(pacing rate: Rate, clock: ClockType) {
        self.init(rate: rate, burst: 1, clock: clock)
    }
}

extension LockFreeTokenBucket where ClockType == SystemNanosecondClock {
    /// A pacer on the machine's monotonic clock: one permit every `1 / rate`, the first now, and never two at once.
    public convenience init(pacing rate: Rate) {
        self.init(pacing: rate, clock: SystemNanosecondClock())
    }
}
