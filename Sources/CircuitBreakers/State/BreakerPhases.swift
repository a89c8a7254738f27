/// The states of a circuit breaker and what leads from one to the other; all but the window of the closed state.
///
/// A value that decides: it knows no lock and no clock.
@usableFromInline
struct BreakerPhases: Sendable {
    @usableFromInline let terms: BreakerTerms
    @usableFromInline private(set) var state = CircuitState.closed
    @usableFromInline private(set) var generation: UInt64 = 1
    /// Until then every request is refused: while it is open, and while there is no place for a probe. The greatest number:
    /// for good.
    @usableFromInline private(set) var refusesUntil: UInt64 = 0
    /// Counts of what came by here.
    private var counts = CircuitBreakerStatistics()
    private var changedAtNanoseconds: UInt64
    private var nextWaitNanoseconds: UInt64
    private var lastProbeNanoseconds: UInt64 = 0
    private var probesInFlight = 0
    private var probesSucceeded = 0

    init(terms: BreakerTerms, nowNanoseconds: UInt64) {
        self.terms = terms
        changedAtNanoseconds = nowNanoseconds
        nextWaitNanoseconds = terms.waitNanoseconds
    }

    @usableFromInline
    var change: CircuitBreakerChange {
        CircuitBreakerChange(state: state, generation: generation, nanoseconds: changedAtNanoseconds)
    }

    /// What came by here, without the window.
    var statistics: CircuitBreakerStatistics {
        var statistics = counts
        statistics.state = state
        statistics.generation = generation
        return statistics
    }

    /// Counts a result.
    mutating func count(_ result: CallResult) {
        if result.failed { counts.failed += 1 } else { counts.succeeded += 1 }
        if result.wasSlow { counts.slow += 1 }
    }

    /// Answers a request. O(1).
    @usableFromInline
    mutating func acquire(atNanoseconds now: UInt64) -> CallPermission {
        switch state {
        case .closed, .disabled:
            let start = terms.judgesDurations ? now : 0
            return .permitted(CallPermit(generation: generation, startNanoseconds: start))
        case .halfOpen where hasPlace: return probe(now)
        case .open where now >= refusesUntil:
            beginProbing(now)
            return probe(now)
        case .halfOpen where now >= refusesUntil:
            counts.lostProbes += UInt64(probesInFlight)
            beginProbing(now)
            return probe(now)
        case .open, .halfOpen, .forcedOpen:
            counts.refused += 1
            return .refused(retryAfterNanoseconds: terms.delay(state, until: refusesUntil, atNanoseconds: now))
        }
    }

    /// Takes a result, unless it is one for the window: a closed breaker's. O(1).
    @usableFromInline
    mutating func record(_ permit: CallPermit, _ result: CallResult, atNanoseconds now: UInt64) {
        guard permit.generation == generation, state == .disabled || probesInFlight > 0 else {
            counts.late += 1
            return
        }
        count(result)
        if state == .disabled { return }
        probesInFlight -= 1
        guard result.isGood else { return open(now) }
        probesSucceeded += 1
        if probesSucceeded == terms.successesToClose {
            counts.timesClosed += 1
            close(now)
        } else {
            noteProbes()
        }
    }

    /// Takes a permit back. O(1).
    @usableFromInline
    mutating func cancel(_ permit: CallPermit) {
        counts.cancelled += 1
        guard permit.generation == generation, probesInFlight > 0 else { return }
        probesInFlight -= 1
        noteProbes()
    }

    /// The window of this generation was too bad.
    @usableFromInline
    mutating func trip(generation: UInt64, atNanoseconds now: UInt64) {
        if state == .closed, generation == self.generation { open(now) }
    }

    mutating func forceOpen(atNanoseconds now: UInt64) { enter(.forcedOpen, now, refusesUntil: .max) }

    mutating func disable(atNanoseconds now: UInt64) { enter(.disabled, now, refusesUntil: 0) }

    mutating func reset(atNanoseconds now: UInt64) { close(now) }

    private var hasPlace: Bool {
        probesInFlight < terms.concurrentProbes && probesInFlight + probesSucceeded < terms.successesToClose
    }

    private mutating func probe(_ now: UInt64) -> CallPermission {
        probesInFlight += 1
        lastProbeNanoseconds = now
        noteProbes()
        return .permitted(CallPermit(generation: generation, startNanoseconds: now))
    }

    private mutating func noteProbes() {
        refusesUntil = hasPlace ? 0 : lastProbeNanoseconds.addingClamped(terms.probeTimeoutNanoseconds)
    }

    private mutating func beginProbing(_ now: UInt64) {
        counts.timesHalfOpened += 1
        enter(.halfOpen, now, refusesUntil: 0)
    }

    private mutating func open(_ now: UInt64) {
        counts.timesOpened += 1
        enter(.open, now, refusesUntil: now.addingClamped(nextWaitNanoseconds))
        nextWaitNanoseconds = terms.waitNanoseconds(after: nextWaitNanoseconds)
    }

    private mutating func close(_ now: UInt64) {
        enter(.closed, now, refusesUntil: 0)
        nextWaitNanoseconds = terms.waitNanoseconds
    }

    private mutating func enter(_ state: CircuitState, _ now: UInt64, refusesUntil: UInt64) {
        self.state = state
        self.refusesUntil = refusesUntil
        generation += 1
        changedAtNanoseconds = now
        (probesInFlight, probesSucceeded) = (0, 0)
    }
}

extension UInt64 {
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
