import BackpressureBenchmark
import CircuitBreakers
import ConcurrencySupport
import Synchronization

/// A circuit breaker that is right but for one defect.
final class BrokenBreaker<ClockType: NanosecondClock>: SynchronousCircuitBreaker {
    private let base: MutexCircuitBreaker<ClockType>
    private let defect: BreakerDefect
    private let results = Atomic<UInt64>(0)
    private let refusals = Atomic<UInt64>(0)

    init(_ setup: BreakerSetup<ClockType>, defect: BreakerDefect) {
        base = MutexCircuitBreaker(setup.settings, clock: setup.clock)
        self.defect = defect
    }

    func tryAcquire() -> CallPermission {
        let answer = base.tryAcquire()
        if answer.permit != nil { return answer }
        let refusals = refusals.wrappingAdd(1, ordering: .relaxed).newValue
        let state = base.state()
        let letsThrough =
            defect == .passesWhileOpen && state == .open && refusals % 100 == 0
            || defect == .tooManyProbes && state == .halfOpen
        guard letsThrough else { return answer }
        return .permitted(CallPermit(generation: base.statistics().generation, startNanoseconds: base.nanoseconds()))
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome) {
        take(permit) { base.record($0, outcome) }
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) {
        take(permit) { base.record($0, outcome, durationNanoseconds: durationNanoseconds) }
    }

    private func take(_ permit: CallPermit, _ record: (CallPermit) -> Void) {
        switch defect {
        case .countsLateResults:
            let generation = base.statistics().generation
            record(CallPermit(generation: generation, startNanoseconds: permit.startNanoseconds))
        case .forgetsResults where results.wrappingAdd(1, ordering: .relaxed).newValue % 100 == 0: break
        default: record(permit)
        }
    }

    func cancel(_ permit: CallPermit) {
        if defect == .leaksProbes, base.state() == .halfOpen { return }
        base.cancel(permit)
    }

    func state() -> CircuitState { base.state() }
    func statistics() -> CircuitBreakerStatistics { base.statistics() }
    func forceOpen() { base.forceOpen() }
    func disable() { base.disable() }
    func reset() { base.reset() }
    var changes: CircuitBreakerChanges { base.changes }
    func nanoseconds() -> UInt64 { base.nanoseconds() }
}
