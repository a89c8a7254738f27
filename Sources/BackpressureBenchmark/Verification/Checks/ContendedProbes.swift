import BackpressureTesting
import CircuitBreakers
import ConcurrencySupport
import Synchronization

extension VerificationCheck {
    /// Threads at once through every state of one breaker, on a clock that moves between the states alone.
    static let contendedProbes = VerificationCheck(
        id: "contended-probes",
        mechanism: .breaker,
        summary: "threads at once through every state: nothing passes while open, never too many probes, nothing leaks",
        fixedSeconds: 0.3,
        share: 0.3,
        mostSeconds: 60,
        reasonAgainst: { subject in
            guard case .breaker(let breaker) = subject else { return "for circuit breakers" }
            if breaker.virtual == nil { return "takes no clock" }
            return breaker.drivers.contains(.threads) ? nil : "not driven by threads; in 'contract' tasks contend"
        },
        perform: { subject, effort in
            guard case .breaker(let implementation) = subject, let make = implementation.virtual else { return [] }
            return await onConductor {
                let end = ContinuousClock.now + .seconds(effort.seconds)
                var tally = (operations: 0, successes: 0)
                var round: UInt64 = 0
                repeat {
                    let clock = VirtualClock()
                    // Not at 0, where a mistake about the origin wouldn't show.
                    clock.set(nanoseconds: 1_000_000)
                    let setup = BreakerSetup(settings: ProbeRound.settings, clock: clock)
                    guard let breaker = make(setup).breaker as? any SynchronousCircuitBreaker else {
                        return [.failed("contended-probes", "circuit breaker", tally, "it isn't driven by threads")]
                    }
                    let seed = effort.seed &+ round
                    let run = ProbeRound(breaker: breaker, clock: clock, seed: seed)
                    let complaint = run.complaint()
                    tally.operations += run.operations
                    tally.successes += run.permitted
                    if let complaint {
                        let words = "seed \(seed): \(complaint)"
                        return [
                            .failed("contended-probes", "circuit breaker", tally, words, VerificationReplay(seed: seed))
                        ]
                    }
                    round &+= 1
                } while ContinuousClock.now < end
                return [
                    .passed(
                        "contended-probes",
                        "circuit breaker",
                        operations: tally.operations,
                        successes: tally.successes
                    )
                ]
            }
        }
    )
}

/// One breaker from closed through open and half-open to closed, with several threads in each state.
private final class ProbeRound: Sendable {
    static let threads = 4
    static let probesAtOnce = 2
    static let successesToClose = 5
    static let waitNanoseconds: UInt64 = 1_000
    private static let attempts = 60
    private static let keptPerThread = 5

    /// One failure opens it.
    static var settings: CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        settings.window = .calls(64)
        settings.failureRate = nil
        settings.consecutiveFailures = 1
        settings.wait = .nanoseconds(waitNanoseconds)
        settings.longestWait = settings.wait
        settings.concurrentProbes = probesAtOnce
        settings.successesToClose = successesToClose
        return settings
    }

    private let breaker: any SynchronousCircuitBreaker
    private let clock: VirtualClock
    private let seed: UInt64
    /// What the callers did, all of them together.
    private let counts = Mutex(Counts())
    /// Permits of the first state, whose results come when it is over.
    private let kept = Mutex<[CallPermit]>([])
    private let probesOut = Atomic(0)
    private let mostProbesOut = Atomic(0)

    private struct Counts {
        var permitted = 0
        var refused = 0
        var succeeded = 0
        var failed = 0
        var cancelled = 0
        var late = 0
        var probes = 0

        mutating func add(_ other: Self) {
            permitted += other.permitted
            refused += other.refused
            succeeded += other.succeeded
            failed += other.failed
            cancelled += other.cancelled
            late += other.late
            probes += other.probes
        }
    }

    init(breaker: any SynchronousCircuitBreaker, clock: VirtualClock, seed: UInt64) {
        self.breaker = breaker
        self.clock = clock
        self.seed = seed
    }

    var permitted: Int { counts.withLock(\.permitted) }
    var operations: Int { counts.withLock { $0.permitted * 2 + $0.refused } }

    /// What the breaker did that it must not do, in words; `nil`: nothing.
    func complaint() -> String? {
        close() ?? open() ?? probe() ?? placesAreBack() ?? closeAgain() ?? countsAreExact()
    }

    // MARK: - The states, in their order

    private func close() -> String? {
        contend { [self] thread, counts in
            for attempt in 0..<Self.attempts {
                guard let permit = ask(&counts) else { continue }
                if attempt < Self.keptPerThread {
                    kept.withLock { $0.append(permit) }
                } else {
                    counts.succeeded += 1
                    breaker.record(permit, .success)
                }
            }
        }
        let refused = counts.withLock(\.refused)
        return refused == 0 ? nil : "closed, and with no failure, it refused \(refused) calls"
    }

    private func open() -> String? {
        let before = permitted
        guard let permit = counts.withLock({ ask(&$0) }) else { return "closed it refused a call" }
        counts.withLock { $0.failed += 1 }
        breaker.record(permit, .failure)
        guard breaker.state() == .open else { return "one failure was to open it, but it is \(breaker.state())" }
        contend { [self] _, counts in
            for _ in 0..<Self.attempts { _ = ask(&counts) }
        }
        let passed = permitted - before - 1
        return passed == 0 ? nil : "open it permitted \(passed) calls"
    }

    /// Probes that are all cancelled, among failures from before that come late.
    private func probe() -> String? {
        clock.set(nanoseconds: clock.nanoseconds() + Self.waitNanoseconds)
        let before = permitted
        contend { [self] _, counts in
            for attempt in 0..<Self.attempts {
                if attempt % 8 == 0, let old = kept.withLock({ $0.popLast() }) {
                    counts.late += 1
                    breaker.record(old, .failure)
                }
                guard let permit = ask(&counts) else { continue }
                hold()
                counts.cancelled += 1
                breaker.cancel(permit)
            }
        }
        if let complaint = tooManyProbes { return complaint }
        if permitted == before { return "its wait was over, but it permitted no probe" }
        guard breaker.state() == .halfOpen else {
            return "no probe has ended and results of older calls decide nothing, but it is \(breaker.state())"
        }
        return nil
    }

    /// With nobody else about, as many places are free as there are.
    private func placesAreBack() -> String? {
        var held: [CallPermit] = []
        while held.count <= Self.probesAtOnce, let permit = counts.withLock({ ask(&$0) }) { held.append(permit) }
        for permit in held {
            counts.withLock { $0.cancelled += 1 }
            breaker.cancel(permit)
        }
        return held.count == Self.probesAtOnce
            ? nil
            : "all probes were cancelled and \(Self.probesAtOnce) may be out at once, "
                + "but it permitted \(held.count > Self.probesAtOnce ? "more" : "\(held.count)")"
    }

    /// Probes that succeed, until it closes.
    private func closeAgain() -> String? {
        let generation = breaker.statistics().generation
        contend { [self] _, counts in
            // Those that are stopped in the middle of a probe keep the others waiting.
            for _ in 0..<Self.attempts * 1_000 {
                guard let permit = ask(&counts) else { continue }
                let isProbe = permit.generation == generation
                if isProbe { hold() }
                counts.succeeded += 1
                counts.probes += isProbe ? 1 : 0
                breaker.record(permit, .success)
                if !isProbe { break }
            }
        }
        if let complaint = tooManyProbes { return complaint }
        let probes = counts.withLock(\.probes)
        guard breaker.state() == .closed else { return "\(probes) probes went well, but it is \(breaker.state())" }
        guard probes == Self.successesToClose else {
            return "\(Self.successesToClose) probes that go well close it, but it permitted \(probes)"
        }
        return nil
    }

    private func countsAreExact() -> String? {
        let counts = counts.withLock(\.self)
        let statistics = breaker.statistics()
        let pairs = [
            ("successes", counts.succeeded, statistics.succeeded), ("failures", counts.failed, statistics.failed),
            ("late results", counts.late, statistics.late), ("cancelled calls", counts.cancelled, statistics.cancelled),
            ("refusals", counts.refused, statistics.refused),
        ]
        for (what, here, there) in pairs where UInt64(here) != there {
            return "there were \(here) \(what), but it counted \(there)"
        }
        return nil
    }

    // MARK: -

    private var tooManyProbes: String? {
        let most = mostProbesOut.load(ordering: .relaxed)
        return most <= Self.probesAtOnce ? nil : "\(most) probes were out at once; \(Self.probesAtOnce) may be"
    }

    /// Has a probe out for a moment. It is counted after the breaker has permitted it, and no longer before the breaker knows
    /// that it is over.
    private func hold() {
        let out = probesOut.wrappingAdd(1, ordering: .relaxed).newValue
        mostProbesOut.max(out, ordering: .relaxed)
        Backoff.yieldThread()
        probesOut.wrappingSubtract(1, ordering: .relaxed)
    }

    private func ask(_ counts: inout Counts) -> CallPermit? {
        let permit = breaker.tryAcquire().permit
        if permit == nil { counts.refused += 1 } else { counts.permitted += 1 }
        return permit
    }

    private func contend(_ body: @escaping @Sendable (_ thread: Int, _ counts: inout Counts) -> Void) {
        StalledThreads.run(Self.threads, seed: seed) { [self] thread in
            var own = Counts()
            body(thread, &own)
            counts.withLock { $0.add(own) }
        }
    }
}
