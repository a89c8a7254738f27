public import ConcurrencySupport

/// Grants at most so many permits in *any* window of a given length, wherever it begins; behind a lock. Use it by one of its
/// two names:
///
/// - ``MutexSlidingLog`` remembers every grant of the last window. Exact: a permit comes back a window after it was granted,
///   to the nanosecond. Memory grows with the limit (24 bytes a permit, allocated once).
/// - ``MutexSlidingWindow`` remembers grants in runs no longer than a bucket (`window / buckets`) and no larger than a bucket's
///   share of the limit, and takes each to have been made when the last of its run was. Its memory doesn't depend on the
///   limit (48 bytes a bucket, allocated once).
///
/// **Envelope.** Over all windows (t, t + `window`] at most `limit` permits are granted, by both: the bound by which the sliding
/// window exceeds it is 0. (Over a time T that is at most `limit · ⌈T / window⌉`. Right after a rest the whole limit may pass
/// in one instant; a limiter that spreads them is a token bucket with a small burst.)
///
/// **Full use.** The log grants what the limit leaves. The price of the window's small memory is that a permit may come back
/// later than a window after it was granted, by less than a bucket's length. Callers who take what is there at once lose
/// nothing by it in the long run: the permits of a bucket come back together, are taken together, and so come back exactly
/// a window later. If requests come no faster than the limit allows, at most one part in `buckets + 1` is lost.
///
/// The clock is read inside the lock, so decisions are made in the order of their times. A clock that jumps forwards, as
/// over a suspended machine, makes old permits come back early; one that is set back stops time here for a window at most.
///
/// There is no lock-free version: an answer depends on as many words of memory as there are grants to remember, which no
/// processor changes at once. If the envelope `burst + rate · T` will do, ``LockFreeTokenBucket`` keeps it in one word.
///
/// - Complexity: amortised O(1): each grant is forgotten once; a refusal looks at no more remembered grants than it asks for
///   permits. No allocation, but for requests that wait.
public final class MutexWindowLimiter<Precision: WindowPrecision, ClockType: NanosecondClock>: SynchronousRateLimiter {
    @usableFromInline let clock: ClockType
    @usableFromInline let log: Lock<WindowLog>
    private let buckets: Int?

    init(_ limit: Int, _ window: Duration, buckets: Int?, _ clock: ClockType) {
        self.clock = clock
        self.buckets = buckets
        log = Lock(WindowLog(WindowShape(limit: limit, window: window, buckets: buckets)))
    }

    /// Asks for permits now; never waits. See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        return log.withLock { $0.tryAcquire(UInt64(permits), nowNanoseconds: clock.nanoseconds()) }
    }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    public func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        try await waitForPermits(permits, timeout: timeout)
    }

    /// Changes limit and window; the number of buckets stays. O(grants remembered + requests waiting).
    ///
    /// What was granted stays remembered, and so no window of the shorter of the two lengths ever holds more than the larger
    /// of the two limits. Whoever waits goes on waiting, in the same order, for the time that the new limit gives; a request
    /// for more than the new limit, made before, passes when nothing else is in the window.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window from now on; at least 1, else a precondition fails.
    ///   - window: the window's length from now on; above zero and at most 100 years, else a precondition fails.
    public func update(limit: Int, window: Duration) {
        let shape = WindowShape(limit: limit, window: window, buckets: buckets)
        _ = log.withLock { $0.update(shape, nowNanoseconds: clock.nanoseconds()) }
    }
}

extension MutexWindowLimiter where Precision == EveryGrant {
    /// A log of nothing granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; 1 to 16 million, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - clock: where time is read, on every request.
    public convenience init(limit: Int, window: Duration, clock: ClockType) {
        self.init(limit, window, buckets: nil, clock)
    }
}

extension MutexWindowLimiter where Precision == Buckets {
    /// A window in which nothing was granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; at least 1, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - buckets: a permit comes back at most `window / buckets` late; 1 to 16 million, else a precondition fails.
    ///   - clock: where time is read, on every request.
    public convenience init(limit: Int, window: Duration, buckets: Int = 16, clock: ClockType) {
        self.init(limit, window, buckets: buckets, clock)
    }
}

extension MutexWindowLimiter where Precision == EveryGrant, ClockType == SystemNanosecondClock {
    /// A log of nothing granted yet, on the machine's monotonic clock.
    public convenience init(limit: Int, window: Duration) {
        self.init(limit: limit, window: window, clock: SystemNanosecondClock())
    }
}

extension MutexWindowLimiter where Precision == Buckets, ClockType == SystemNanosecondClock {
    /// A window in which nothing was granted yet, on the machine's monotonic clock.
    public convenience init(limit: Int, window: Duration, buckets: Int = 16) {
        self.init(limit: limit, window: window, buckets: buckets, clock: SystemNanosecondClock())
    }
}

extension MutexWindowLimiter: ReservingLimiter {
    func reserve(_ permits: UInt64, longestNanoseconds: UInt64) -> Reservation {
        log.withLock { $0.reservation(permits, clock.nanoseconds(), longest: longestNanoseconds) }
    }

    func cancel(arrival: UInt64, permits: UInt64) {
        _ = log.withLock { $0.cancel(id: arrival, nowNanoseconds: clock.nanoseconds()) }
    }
}
