public import ConcurrencySupport

/// Grants at most so many permits in *any* window of a given length, behind an actor. Use it by one of its two names,
/// ``ActorSlidingLog`` and ``ActorSlidingWindow``.
///
/// The same arithmetic, promises and complexity as ``MutexWindowLimiter``, where they are described, with a hop to the actor
/// for each request (some 50 ns when nobody else asks, a microsecond and more when others do).
///
/// If the envelope `burst + rate · T` will do, ``LockFreeTokenBucket`` keeps it without lock or actor.
public final actor ActorWindowLimiter<Precision: WindowPrecision, ClockType: NanosecondClock>: RateLimiter {
    @usableFromInline nonisolated let clock: ClockType
    @usableFromInline var log: WindowLog
    private let buckets: Int?

    init(_ limit: Int, _ window: Duration, buckets: Int?, _ clock: ClockType) {
        self.clock = clock
        self.buckets = buckets
        log = WindowLog(WindowShape(limit: limit, window: window, buckets: buckets))
    }

    /// Asks for permits now; never waits. See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        return log.tryAcquire(UInt64(permits), nowNanoseconds: clock.nanoseconds())
    }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    public nonisolated func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
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
        _ = log.update(shape, nowNanoseconds: clock.nanoseconds())
    }
}

extension ActorWindowLimiter where Precision == EveryGrant {
    /// A log of nothing granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; 1 to 16 million, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - clock: where time is read, on every request.
    public init(limit: Int, window: Duration, clock: ClockType) {
        self.init(limit, window, buckets: nil, clock)
    }
}

extension ActorWindowLimiter where Precision == Buckets {
    /// A window in which nothing was granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; at least 1, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - buckets: a permit comes back at most `window / buckets` late; 1 to 16 million, else a precondition fails.
    ///   - clock: where time is read, on every request.
    public init(limit: Int, window: Duration, buckets: Int = 16, clock: ClockType) {
        self.init(limit, window, buckets: buckets, clock)
    }
}

extension ActorWindowLimiter where Precision == EveryGrant, ClockType == SystemNanosecondClock {
    /// A log of nothing granted yet, on the machine's monotonic clock.
    public init(limit: Int, window: Duration) {
        self.init(limit: limit, window: window, clock: SystemNanosecondClock())
    }
}

extension ActorWindowLimiter where Precision == Buckets, ClockType == SystemNanosecondClock {
    /// A window in which nothing was granted yet, on the machine's monotonic clock.
    public init(limit: Int, window: Duration, buckets: Int = 16) {
        self.init(limit: limit, window: window, buckets: buckets, clock: SystemNanosecondClock())
    }
}

extension ActorWindowLimiter: ReservingLimiter {
    func reserve(_ permits: UInt64, longestNanoseconds: UInt64) -> Reservation {
        log.reservation(permits, clock.nanoseconds(), longest: longestNanoseconds)
    }

    func cancel(arrival: UInt64, permits: UInt64) {
        _ = log.cancel(id: arrival, nowNanoseconds: clock.nanoseconds())
    }
}
