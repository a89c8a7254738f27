/// A whole circuit breaker as a value: what the families behind a lock and an actor have in common. It knows no lock, and
/// reads a clock only where the time plays a part.
@usableFromInline
struct BreakerState: Sendable {
    private var phases: BreakerPhases
    private var window: CallWindow

    init(_ settings: CircuitBreakerSettings, nowNanoseconds: UInt64) {
        let terms = BreakerTerms(settings)
        phases = BreakerPhases(terms: terms, nowNanoseconds: nowNanoseconds)
        window = CallWindow(terms.window)
    }

    @usableFromInline var generation: UInt64 { phases.generation }
    @usableFromInline var state: CircuitState { phases.state }
    @usableFromInline var change: CircuitBreakerChange { phases.change }

    /// Answers a request. O(1).
    @usableFromInline
    mutating func acquire(_ now: () -> UInt64) -> CallPermission {
        switch phases.state {
        case .closed, .disabled:
            let start = phases.terms.judgesDurations ? now() : 0
            return .permitted(CallPermit(generation: phases.generation, startNanoseconds: start))
        case .open, .halfOpen, .forcedOpen: return phases.acquire(atNanoseconds: now())
        }
    }

    /// Takes the result of a call; `durationNanoseconds` is `nil` if it took until now. O(1), or O(buckets) for a call that
    /// failed or was slow if the window is one of time.
    @usableFromInline
    mutating func record(
        _ permit: CallPermit,
        _ outcome: CallOutcome,
        durationNanoseconds: UInt64?,
        _ now: () -> UInt64
    ) {
        let isClosed = phases.state == .closed && permit.generation == phases.generation
        let needsTime = !isClosed || window.isOfTime || (durationNanoseconds == nil && phases.terms.judgesDurations)
        var time = needsTime ? now() : 0
        let result = phases.terms.result(outcome, permit, durationNanoseconds: durationNanoseconds, atNanoseconds: time)
        guard isClosed else {
            change { $0.record(permit, result, atNanoseconds: time) }
            return
        }
        phases.count(result)
        window.append(result, atNanoseconds: time)
        if !result.isGood, window.isTooBad(phases.terms, atNanoseconds: time) {
            if !needsTime { time = now() }
            change { $0.trip(generation: permit.generation, atNanoseconds: time) }
        }
    }

    /// Takes a permit back. O(1).
    @usableFromInline
    mutating func cancel(_ permit: CallPermit) { phases.cancel(permit) }

    @usableFromInline
    mutating func forceOpen(atNanoseconds now: UInt64) { change { $0.forceOpen(atNanoseconds: now) } }

    @usableFromInline
    mutating func disable(atNanoseconds now: UInt64) { change { $0.disable(atNanoseconds: now) } }

    @usableFromInline
    mutating func reset(atNanoseconds now: UInt64) { change { $0.reset(atNanoseconds: now) } }

    /// What has happened. O(1), or O(buckets).
    @usableFromInline
    func statistics(atNanoseconds now: UInt64) -> CircuitBreakerStatistics {
        var statistics = phases.statistics
        statistics.window = window.counts(atNanoseconds: now)
        return statistics
    }

    /// What the window holds is of one generation. O(window) when the generation ends.
    private mutating func change(_ body: (inout BreakerPhases) -> Void) {
        let before = phases.generation
        body(&phases)
        if phases.generation != before { window.removeAll() }
    }
}
