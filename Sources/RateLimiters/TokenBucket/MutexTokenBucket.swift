public import ConcurrencySupport

/// A token bucket behind a lock: the same arithmetic as ``LockFreeTokenBucket``, one caller at a time.
///
/// See ``RateLimiter`` for the promises. Decisions are made in the order of their times: the clock is read inside the lock.
///
/// - Complexity: O(1).
public typealias MutexTokenBucket<ClockType: NanosecondClock> = MutexLimiter<TokenBucketState, ClockType>

extension MutexLimiter where State == TokenBucketState {
    /// A bucket that is full now.
    ///
    /// - Parameters:
    ///   - rate: permits per time, in the long run.
    ///   - burst: the most permits granted at once; at least 1, else a precondition fails.
    ///   - clock: where time is read, on every request, and slept.
    public convenience init(rate: Rate, burst: Int, clock: ClockType) {
        self.init(
            state: TokenBucketState(rate: rate, burst: burst, nowNanoseconds: clock.nanoseconds()),
            clock: clock
        )
    }
}

extension MutexLimiter where State == TokenBucketState, ClockType == SystemNanosecondClock {
    /// A bucket on the machine's monotonic clock that is full now.
    public convenience init(rate: Rate, burst: Int) {
        self.init(rate: rate, burst: burst, clock: SystemNanosecondClock())
    }
}

extension MutexLimiter: AdjustableRateLimiter where State == TokenBucketState {
    /// Changes rate and burst; see ``AdjustableRateLimiter/update(rate:burst:)``. O(waiters).
    public func update(rate: Rate, burst: Int) {
        change { $0.update(rate: rate, burst: burst, &$1, atNanoseconds: $2) }
    }
}
