internal import ConcurrencySupport

/// The decisions of a ``LockFreeCircuitBreaker``: the seam between them and the machine, so that the same decisions run under
/// a model checker.
@usableFromInline
protocol WordBreaker: AnyObject, Sendable {
    associatedtype Word: AtomicWord
    /// What its callers have in common.
    var words: BreakerWords<Word> { get }
    /// What the clock reads.
    func nanoseconds() -> UInt64
    /// Runs `body` with what decides on the changes of state while nobody else does.
    func withLock<Result>(_ body: (inout BreakerPhases) -> Result) -> Result
    /// Tells those who wait for changes.
    func publish(_ change: CircuitBreakerChange)
}

extension WordBreaker {
    @inlinable @inline(__always)
    func decide() -> CallPermission {
        // Acquiring: the window of the generation is ready.
        let control = words.control.loadAcquiring()
        guard control & 7 <= UInt(CircuitState.disabled.rawValue) else { return refuse(control) }
        let start = words.terms.judgesDurations ? nanoseconds() : 0
        return .permitted(CallPermit(generation: UInt64(control >> 3), startNanoseconds: start))
    }

    /// The answer where not every call is let through.
    @inlinable @inline(never)
    func refuse(_ control: UInt) -> CallPermission {
        let now = nanoseconds()
        // Acquiring: if it is of a later generation, the state is seen to have changed.
        let until = UInt64(words.refusesUntil.loadAcquiring())
        guard now < until, control & 7 != BreakerWords<Word>.changing, words.control.loadRelaxed() == control else {
            return ask()
        }
        words.refused.addRelaxed(1)
        let state: CircuitState = control & 7 == UInt(CircuitState.halfOpen.rawValue) ? .halfOpen : .open
        return .refused(retryAfterNanoseconds: words.terms.delay(state, until: until, atNanoseconds: now))
    }

    @usableFromInline
    func ask() -> CallPermission {
        change { $0.acquire(atNanoseconds: $1) }
    }

    @inlinable @inline(__always)
    func take(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64?) {
        let generation = UInt(truncatingIfNeeded: permit.generation)
        // Acquiring: the window of the generation is ready.
        guard words.control.loadAcquiring() == BreakerWords<Word>.control(permit.generation, .closed), !words.isOfTime
        else { return takeElsewhere(permit, outcome, durationNanoseconds: durationNanoseconds) }
        let terms = words.terms
        let needsTime = durationNanoseconds == nil && terms.judgesDurations
        let now = needsTime ? nanoseconds() : 0
        let result = terms.result(outcome, permit, durationNanoseconds: durationNanoseconds, atNanoseconds: now)
        let index = words.cursor.fetchAddRelaxed(1)
        let slot = words.slot(words.places.quotientAndRemainder(dividing: index).remainder)
        // Most calls go well and take the place of one that did: then nothing changes.
        guard result.isGood, slot.loadRelaxed() == generation << 2 else {
            return replace(slot, with: result, generation)
        }
        if terms.consecutiveFailures > 0 { words.endStreak(generation) }
    }

    @inlinable @inline(never)
    func replace(_ slot: Word, with result: CallResult, _ generation: UInt) {
        guard let sums = words.replace(slot, with: result, generation: generation) else {
            words.late.addRelaxed(1)
            return
        }
        judge(result, generation) { words.terms.areTooBad(calls: sums.calls, failures: sums.failures, slow: sums.slow) }
    }

    /// Opens the breaker if a result, or with it the window, is too bad.
    @inlinable @inline(__always)
    func judge(_ result: CallResult, _ generation: UInt, isWindowTooBad: () -> Bool) {
        words.countBad(result)
        let longest = words.terms.consecutiveFailures
        if !result.failed, longest > 0 { words.endStreak(generation) }
        if result.isGood { return }
        let isTooLong = result.failed && longest > 0 && words.lengthenStreak(generation) >= longest
        if isTooLong || isWindowTooBad() { trip(generation) }
    }

    @usableFromInline
    func trip(_ generation: UInt) {
        change { $0.trip(generation: UInt64(generation), atNanoseconds: $1) }
    }

    /// Takes a result in a window of time, or in another state than closed.
    @inlinable @inline(never)
    func takeElsewhere(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64?) {
        let generation = UInt(truncatingIfNeeded: permit.generation)
        while true {
            let control = words.control.loadAcquiring()
            // Acquiring: if it is of a later generation, the state is seen to have changed.
            let epochOffset = words.epochOffset.loadAcquiring()
            let now = nanoseconds()
            let result = words.terms.result(
                outcome,
                permit,
                durationNanoseconds: durationNanoseconds,
                atNanoseconds: now
            )
            switch control {
            case BreakerWords<Word>.control(permit.generation, .disabled):
                _ = words.cursor.fetchAddRelaxed(1)
                words.countBad(result)
                return
            case BreakerWords<Word>.control(permit.generation, .closed) where words.isOfTime:
                guard words.control.loadRelaxed() == control else { continue }
                let number = words.epoch(atNanoseconds: now) &+ epochOffset
                _ = words.cursor.fetchAddRelaxed(1)
                guard words.count(result, in: number) else {
                    words.late.addRelaxed(1)
                    return
                }
                judge(result, generation) {
                    let counts = words.counts(upTo: number)
                    return words.terms.areTooBad(calls: counts.calls, failures: counts.failures, slow: counts.slow)
                }
                return
            default:
                if settle(permit, result) { return }
            }
        }
    }

    /// Takes a result of a state that a lock guards, or a late one; `false`: it belongs in the window after all.
    @usableFromInline
    func settle(_ permit: CallPermit, _ result: CallResult) -> Bool {
        change { phases, now in
            if phases.generation == permit.generation, phases.state == .closed { return false }
            phases.record(permit, result, atNanoseconds: now)
            return true
        }
    }

    @inlinable @inline(__always)
    func giveBack(_ permit: CallPermit) {
        let control = words.control.loadAcquiring()
        if control >> 3 == UInt(truncatingIfNeeded: permit.generation),
            control & 7 <= UInt(CircuitState.disabled.rawValue)
        {
            words.cancelled.addRelaxed(1)
        } else {
            giveBackProbe(permit)
        }
    }

    @usableFromInline
    func giveBackProbe(_ permit: CallPermit) {
        change { phases, _ in phases.cancel(permit) }
    }

    /// Changes the state under the lock, and then the words.
    @usableFromInline
    func change<Result>(_ body: (_ phases: inout BreakerPhases, _ nowNanoseconds: UInt64) -> Result) -> Result {
        let (result, change) = withLock { phases -> (Result, CircuitBreakerChange?) in
            let (generation, until) = (phases.generation, phases.refusesUntil)
            let result = body(&phases, nanoseconds())
            guard phases.generation == generation else {
                words.enter(phases)
                return (result, phases.change)
            }
            if phases.refusesUntil != until { words.refusesUntil.storeReleasing(UInt(phases.refusesUntil)) }
            return (result, nil)
        }
        if let change { publish(change) }
        return result
    }

    /// What has happened. Exact at rest.
    func gatherStatistics() -> CircuitBreakerStatistics {
        withLock { phases in
            var statistics = phases.statistics
            let late = UInt64(words.late.loadRelaxed())
            let failed = UInt64(words.failed.loadRelaxed())
            let taken = UInt64(words.cursor.loadRelaxed())
            // Between its place and its count a call that failed would be one that went well.
            statistics.succeeded += taken > failed + late ? taken - failed - late : 0
            statistics.failed += failed
            statistics.late += late
            statistics.slow += UInt64(words.slow.loadRelaxed())
            statistics.cancelled += UInt64(words.cancelled.loadRelaxed())
            statistics.refused += UInt64(words.refused.loadRelaxed())
            guard phases.state == .closed else { return statistics }
            statistics.window =
                words.isOfTime
                ? words.counts(upTo: words.epoch(atNanoseconds: nanoseconds()) &+ words.epochOffset.loadRelaxed())
                : CallSums(word: words.sums.loadRelaxed()).counts
            return statistics
        }
    }
}
