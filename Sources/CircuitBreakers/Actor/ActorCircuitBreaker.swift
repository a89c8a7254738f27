public import ConcurrencySupport

/// A circuit breaker behind an actor: the same decisions as ``MutexCircuitBreaker``, with a hop to the actor for each.
///
/// See ``CircuitBreaker`` for the promises. A call costs two hops, some 50 ns each when nobody else asks and a microsecond
/// and more when others do.
///
/// - Complexity: O(1); O(buckets) for a call that fails or is slow if the window is one of time; O(window) to change the
///   state.
public final actor ActorCircuitBreaker<ClockType: NanosecondClock>: CircuitBreaker {
    @usableFromInline var guarded: BreakerState
    @usableFromInline nonisolated let clock: ClockType
    @usableFromInline nonisolated let board: ChangeBoard

    /// A breaker that is closed.
    ///
    /// - Parameters:
    ///   - settings: when it opens and closes; a precondition fails if they make no sense.
    ///   - clock: where time is read.
    public init(_ settings: CircuitBreakerSettings = CircuitBreakerSettings(), clock: ClockType) {
        guarded = BreakerState(settings, nowNanoseconds: clock.nanoseconds())
        board = ChangeBoard(guarded.change)
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
    public func state() -> CircuitState { guarded.state }

    /// What has happened since the breaker was made: exact.
    public func statistics() -> CircuitBreakerStatistics { guarded.statistics(atNanoseconds: clock.nanoseconds()) }

    /// Refuses all calls until ``reset()``.
    public func forceOpen() { mutate { $0.forceOpen(atNanoseconds: clock.nanoseconds()) } }

    /// Permits all calls and judges none until ``reset()``.
    public func disable() { mutate { $0.disable(atNanoseconds: clock.nanoseconds()) } }

    /// Closed with an empty window, whatever the state was.
    public func reset() { mutate { $0.reset(atNanoseconds: clock.nanoseconds()) } }

    /// The states from now on, beginning with the present one.
    public nonisolated var changes: CircuitBreakerChanges { board.changes }

    /// What the clock reads.
    public nonisolated func nanoseconds() -> UInt64 { clock.nanoseconds() }

    @inlinable @inline(__always)
    func mutate<Result>(_ body: (inout BreakerState) -> Result) -> Result {
        let before = guarded.generation
        let result = body(&guarded)
        if guarded.generation != before { board.publish(guarded.change) }
        return result
    }
}

extension ActorCircuitBreaker where ClockType == SystemNanosecondClock {
    /// A breaker on the machine's monotonic clock that is closed.
    public init(_ settings: CircuitBreakerSettings = CircuitBreakerSettings()) {
        self.init(settings, clock: SystemNanosecondClock())
    }
}
