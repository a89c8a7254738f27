import BackpressureTesting
import CircuitBreakers
import ConcurrencySupport

/// A plain circuit breaker behind a lock that is right but for one defect.
final class FaultyCircuitBreaker: CircuitBreaker {
    private let settings: CircuitBreakerSettings
    private let clock: ManualClock
    private let defect: BreakerDefect
    private let board: ChangeBoard
    private let lock: Lock<State>

    private struct State {
        var state = CircuitState.closed
        var generation: UInt64 = 1
        var window: [Result] = []
        var row = 0
        var probesOut = 0
        var probesWell = 0
        var firstProbe: UInt64 = 0
        var lastProbe: UInt64 = 0
        var openUntil: UInt64 = 0
        var nextWait: UInt64
        var counts = CircuitBreakerStatistics()
    }

    private struct Result {
        var nanoseconds: UInt64
        var failed: Bool
        var slow: Bool
    }

    init(_ settings: CircuitBreakerSettings, clock: ManualClock, defect: BreakerDefect) {
        self.settings = settings
        self.clock = clock
        self.defect = defect
        lock = Lock(State(nextWait: Self.nanoseconds(settings.wait)))
        board = ChangeBoard(CircuitBreakerChange(state: .closed, generation: 1, nanoseconds: clock.nanoseconds()))
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 { UInt64(duration / .nanoseconds(1)) }

    func nanoseconds() -> UInt64 { clock.nanoseconds() }

    var changes: CircuitBreakerChanges { board.changes }

    func state() async -> CircuitState { lock.withLock(\.state) }

    private func mutate<Answer: Sendable>(_ body: (inout State) -> Answer) -> Answer {
        let (answer, change) = lock.withLock { state -> (Answer, CircuitBreakerChange?) in
            let before = state.generation
            let answer = body(&state)
            guard state.generation != before else { return (answer, nil) }
            let now = clock.nanoseconds()
            return (answer, CircuitBreakerChange(state: state.state, generation: state.generation, nanoseconds: now))
        }
        if let change, defect != .saysEverySecondChange || change.generation % 2 == 0 { board.publish(change) }
        return answer
    }

    // MARK: Permissions

    func tryAcquire() async -> CallPermission {
        let now = clock.nanoseconds()
        if defect == .admitsInTwoSteps {
            let sees = lock.withLock { $0.state == .halfOpen && hasPlace($0) }
            await Task.yield()
            if sees { return mutate { $0.state == .halfOpen ? probe(&$0, now) : permit($0, now) } }
        }
        return mutate { state in
            switch state.state {
            case .closed, .disabled: return permit(state, now)
            case .forcedOpen:
                if defect == .forcedOpenEndsByItself, now > 1_010_000_000 { enter(.closed, &state) }
                state.counts.refused += 1
                return .refused(retryAfterNanoseconds: nil)
            case .open:
                let until = state.openUntil - (defect == .opensOneNanosecondEarly ? 1 : 0)
                if now < until {
                    state.counts.refused += 1
                    let wait = Self.nanoseconds(settings.wait)
                    return .refused(retryAfterNanoseconds: defect == .refusalSaysTheWholeWait ? wait : until - now)
                }
                beginProbing(&state)
            case .halfOpen:
                guard !hasPlace(state) else { break }
                let from = defect == .waitsForProbesFromTheFirst ? state.firstProbe : state.lastProbe
                var until = from + Self.nanoseconds(settings.probeTimeout)
                if defect == .givesProbesUpEarly { until -= 1 }
                if now < until || defect == .lostProbesBlockForGood {
                    state.counts.refused += 1
                    let delay = until > now ? until - now : 0
                    return .refused(retryAfterNanoseconds: min(delay, Self.nanoseconds(settings.wait)))
                }
                state.counts.lostProbes += UInt64(state.probesOut)
                let well = state.probesWell
                beginProbing(&state)
                if defect == .keepsSuccessesOfLostProbes { state.probesWell = min(well, settings.successesToClose - 1) }
            }
            return probe(&state, now)
        }
    }

    private func permit(_ state: State, _ now: UInt64) -> CallPermission {
        .permitted(CallPermit(generation: state.generation, startNanoseconds: now))
    }

    private func probe(_ state: inout State, _ now: UInt64) -> CallPermission {
        if state.probesOut == 0 { state.firstProbe = now }
        state.probesOut += 1
        state.lastProbe = now
        return permit(state, now)
    }

    private func beginProbing(_ state: inout State) {
        state.counts.timesHalfOpened += 1
        enter(.halfOpen, &state)
    }

    private func hasPlace(_ state: State) -> Bool {
        let most = settings.concurrentProbes + (defect == .letsOneProbeTooManyThrough ? 1 : 0)
        let isNeeded = state.probesOut + state.probesWell < settings.successesToClose
        return state.probesOut < most && (isNeeded || defect == .letsMoreProbesThroughThanItNeeds)
    }

    // MARK: Results

    func record(_ permit: CallPermit, _ outcome: CallOutcome) async {
        let now = clock.nanoseconds()
        await record(permit, outcome, duration: now - permit.startNanoseconds)
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) async {
        let now = clock.nanoseconds()
        let ignores = defect == .ignoresTheCallersDuration
        await record(permit, outcome, duration: ignores ? now - permit.startNanoseconds : durationNanoseconds)
    }

    private func isSlow(_ duration: UInt64, failed: Bool) -> Bool {
        guard settings.slowCallRate != nil else { return false }
        let threshold = Self.nanoseconds(settings.slowCallDuration)
        switch defect {
        case .slowOneNanosecondEarly: return duration >= threshold
        case .slowOneNanosecondLate: return duration > threshold + 1
        case .slowFailuresCountAsFast where failed: return false
        default: return duration > threshold
        }
    }

    private func record(_ permit: CallPermit, _ outcome: CallOutcome, duration: UInt64) async {
        let now = clock.nanoseconds()
        let failed = outcome == .failure
        let result = Result(nanoseconds: now, failed: failed, slow: isSlow(duration, failed: failed))
        if defect == .recordsInTwoSteps {
            let window = lock.withLock(\.window)
            await Task.yield()
            lock.withLock { $0.window = window }
        }
        mutate { state in
            if permit.generation != state.generation {
                switch defect {
                case .lateResultsCount where state.state == .closed || state.probesOut > 0: break
                case .lateResultsAreSuccesses:
                    state.counts.succeeded += 1
                    return
                default:
                    state.counts.late += 1
                    return
                }
            }
            count(result, &state)
            switch state.state {
            case .closed: take(result, &state, now)
            case .halfOpen: takeProbe(result, &state, now)
            case .disabled: if defect == .disabledJudges { take(result, &state, now) }
            case .open, .forcedOpen: break
            }
        }
    }

    private func count(_ result: Result, _ state: inout State) {
        if result.failed { state.counts.failed += 1 } else { state.counts.succeeded += 1 }
        if result.slow { state.counts.slow += 1 }
    }

    private func take(_ result: Result, _ state: inout State, _ now: UInt64) {
        state.window.append(result)
        if case .calls(let count) = settings.window {
            var size = count
            if defect == .windowForgetsOne { size -= 1 }
            if defect == .windowKeepsOne { size += 1 }
            state.window.removeFirst(max(0, state.window.count - size))
        }
        state.row = result.failed ? state.row + 1 : defect == .rowSurvivesSuccess ? state.row : 0
        if result.failed || result.slow || defect == .judgesGoodCalls, isTooBad(state, now) { open(&state, now) }
    }

    private func takeProbe(_ result: Result, _ state: inout State, _ now: UInt64) {
        state.probesOut -= 1
        let isBad = result.failed || result.slow && defect != .slowProbeIsGood
        if isBad, defect != .failedProbeDoesNotOpen { return open(&state, now) }
        state.probesWell += 1
        let enough = defect == .closesOnTooFewSuccesses ? settings.successesToClose - 1 : settings.successesToClose
        guard state.probesWell >= enough else { return }
        state.counts.timesClosed += 1
        enter(.closed, &state)
        if defect != .backoffSurvivesClosing { state.nextWait = Self.nanoseconds(settings.wait) }
    }

    func cancel(_ permit: CallPermit) async {
        mutate { state in
            state.counts.cancelled += 1
            guard permit.generation == state.generation, state.state == .halfOpen else { return }
            if defect != .probeLeaksOnCancel { state.probesOut -= 1 }
        }
    }

    // MARK: The window

    private func counted(_ state: State, _ now: UInt64) -> [Result] {
        guard case .time(let length, let count) = settings.window else { return state.window }
        let bucket = Self.nanoseconds(length) / UInt64(count)
        var buckets = UInt64(count)
        if defect == .keepsABucketTooLong { buckets += 1 }
        if defect == .forgetsABucketEarly { buckets -= 1 }
        return state.window.filter { now / bucket - $0.nanoseconds / bucket < buckets }
    }

    private func isTooBad(_ state: State, _ now: UInt64) -> Bool {
        if let longest = settings.consecutiveFailures {
            if state.row >= longest + (defect == .rowNeedsOneMore ? 1 : 0) { return true }
        }
        let window = counted(state, now)
        guard window.count >= settings.minimumCalls - (defect == .tripsBelowMinimum ? 1 : 0) else { return false }
        func reaches(_ count: Int, _ rate: Double?) -> Bool {
            guard let rate else { return false }
            let needed = Int((rate * 1e6).rounded()) * window.count
            return defect == .needsMoreThanTheRate ? count * 1_000_000 > needed : count * 1_000_000 >= needed
        }
        return reaches(window.count { $0.failed }, settings.failureRate)
            || defect != .slowIsNeverJudged && reaches(window.count { $0.slow }, settings.slowCallRate)
    }

    // MARK: States

    private func open(_ state: inout State, _ now: UInt64) {
        state.counts.timesOpened += 1
        enter(.open, &state)
        state.openUntil = now + state.nextWait
        let longest = defect == .backoffIsUnbounded ? 1e15 : Double(Self.nanoseconds(settings.longestWait))
        if defect != .backoffNeverGrows {
            state.nextWait = UInt64(min(longest, Double(state.nextWait) * settings.backoffFactor))
        }
    }

    private func enter(_ next: CircuitState, _ state: inout State) {
        state.state = next
        state.generation += 1
        if defect != .windowSurvivesOpening || next != .open { if next != .closed || !keeps { state.window = [] } }
        state.row = 0
        (state.probesOut, state.probesWell) = (0, 0)
    }

    private var keeps: Bool { defect == .windowSurvivesOpening || defect == .resetKeepsTheWindow }

    func forceOpen() async { mutate { enter(.forcedOpen, &$0) } }

    func disable() async { mutate { enter(.disabled, &$0) } }

    func reset() async {
        mutate { state in
            enter(.closed, &state)
            state.nextWait = Self.nanoseconds(settings.wait)
        }
    }

    func statistics() async -> CircuitBreakerStatistics {
        lock.withLock { state in
            var statistics = state.counts
            statistics.state = state.state
            statistics.generation = state.generation
            let window = counted(state, clock.nanoseconds())
            statistics.window.calls = window.count
            statistics.window.failures = window.count { $0.failed }
            statistics.window.slow = window.count { $0.slow }
            return statistics
        }
    }
}
