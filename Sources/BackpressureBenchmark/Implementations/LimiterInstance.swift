public import RateLimiters

/// One rate limiter, ready to be driven: loops specialised for its type behind closures that are called once per caller.
public struct LimiterInstance: Sendable {
    /// The limiter behind the protocol: for checks, whose speed doesn't matter.
    let limiter: any RateLimiter
    /// Calls for the whole demand, noting when each answer came; threads only.
    let callOnThread: (@Sendable (CallerTask) -> Void)?
    let callOnTask: @Sendable (CallerTask) async -> Void
    /// Waits for permits all the time, noting when each was asked for and when the caller ran.
    let waitOnTask: @Sendable (CallerTask) async -> Void
    /// So many requests in a row, nothing noted: the cost of a decision. Returns how many were granted.
    let repeatOnThread: (@Sendable (Int) -> Int)?
    let repeatOnTask: @Sendable (Int) async -> Int
    /// Decisions beside the exact limiter on virtual time: of a single caller, and of one among several.
    let decideOnThread: (@Sendable (DecisionRun) -> Void)?
    let decideOnTask: @Sendable (DecisionRun) async -> Void
    let decideAtTableOnThread: (@Sendable (RoundTable) -> Void)?
    let decideAtTableOnTask: @Sendable (RoundTable) async -> Void
    /// Why there is no limiter; `nil`: there is one.
    private(set) var failure: String?

    @usableFromInline
    init(
        limiter: any RateLimiter,
        callOnThread: (@Sendable (CallerTask) -> Void)?,
        callOnTask: @escaping @Sendable (CallerTask) async -> Void,
        waitOnTask: @escaping @Sendable (CallerTask) async -> Void,
        repeatOnThread: (@Sendable (Int) -> Int)?,
        repeatOnTask: @escaping @Sendable (Int) async -> Int,
        decideOnThread: (@Sendable (DecisionRun) -> Void)?,
        decideOnTask: @escaping @Sendable (DecisionRun) async -> Void,
        decideAtTableOnThread: (@Sendable (RoundTable) -> Void)?,
        decideAtTableOnTask: @escaping @Sendable (RoundTable) async -> Void
    ) {
        self.limiter = limiter
        self.callOnThread = callOnThread
        self.callOnTask = callOnTask
        self.waitOnTask = waitOnTask
        self.repeatOnThread = repeatOnThread
        self.repeatOnTask = repeatOnTask
        self.decideOnThread = decideOnThread
        self.decideOnTask = decideOnTask
        self.decideAtTableOnThread = decideAtTableOnThread
        self.decideAtTableOnTask = decideAtTableOnTask
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
            limiter: limiter,
            callOnThread: { call(limiter, $0) },
            callOnTask: { await call(limiter, $0) },
            waitOnTask: { await waitForPermits(from: limiter, $0) },
            repeatOnThread: { acquire(from: limiter, times: $0) },
            repeatOnTask: { await acquire(from: limiter, times: $0) },
            decideOnThread: { decide(limiter, beside: $0) },
            decideOnTask: { await decide(limiter, beside: $0) },
            decideAtTableOnThread: { decide(limiter, at: $0) },
            decideAtTableOnTask: { await decide(limiter, at: $0) }
        )
    }

    /// A limiter that tasks can drive.
    @inlinable
    public init<Limiter: RateLimiter>(_ limiter: Limiter) {
        self.init(
            limiter: limiter,
            callOnThread: nil,
            callOnTask: { await call(limiter, $0) },
            waitOnTask: { await waitForPermits(from: limiter, $0) },
            repeatOnThread: nil,
            repeatOnTask: { await acquire(from: limiter, times: $0) },
            decideOnThread: nil,
            decideOnTask: { await decide(limiter, beside: $0) },
            decideAtTableOnThread: nil,
            decideAtTableOnTask: { await decide(limiter, at: $0) }
        )
    }
}
