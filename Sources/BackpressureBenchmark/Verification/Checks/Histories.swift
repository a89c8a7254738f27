import BackpressureTesting
import BoundedQueues

extension VerificationCheck {
    /// Recorded histories of contending threads: nothing lost, nothing twice, in order, and linearizable as promised.
    static let histories = VerificationCheck(
        id: "histories",
        mechanism: .queue,
        summary: "recorded histories of contending threads: conservation, order of each producer, linearizability",
        fixedSeconds: 0.5,
        share: 1,
        mostSeconds: 600,
        patienceSeconds: 60,
        cases: [.shape],
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            if queue.words == nil { return "no elements of 8 bytes" }
            if queue.promises.specification == nil { return "promises no order: \(queue.limitations ?? queue.summary)" }
            return queue.arrivals.contains(.closedLoop) && queue.promises.triesAreDecisive
                ? nil : "holds nothing: \(queue.limitations ?? queue.summary)"
        },
        perform: { subject, effort in
            guard case .queue(let queue) = subject, let specification = queue.promises.specification else { return [] }
            return await onConductor { Histories(queue, specification, effort).outcomes() }
        }
    )
}

/// Histories of one queue at several capacities and shapes, as many as there is time for.
private struct Histories {
    let queue: QueueImplementation
    let specification: HistorySpecification
    let effort: VerificationEffort
    /// Through the pool, each operation takes many microseconds.
    let isAsynchronous: Bool

    init(_ queue: QueueImplementation, _ specification: HistorySpecification, _ effort: VerificationEffort) {
        self.queue = queue
        self.specification = specification
        self.effort = effort
        isAsynchronous = !queue.drivers.contains(.threads)
    }

    /// Enough for the time there is to go once around, also without optimisation.
    private var operations: Int { min(40_000, max(5_000, Int(20_000 * effort.seconds))) }

    /// The degenerate capacities, where false refusals show, one that is no power of two, and one that never fills.
    private static let capacities = [2, 1, 3, 1_024]
    private static let shapes = [(2, 2), (1, 1), (4, 4), (3, 1), (1, 3)]

    private var shapes: [(producers: Int, consumers: Int)] {
        var seen: Set<[Int]> = []
        return Histories.shapes.map { (min($0, queue.maxProducers ?? $0), min($1, queue.maxConsumers ?? $1)) }
            .filter { seen.insert([$0.0, $0.1]).inserted }
    }

    func outcomes() -> [VerificationOutcome] {
        let end = ContinuousClock.now + .seconds(effort.seconds)
        let latestEnd = end + .seconds(effort.patienceSeconds)
        var evidence: HistoryEvidence?
        var searched = 0
        var rounds = 0
        var seed = effort.seed
        // Once around, on a machine that is so slow that the patience ends before as far as it came; then until the time is up.
        around: repeat {
            for capacity in Histories.capacities {
                for shape in shapes where effort.includes(capacity: capacity, shape) {
                    let verdict = judge(capacity, shape, seed: seed, rounds: 1...1)
                    rounds += verdict.rounds
                    searched += verdict.operationsSearched
                    if let more = verdict.evidence { evidence = evidence.map { $0 + more } ?? more }
                    if !verdict.faults.isEmpty {
                        return HistoryCheck.allCases.map {
                            outcome(of: $0, verdict, evidence, at: capacity, shape)
                        }
                    }
                    seed &+= 1
                    if ContinuousClock.now >= latestEnd, effort.patienceSeconds > 0 { break around }
                }
            }
            // Where threads took turns on a busy machine, the next round may see more.
            let isVacuous = evidence?.isVacuous ?? true
            if ContinuousClock.now >= (isVacuous ? latestEnd : end) { break }
        } while rounds > 0
        if rounds == 0 { return effort.orNothing([], "histories") }
        return HistoryCheck.allCases.map { check in
            let shortfalls = evidence?.shortfalls() ?? ["nothing was recorded"]
            var outcome = self.outcome(of: check, evidence)
            outcome.verdict = shortfalls.isEmpty ? .pass : .vacuous
            outcome.detail =
                shortfalls.isEmpty
                ? "\(rounds) histories; \(searched) operations searched in windows as well"
                : shortfalls.joined(separator: "; ")
            return outcome
        }
    }

    private func judge(
        _ capacity: Int,
        _ shape: (producers: Int, consumers: Int),
        seed: UInt64,
        rounds: ClosedRange<Int>
    ) -> QueueHistoryVerdict {
        let run = QueueHistoryRun(
            producers: shape.producers,
            consumers: shape.consumers,
            operations: isAsynchronous ? operations / 10 : operations,
            seed: seed,
            stallsThreads: !isAsynchronous
        )
        return run.judge(specification, rounds: rounds, windowsPerRound: 200) { run in
            let queue = makeQueue(capacity)
            let bound = self.queue.promises.boundIsExact ? queue.capacity : nil
            guard let synchronous = queue as? any SynchronousBoundedQueue<UInt64> else {
                return run.record(
                    capacity: bound,
                    tryPush: { value in waitFor { await queue.tryPush(value).isAccepted } },
                    tryPop: { waitFor { await queue.tryPop() } }
                )
            }
            return run.record(
                capacity: bound,
                tryPush: { synchronous.tryPush($0).isAccepted },
                tryPop: { synchronous.tryPop() }
            )
        }
    }

    private func makeQueue(_ capacity: Int) -> any BoundedQueue<UInt64> {
        // Checked before: it can be made.
        queue.words!(QueueSetup(capacity: capacity, policy: .block, onDrop: { _, _ in })).wordQueue
    }

    private func outcome(of check: HistoryCheck, _ evidence: HistoryEvidence?) -> VerificationOutcome {
        VerificationOutcome(
            check: check.rawValue.inKebabCase,
            verdict: .pass,
            specification: check == .linearizability ? specification.rawValue.inKebabCase : "any order of threads",
            operations: evidence?.operations,
            successes: evidence?.successes,
            overlapPercent: evidence?.overlapPercent,
            detail: nil
        )
    }

    private func outcome(
        of check: HistoryCheck,
        _ verdict: QueueHistoryVerdict,
        _ evidence: HistoryEvidence?,
        at capacity: Int,
        _ shape: (producers: Int, consumers: Int)
    ) -> VerificationOutcome {
        var outcome = self.outcome(of: check, evidence)
        if let fault = verdict.faults[check] {
            outcome.verdict = .fail
            outcome.replay = VerificationReplay(
                seed: verdict.seed ?? effort.seed,
                only: VerificationCase(capacity: capacity, shape)
            )
            outcome.detail =
                "capacity \(capacity), \(shape.producers) producers, \(shape.consumers) consumers, seed "
                + "\(verdict.seed ?? effort.seed): \(fault)"
        } else {
            // What was recorded until another check failed may be too little.
            outcome.verdict = evidence?.isVacuous ?? true ? .vacuous : .pass
            outcome.detail = "ended by another check's failure"
        }
        return outcome
    }
}

/// Runs `body` on a thread of its own, outside the pool: it may block.
func onConductor<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withUnsafeContinuation { continuation in
        WorkerThread { continuation.resume(returning: body()) }.detach()
    }
}
