public import ConcurrencySupport

/// A token bucket behind an actor: the same arithmetic as ``LockFreeTokenBucket``, with a hop to the actor for each
/// request (some 50 ns when nobody else asks, a microsecond and more when others do).
///
/// - Complexity: O(1).
public final actor ActorTokenBucket<ClockType: NanosecondClock>: RateLimiter {
    @usableFromInline let algebra: TokenBucketAlgebra
    @usableFromInline nonisolated let clock: ClockType
    @usableFromInline var arrival: UInt64 = 0

    /// A bucket that is full now.
    ///
    /// - Parameters:
    ///   - rate: permits per time, in the long run.
    ///   - burst: the most permits granted at once; at least 1, else a precondition fails.
    ///   - clock: where time is read, on every request.
    public init(rate: Rate, burst: Int, clock: ClockType) {
        algebra = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: clock.nanoseconds())
        self.clock = clock
    }

    /// Asks for permits now; never waits. O(1). See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        return algebra.tryAcquire(UInt64(permits), nowNanoseconds: clock.nanoseconds(), arrival: &arrival)
    }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    public nonisolated func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        try await waitForPermits(permits, timeout: timeout)
    }
}

extension ActorTokenBucket where ClockType == SystemNanosecondClock {
    /// A bucket on the machine's monotonic clock that is full now.
    public init(rate: Rate, burst: Int) {
        self.init(rate: rate, burst: burst, clock: SystemNanosecondClock())
    }
}

extension ActorTokenBucket: ReservingLimiter {
    func reserve(_ permits: UInt64, longestNanoseconds: UInt64) -> Reservation {
        let (next, answer) = algebra.reserve(
            arrival: arrival,
            nowNanoseconds: clock.nanoseconds(),
            permits: permits,
            longestNanoseconds: longestNanoseconds
        )
        if let next { arrival = next }
        return answer
    }

    func cancel(arrival reserved: UInt64, permits: UInt64) {
        if let before = algebra.cancel(arrival: arrival, reserved: reserved, permits: permits) { arrival = before }
    }
}
