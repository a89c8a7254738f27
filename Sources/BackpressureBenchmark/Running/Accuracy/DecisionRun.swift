import BackpressureTesting
import ConcurrencySupport
import Synchronization

/// A limiter and an exact one side by side on virtual time, decision by decision.
///
/// A single caller asks one request after the other (``next()``, ``note(granted:)``). Several callers go in rounds: time
/// stands still while each makes ``requestsPerRound`` requests of one permit; whatever their order, the exact limiter
/// grants a certain number of them (``nextRound()``, ``noteRound(granted:)``).
// Unchecked because one caller at a time uses it: the only one, or the one who ends a round while the others wait.
@usableFromInline
final class DecisionRun: @unchecked Sendable {
    private let clock: VirtualClock
    private let load: LimiterLoad
    private let envelope: GrantEnvelope
    private var demand: VirtualDemand
    private var generator: SeededGenerator
    private var oracle: LimiterOracle
    private var ledger: GrantLedger
    private let realDeadline: UInt64
    private let leastDecisions: Int

    /// Permits of the request at hand.
    @usableFromInline private(set) var permits = 1
    private var now: UInt64 = 0
    private var edge: (nanoseconds: UInt64, permits: Int)?
    private var decisions = 0
    private var wrong = 0
    private var granted = 0
    private var allowed = 0

    /// Of each caller.
    static let requestsPerRound = 64

    /// - Parameters:
    ///   - seconds: real time after which it ends.
    ///   - leastDecisions: however long they take.
    init(
        load: LimiterLoad,
        envelope: GrantEnvelope,
        clock: VirtualClock,
        seed: UInt64,
        seconds: Double,
        leastDecisions: Int
    ) {
        self.load = load
        self.envelope = envelope
        self.clock = clock
        demand = VirtualDemand(load: load, burst: envelope.burst, seed: seed)
        generator = SeededGenerator(seed: seed, stream: 1)
        oracle = LimiterOracle(envelope)
        ledger = GrantLedger(envelope)
        realDeadline = SystemNanosecondClock().nanoseconds() + UInt64(seconds * 1e9)
        // However short the time: enough that something can show.
        self.leastDecisions = max(leastDecisions, 20_000)
    }

    /// Looks at the real time only now and then.
    private var isOver: Bool {
        decisions >= leastDecisions && SystemNanosecondClock().nanoseconds() >= realDeadline
    }

    // MARK: - One caller

    /// Sets the clock to the next request.
    ///
    /// - Returns: whether there is one.
    @usableFromInline
    func next() -> Bool {
        if decisions & 0xFFF == 0, isOver { return false }
        if let edge {
            (now, permits) = (edge.nanoseconds, edge.permits)
            self.edge = nil
        } else {
            let request = demand.next()
            (now, permits) = (max(now, request.nanoseconds), request.permits)
            if request.isAtEdge { goToEdge() }
        }
        clock.set(nanoseconds: now)
        return true
    }

    private func goToEdge() {
        guard let due = oracle.earliestGrant(of: UInt64(permits)), due > now + 1, demand.skip(to: due) else { return }
        now = due - 1
        edge = (due, permits)
    }

    @usableFromInline
    func note(granted isGranted: Bool) {
        decisions += 1
        let count = UInt64(permits)
        let isAllowed = oracle.tryAcquire(count, atNanoseconds: now)
        if isAllowed { allowed += permits }
        let isRight: Bool
        if isGranted {
            granted += permits
            isRight = ledger.granted(count, at: now)
        } else {
            isRight = ledger.refused(count, at: now)
        }
        // Where the oracle knows every answer, being right means giving it.
        if envelope.isExact ? isGranted != isAllowed : !isRight { wrong += 1 }
    }

    // MARK: - Several callers

    /// Sets the clock to the next round.
    ///
    /// - Returns: whether there is one.
    func nextRound() -> Bool {
        if isOver { return false }
        // Half of the requests can be granted, on average.
        let permits = generator.unit() * Double(load.callers * Self.requestsPerRound)
        now += UInt64(permits / load.ratePerSecond * 1e9)
        if let spell = load.demand.spell, generator.below(16) == 0 { now += spell.off }
        clock.set(nanoseconds: now)
        return true
    }

    /// - Parameter granted: to all callers together.
    func noteRound(granted count: Int) {
        let requests = load.callers * Self.requestsPerRound
        decisions += requests
        granted += count
        let right = oracle.acquireRepeatedly(count: requests, fromNanoseconds: now, toNanoseconds: now)
        allowed += right
        var isRight = ledger.granted(UInt64(count), at: now)
        if count < requests { isRight = ledger.refused(1, at: now) && isRight }
        if envelope.isExact {
            wrong += abs(count - right)
        } else if !isRight {
            wrong += 1
        }
    }

    // MARK: - What came of it

    var figures: AccuracyFigures {
        var figures = AccuracyFigures(
            durationSeconds: Double(now) / 1e9,
            granted: granted,
            allowed: allowed,
            overshootPermits: ledger.worst?.excess ?? 0
        )
        figures.worstWindow = ledger.worst
        figures.withheldPermits = ledger.mostWithheld
        figures.decisions = decisions
        figures.wrongDecisions = wrong
        return figures
    }
}

/// Brings several callers together for each round of a ``DecisionRun``. Whoever comes last keeps the books.
@usableFromInline
final class RoundTable: Sendable {
    private let run: DecisionRun
    private let callers: Int
    private let round = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)
    private let granted = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    @usableFromInline let requests = DecisionRun.requestsPerRound

    init(_ run: DecisionRun, callers: Int) {
        self.run = run
        self.callers = callers
    }

    /// Says that the caller is ready for the next round, having been granted so much in the last.
    ///
    /// - Returns: the number of the round to wait for.
    @usableFromInline
    func arrive(granted count: Int) -> Int {
        let next = round.load(ordering: .relaxed) + 1
        granted.add(count, ordering: .relaxed)
        // Acquiring and releasing: the last one sees what the others did, and then has the run to itself.
        guard finished.add(1, ordering: .acquiringAndReleasing).newValue == callers else { return next }
        finished.store(0, ordering: .relaxed)
        let sum = granted.exchange(0, ordering: .relaxed)
        if next > 1 { run.noteRound(granted: sum) }
        if !run.nextRound() { isOver.store(true, ordering: .relaxed) }
        // Releasing, for the clock and the counters above.
        round.store(next, ordering: .releasing)
        return next
    }

    /// Whether round `number` has begun.
    @usableFromInline
    func hasBegun(_ number: Int) -> Bool { round.load(ordering: .acquiring) >= number }

    /// Whether the round that has begun isn't one any more.
    @usableFromInline
    var hasEnded: Bool { isOver.load(ordering: .relaxed) }
}
