import CircuitBreakers
import Synchronization

/// Permits everything and judges nothing: what the harness's loop around a breaker costs by itself; or that and one atomic
/// addition, the least that a breaker can do which knows how many calls went well.
final class NullBreaker: SynchronousCircuitBreaker {
    // Read for every permission, so that the optimiser can't do without the calls.
    private let permits = Atomic(true)
    private let recorded = Atomic<UInt64>(0)
    private let counts: Bool
    /// Has the changes that never come.
    private let closed = MutexCircuitBreaker()

    init(counting counts: Bool = false) { self.counts = counts }

    @inline(__always)
    func tryAcquire() -> CallPermission {
        permits.load(ordering: .relaxed)
            ? .permitted(CallPermit(generation: 1, startNanoseconds: 0)) : .refused(retryAfterNanoseconds: nil)
    }

    @inline(__always)
    func record(_ permit: CallPermit, _ outcome: CallOutcome) {
        if counts { recorded.wrappingAdd(1, ordering: .relaxed) }
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) { record(permit, outcome) }

    func cancel(_ permit: CallPermit) {}
    func state() -> CircuitState { .closed }

    func statistics() -> CircuitBreakerStatistics {
        var statistics = CircuitBreakerStatistics()
        statistics.succeeded = recorded.load(ordering: .relaxed)
        return statistics
    }

    func forceOpen() {}
    func disable() {}
    func reset() {}
    var changes: CircuitBreakerChanges { closed.changes }
    func nanoseconds() -> UInt64 { closed.nanoseconds() }
}
