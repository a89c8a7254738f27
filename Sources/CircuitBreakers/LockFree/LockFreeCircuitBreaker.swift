public import ConcurrencySupport

/// A circuit breaker on atomic words: no lock and no waiting for other callers while it is closed, open or disabled.
///
/// A permission of a closed breaker is one load; the result of a call that went well is one atomic addition while the window
/// of calls is full of others that did, and three atomic operations else. A call that fails or is slow has its counters to
/// write too: one or two more. A refusal is a clock reading, two loads and the addition to its counter. In a window of calls
/// without a slow-call rate nothing on the way reads the clock. Changes of state and probes go through a lock, and so does a
/// call that finds no other answer.
///
/// See ``CircuitBreaker`` for the promises; states, probes and generations are as exact as behind a lock. What is approximate
/// while callers compete: the sums of the window lack the results that are just being recorded, so it may open a call earlier
/// or later for each of those; a caller that is held up in mid-record while as many others record as the window holds may
/// replace a newer result than the oldest; and a late result that the change of state overtakes in mid-record leaves its place
/// in the new window empty, which then spans one call less until it comes round. At rest the sums equal a recount.
///
/// - Complexity: O(1) in the absence of contention; a caller retries only when another has changed the same word in between.
///   O(buckets) for a call that fails or is slow if the window is one of time.
/// - Memory: a few cache lines, and 8 bytes for each call or 64 for each bucket of the window.
public final class LockFreeCircuitBreaker<ClockType: NanosecondClock>: SynchronousCircuitBreaker {
    @usableFromInline let words: BreakerWords<HardwareWord>
    @usableFromInline let clock: ClockType
    private let phases: Lock<BreakerPhases>
    private let board: ChangeBoard

    /// A breaker that is closed.
    ///
    /// - Parameters:
    ///   - settings: when it opens and closes; a precondition fails if they make no sense.
    ///   - clock: where time is read.
    public init(_ settings: CircuitBreakerSettings = CircuitBreakerSettings(), clock: ClockType) {
        let now = clock.nanoseconds()
        let terms = BreakerTerms(settings)
        let first = BreakerPhases(terms: terms, nowNanoseconds: now)
        words = BreakerWords(terms: terms, nowNanoseconds: now)
        words.enter(first)
        phases = Lock(first)
        board = ChangeBoard(first.change)
        self.clock = clock
    }

    deinit {
        board.finish()
        words.deallocate()
    }

    /// Asks for permission to call, now; never waits. See ``CircuitBreaker/tryAcquire()``. O(1).
    @inlinable @inline(__always)
    public func tryAcquire() -> CallPermission { decide() }

    /// Says how a permitted call went that took until now. See ``CircuitBreaker/record(_:_:)``.
    @inlinable @inline(__always)
    public func record(_ permit: CallPermit, _ outcome: CallOutcome) {
        take(permit, outcome, durationNanoseconds: nil)
    }

    /// Says how a permitted call went and how long it took. See ``CircuitBreaker/record(_:_:durationNanoseconds:)``.
    @inlinable @inline(__always)
    public func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) {
        take(permit, outcome, durationNanoseconds: durationNanoseconds)
    }

    /// Gives a permission back. See ``CircuitBreaker/cancel(_:)``. O(1).
    @inlinable @inline(__always)
    public func cancel(_ permit: CallPermit) { giveBack(permit) }

    /// The state now.
    public func state() -> CircuitState {
        CircuitState(rawValue: UInt8(words.control.loadAcquiring() & 7)) ?? phases.withLock(\.state)
    }

    /// What has happened since the breaker was made: exact at rest.
    public func statistics() -> CircuitBreakerStatistics { gatherStatistics() }

    /// Refuses all calls until ``reset()``.
    public func forceOpen() { change { $0.forceOpen(atNanoseconds: $1) } }

    /// Permits all calls and judges none until ``reset()``.
    public func disable() { change { $0.disable(atNanoseconds: $1) } }

    /// Closed with an empty window, whatever the state was.
    public func reset() { change { $0.reset(atNanoseconds: $1) } }

    /// The states from now on, beginning with the present one.
    public var changes: CircuitBreakerChanges { board.changes }
}

extension LockFreeCircuitBreaker where ClockType == SystemNanosecondClock {
    /// A breaker on the machine's monotonic clock that is closed.
    public convenience init(_ settings: CircuitBreakerSettings = CircuitBreakerSettings()) {
        self.init(settings, clock: SystemNanosecondClock())
    }
}

extension LockFreeCircuitBreaker: WordBreaker {
    /// What the clock reads.
    @inlinable @inline(__always)
    public func nanoseconds() -> UInt64 { clock.nanoseconds() }

    @usableFromInline
    func withLock<Result>(_ body: (inout BreakerPhases) -> Result) -> Result {
        phases.withLock { body(&$0) }
    }

    @usableFromInline
    func publish(_ change: CircuitBreakerChange) { board.publish(change) }
}
