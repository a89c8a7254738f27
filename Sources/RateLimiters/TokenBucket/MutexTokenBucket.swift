public import ConcurrencySupport

/// A token bucket behind a lock: the same arithmetic as ``LockFreeTokenBucket``, one caller at a time.
///
/// The clock is read inside the lock, so decisions are made in the order of their times.
///
/// - Complexity: O(1).
public final class MutexTokenBucket<ClockType: NanosecondClock>: SynchronousRateLimiter {
    @usableFromInline let algebra: TokenBucketAlgebra
    @usableFromInline let clock: ClockType
    @usableFromInline let arrival = Lock<UInt64>(0)

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
        return arrival.withLock { arrival in
            algebra.tryAcquire(UInt64(permits), nowNanoseconds: clock.nanoseconds(), arrival: &arrival)
        }
    }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    public func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        try await waitForPermits(permits, timeout: timeout)
    }
}

extension MutexTokenBucket where ClockType == SystemNanosecondClock {
    /// A bucket on the machine's monotonic clock that is full now.
    public convenience init(rate: Rate, burst: Int) {
        self.init(rate: rate, burst: burst, clock: SystemNanosecondClock())
    }
}

extension MutexTokenBucket: ReservingLimiter {
    func reserve(_ permits: UInt64, longestNanoseconds: UInt64) -> Reservation {
        arrival.withLock { arrival in
            let (next, answer) = algebra.reserve(
                arrival: arrival,
                nowNanoseconds: clock.nanoseconds(),
                permits: permits,
                longestNanoseconds: longestNanoseconds
            )
            if let next { arrival = next }
            return answer
        }
    }

    func cancel(arrival reserved: UInt64, permits: UInt64) {
        arrival.withLock { arrival in
            if let before = algebra.cancel(arrival: arrival, reserved: reserved, permits: permits) { arrival = before }
        }
    }
}
