public import RateLimiters

/// One rate limiter, ready to be driven: loops specialised for its type behind closures that are called once per caller.
public struct LimiterInstance: Sendable {
    /// Calls for the whole demand, noting when each answer came; threads only.
    let callOnThread: (@Sendable (CallerTask) -> Void)?
    let callOnTask: @Sendable (CallerTask) async -> Void
    /// So many requests in a row, nothing noted: the cost of a decision. Returns how many were granted.
    let repeatOnThread: (@Sendable (Int) -> Int)?
    let repeatOnTask: @Sendable (Int) async -> Int
    /// Single requests, for virtual time.
    let tryAcquire: @Sendable (Int) async -> Acquisition
    /// Why there is no limiter; `nil`: there is one.
    private(set) var failure: String?

    @usableFromInline
    init(
        callOnThread: (@Sendable (CallerTask) -> Void)?,
        callOnTask: @escaping @Sendable (CallerTask) async -> Void,
        repeatOnThread: (@Sendable (Int) -> Int)?,
        repeatOnTask: @escaping @Sendable (Int) async -> Int,
        tryAcquire: @escaping @Sendable (Int) async -> Acquisition
    ) {
        self.callOnThread = callOnThread
        self.callOnTask = callOnTask
        self.repeatOnThread = repeatOnThread
        self.repeatOnTask = repeatOnTask
        self.tryAcquire = tryAcquire
    }

    /// No limiter, for a reason that the measurement is reported to have failed for.
    init(failure: String) {
        self.init(NullLimiter())
        self.failure = failure
    }

    /// A limiter that threads and tasks can drive.
    @inlinable
    public init<Limiter: SynchronousRateLimiter>(_ limiter: Limiter) {
        self.init(
            callOnThread: { call(limiter, $0) },
            callOnTask: { await call(limiter, $0) },
            repeatOnThread: { acquire(from: limiter, times: $0) },
            repeatOnTask: { await acquire(from: limiter, times: $0) },
            tryAcquire: { await limiter.tryAcquire($0) }
        )
    }

    /// A limiter that tasks can drive.
    @inlinable
    public init<Limiter: RateLimiter>(_ limiter: Limiter) {
        self.init(
            callOnThread: nil,
            callOnTask: { await call(limiter, $0) },
            repeatOnThread: nil,
            repeatOnTask: { await acquire(from: limiter, times: $0) },
            tryAcquire: { await limiter.tryAcquire($0) }
        )
    }
}
