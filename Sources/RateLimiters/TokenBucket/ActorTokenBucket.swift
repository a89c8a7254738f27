public import ConcurrencySupport

/// A token bucket behind an actor: the same arithmetic as ``LockFreeTokenBucket``, with a hop to the actor for each
/// request.
///
/// See ``RateLimiter`` for the promises.
///
/// - Complexity: O(1).
public typealias ActorTokenBucket<ClockType: NanosecondClock> = ActorLimiter<TokenBucketState, ClockType>

extension ActorLimiter where State == TokenBucketState {
    /// A bucket that is full now.
    ///
    /// - Parameters:
    ///   - rate: permits per time, in the long run.
    ///   - burst: the most permits granted at once; at least 1, else a precondition fails.
    ///   - clock: where time is read, on every request, and slept.
    public init(rate: Rate, burst: Int, clock: ClockType) {
        self.init(
            state: TokenBucketState(rate: rate, burst: burst, nowNanoseconds: clock.nanoseconds()),
            clock: clock
        )
    }
}

extension ActorLimiter where State == TokenBucketState, ClockType == SystemNanosecondClock {
    /// A bucket on the machine's monotonic clock that is full now.
    public init(rate: Rate, burst: Int) {
        self.init(rate: rate, burst: burst, clock: SystemNanosecondClock())
    }
}

extension ActorLimiter: AdjustableRateLimiter where State == TokenBucketState {
    /// Changes rate and burst; see ``AdjustableRateLimiter/update(rate:burst:)``. O(waiters).
    public func update(rate: Rate, burst: Int) {
        change { $0.update(rate: rate, burst: burst, &$1, atNanoseconds: $2) }
    }
}
