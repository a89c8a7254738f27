/// Stops calling what is failing, and finds out with a few probes when it works again; driven by tasks.
///
/// Whoever is about to call asks for permission, calls, and records how it went: ``run(judging:_:)`` does all three.
///
/// What every conforming type promises:
/// - **Trips** when, in the window, the share of failed or of slow calls reaches its threshold with at least the minimum
///   number of calls inside, or when so many calls in a row have failed; see ``CircuitBreakerSettings``. It is judged when
///   a call fails or is slow: one that went well never opens the breaker.
/// - **Open** it refuses at once and says when it will let a probe through.
/// - **Probes.** Half-open it lets through no more calls at once than it was told, and altogether no more than it needs to
///   close; a probe that is cancelled gives its place back, and probes that are never recorded are given up after a time.
///   The first that fails or is slow opens it again, for longer than before; enough that go well close it.
/// - **Generations.** Every change of state begins a new generation. The result of a call that was begun in an earlier one
///   is counted as late and changes nothing else.
///
/// The requirements are `async` so that actors can conform; types that decide without suspending refine
/// ``SynchronousCircuitBreaker``. The clock must not go backwards.
public protocol CircuitBreaker: Sendable {
    /// Asks for permission to call, now; never waits.
    ///
    /// Whoever gets it passes it to ``record(_:_:)`` or ``cancel(_:)``, once.
    func tryAcquire() async -> CallPermission

    /// Says how a permitted call went. It took from ``tryAcquire()`` until now.
    ///
    /// - Parameters:
    ///   - permit: recorded once; what is recorded a second time would count a second time.
    ///   - outcome: whether the call succeeded.
    func record(_ permit: CallPermit, _ outcome: CallOutcome) async

    /// Says how a permitted call went that took as long as its caller says.
    ///
    /// - Parameters:
    ///   - permit: recorded once; what is recorded a second time would count a second time.
    ///   - outcome: whether the call succeeded.
    ///   - durationNanoseconds: how long it took, in nanoseconds.
    func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) async

    /// Gives a permission back: the call was never made, or its result says nothing. A probe's place is free again.
    func cancel(_ permit: CallPermit) async

    /// The state now. An open breaker stays so until somebody asks after its wait is over.
    func state() async -> CircuitState

    /// What has happened since the breaker was made.
    func statistics() async -> CircuitBreakerStatistics

    /// Refuses all calls until ``reset()``.
    func forceOpen() async

    /// Permits all calls and judges none until ``reset()``.
    func disable() async

    /// Closed with an empty window, whatever the state was; the next wait is the first again.
    func reset() async

    /// The states from now on, beginning with the present one: see ``CircuitBreakerChanges``.
    var changes: CircuitBreakerChanges { get }

    /// What the breaker's clock reads.
    func nanoseconds() -> UInt64
}

/// A circuit breaker that decides without suspending, so that threads can drive it.
public protocol SynchronousCircuitBreaker: CircuitBreaker {
    /// Asks for permission to call, now; never waits. See ``CircuitBreaker/tryAcquire()``.
    func tryAcquire() -> CallPermission

    /// Says how a permitted call went that took until now. See ``CircuitBreaker/record(_:_:)``.
    func record(_ permit: CallPermit, _ outcome: CallOutcome)

    /// Says how a permitted call went and how long it took. See ``CircuitBreaker/record(_:_:durationNanoseconds:)``.
    func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64)

    /// Gives a permission back. See ``CircuitBreaker/cancel(_:)``.
    func cancel(_ permit: CallPermit)

    /// The state now.
    func state() -> CircuitState

    /// What has happened since the breaker was made.
    func statistics() -> CircuitBreakerStatistics

    /// Refuses all calls until ``reset()``.
    func forceOpen()

    /// Permits all calls and judges none until ``reset()``.
    func disable()

    /// Closed with an empty window, whatever the state was.
    func reset()
}
