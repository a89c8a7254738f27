public import ConcurrencySupport

/// A circuit breaker behind a lock: one caller at a time, each decision exact.
///
/// See ``CircuitBreaker`` for the promises. The clock is read inside the lock, so decisions are made in the order of their
/// times; it isn't read at all while calls succeed in a window of calls without a slow-call rate.
///
/// - Complexity: O(1); O(buckets) for a call that fails or is slow if the window is one of time; O(window) to change the
///   state.
public final class MutexCircuitBreaker<ClockType: NanosecondClock>: SynchronousCircuitBreaker {
    @usableFromInline let guarded: Lock<BreakerState>
    @usableFromInline let clock: ClockType
    @usableFromInline let board: ChangeBoard

    /// A breaker that is closed.
    ///
    /// - Parameters:
    ///   - settings: when it opens and closes; a precondition fails if they make no sense.
    ///   - clock: where time is read.
    public init(_ settings: CircuitBreakerSettings = CircuitBreakerSettings(), clock: ClockType) {
        let state = BreakerState(settings, nowNanoseconds: clock.nanoseconds())
        guarded = Lock(state)
        board = ChangeBoard(state.change)
        self.clock = clock
    }

    deinit { board.finish() }

    /// Asks for permission to call, now; never waits. See ``CircuitBreaker/tryAcquire()``. O(1).
    @inlinable
    public func tryAcquire() -> CallPermission {
        mutate { $0.acquire { clock.nanoseconds() } }
    }

    /// Says how a permitted call went that took until now. See ``CircuitBreaker/record(_:_:)``.
    @inlinable
    public func record(_ permit: CallPermit, _ outcome: CallOutcome) {
        mutate { $0.record(permit, outcome, durationNanoseconds: nil) { clock.nanoseconds() } }
    }

    /// Says how a permitted call went and how long it took. See ``CircuitBreaker/record(_:_:durationNanoseconds:)``.
    @inlinable
    public func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) {
        mutate { $0.record(permit, outcome, durationNanoseconds: durationNanoseconds) { clock.nanoseconds() } }
    }

    /// Gives a permission back. See ``CircuitBreaker/cancel(_:)``. O(1).
    @inlinable
    public func cancel(_ permit: CallPermit) {
        mutate { $0.cancel(permit) }
    }

    /// The state now.
    public func state() -> CircuitState { guarded.withLock(\.state) }

    /// What has happened since the breaker was made: exact.
    public func statistics() -> CircuitBreakerStatistics {
        guarded.withLock { $0.statistics(atNanoseconds: clock.nanoseconds()) }
    }

    /// Refuses all calls until ``reset()``.
    public func forceOpen() { mutate { $0.forceOpen(atNanoseconds: clock.nanoseconds()) } }

    /// Permits all calls and judges none until ``reset()``.
    public func disable() { mutate { $0.disable(atNanoseconds: clock.nanoseconds()) } }

    /// Closed with an empty window, whatever the state was.
    public func reset() { mutate { $0.reset(atNanoseconds: clock.nanoseconds()) } }

    /// The states from now on, beginning with the present one.
    public var changes: CircuitBreakerChanges { board.changes }

    /// What the clock reads.
    public func nanoseconds() -> UInt64 { clock.nanoseconds() }

    /// Tells those who wait for changes, when the lock is free again.
    @inlinable @inline(__always)
    func mutate<Result: Sendable>(_ body: (inout BreakerState) -> Result) -> Result {
        let (result, change) = guarded.withLock { state -> (Result, CircuitBreakerChange?) in
            let before = state.generation
            let result = body(&state)
            return (result, state.generation == before ? nil : state.change)
        }
        if let change { board.publish(change) }
        return result
    }
}

extension MutexCircuitBreaker where ClockType == SystemNanosecondClock {
    /// A breaker on the machine's monotonic clock that is closed.
    public convenience init(_ settings: CircuitBreakerSettings = CircuitBreakerSettings()) {
        self.init(settings, clock: SystemNanosecondClock())
    }
}
