public import ConcurrencySupport
public import Synchronization

/// A token bucket on one atomic word: no lock, no waiting for other callers, no memory written by a refusal.
///
/// A grant is a clock reading and one compare-exchange; a refusal is a clock reading and a load.
/// See ``RateLimiter`` for the promises; the arithmetic is GCRA on integers, without drift.
///
/// - Complexity: O(1) in the absence of contention; a caller retries only when another was granted in between.
/// - Memory: one cache line.
public final class LockFreeTokenBucket<ClockType: NanosecondClock>: SynchronousRateLimiter {
    // The state sits between two cache lines' worth of padding, so that neither the constants, which every caller reads,
    // nor a neighbouring object shares its line.
    @usableFromInline let algebra: TokenBucketAlgebra
    @usableFromInline let clock: ClockType
    @usableFromInline let leadingPadding: CacheLinePadding
    @usableFromInline let arrival: Atomic<UInt64>
    @usableFromInline let trailingPadding: CacheLinePadding

    /// A bucket that is full now.
    ///
    /// - Parameters:
    ///   - rate: permits per time, in the long run.
    ///   - burst: the most permits granted at once; at least 1, else a precondition fails.
    ///   - clock: where time is read, on every request.
    public init(rate: Rate, burst: Int, clock: ClockType) {
        algebra = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: clock.nanoseconds())
        self.clock = clock
        leadingPadding = CacheLinePadding()
        arrival = Atomic(0)
        trailingPadding = CacheLinePadding()
    }

    /// Asks for permits now; never waits. O(1). See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        let permits = UInt64(permits)
        guard permits <= algebra.burst else { return .exceedsBurst }
        // The clock is read before the word: if another caller moves the word meanwhile, this one's time is too early
        // and it errs towards refusing.
        let now = algebra.units(atNanoseconds: clock.nanoseconds())
        // Relaxed throughout: the word is the whole state, nothing else is published through it.
        var current = arrival.load(ordering: .relaxed)
        while true {
            switch algebra.decide(arrival: current, now: now, permits: permits) {
            case .refuse(let wait):
                return algebra.refusal(waitUnits: wait)
            case .grant(let next):
                let claim = arrival.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
                if claim.exchanged { return .granted }
                current = claim.original
            }
        }
    }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    public func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        try await waitForPermits(permits, timeout: timeout)
    }
}

extension LockFreeTokenBucket where ClockType == SystemNanosecondClock {
    /// A bucket on the machine's monotonic clock that is full now.
    public convenience init(rate: Rate, burst: Int) {
        self.init(rate: rate, burst: burst, clock: SystemNanosecondClock())
    }
}

extension LockFreeTokenBucket: ReservingLimiter {
    func reserve(_ permits: UInt64, longestNanoseconds: UInt64) -> Reservation {
        let now = clock.nanoseconds()
        var current = arrival.load(ordering: .relaxed)
        while true {
            let (next, answer) = algebra.reserve(
                arrival: current,
                nowNanoseconds: now,
                permits: permits,
                longestNanoseconds: longestNanoseconds
            )
            guard let next else { return answer }
            let claim = arrival.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if claim.exchanged { return answer }
            current = claim.original
        }
    }

    func cancel(arrival reserved: UInt64, permits: UInt64) {
        guard let before = algebra.cancel(arrival: reserved, reserved: reserved, permits: permits) else { return }
        // Fails, as it should, if anyone has queued up behind.
        _ = arrival.compareExchange(expected: reserved, desired: before, ordering: .relaxed)
    }
}
