public import Backpressure

/// What is looked for in a history.
public enum HistoryCheck: String, Sendable, Hashable, CaseIterable {
    /// What was pushed is taken, once, and nothing else is.
    case conservation
    /// The elements of each producer come out in its order.
    case producerOrder
    /// All operations together are those of a queue with the specification and the capacity.
    case linearizability
}

/// What several recorded histories of a queue have shown.
public struct QueueHistoryVerdict: Sendable {
    /// What the verdict is.
    public enum Outcome: String, Sendable, Hashable {
        /// No fault was found, and enough was seen for that to mean something.
        case pass
        /// A fault was found.
        case fail
        /// No fault was found, but too little was seen: counts as a failure.
        case vacuous
    }

    /// What the queue promises.
    public let specification: HistorySpecification
    /// The first fault that each check found.
    public internal(set) var faults: [HistoryCheck: HistoryFault] = [:]
    /// The seed of the round with the faults.
    public internal(set) var seed: UInt64?
    /// Histories that were recorded.
    public internal(set) var rounds = 0
    /// What they show together; `nil`: there was none.
    public internal(set) var evidence: HistoryEvidence?
    /// Operations that were searched in windows, besides being judged by the rules.
    public internal(set) var operationsSearched = 0

    /// What is missing, in words; empty: enough was seen.
    public var shortfalls: [String] { evidence?.shortfalls() ?? ["nothing was recorded"] }

    /// What a check has come to.
    public func outcome(of check: HistoryCheck) -> Outcome {
        if faults[check] != nil { return .fail }
        return shortfalls.isEmpty ? .pass : .vacuous
    }

    /// What all checks together have come to.
    public var outcome: Outcome {
        if !faults.isEmpty { return .fail }
        return shortfalls.isEmpty ? .pass : .vacuous
    }
}

extension QueueHistoryRun {
    /// Records histories of one new queue after the other, with seeds from ``seed`` on, and judges them all.
    ///
    /// - Parameters:
    ///   - specification: what the queue promises.
    ///   - rounds: how many histories to record at least, and how many at most if too little overlaps. Ends with the first that
    ///     has a fault.
    ///   - windowsPerRound: how many windows of each history to search; see ``LinearizabilitySearch``.
    ///   - makeQueue: makes a new, empty queue; always of the same capacity.
    @inlinable
    public func judge<Queue: SynchronousBoundedQueue<UInt64>>(
        _ specification: HistorySpecification,
        rounds: ClosedRange<Int> = 1...50,
        windowsPerRound: Int = 500,
        makeQueue: () -> Queue
    ) -> QueueHistoryVerdict {
        judge(specification, rounds: rounds, windowsPerRound: windowsPerRound) { $0.record(makeQueue()) }
    }

    /// Judges the histories that `record` records; as ``judge(_:rounds:windowsPerRound:makeQueue:)``.
    ///
    /// - Parameter record: records one history of a new queue with the run it is given, which has a seed of its own.
    public func judge(
        _ specification: HistorySpecification,
        rounds: ClosedRange<Int> = 1...50,
        windowsPerRound: Int = 500,
        recordingWith record: (QueueHistoryRun) -> QueueHistory
    ) -> QueueHistoryVerdict {
        var verdict = QueueHistoryVerdict(specification: specification)
        while verdict.faults.isEmpty, verdict.rounds < rounds.upperBound {
            if verdict.rounds >= rounds.lowerBound, verdict.shortfalls.isEmpty { break }
            var run = self
            run.seed = seed &+ UInt64(verdict.rounds)
            verdict.add(record(run), seed: run.seed, windows: windowsPerRound)
        }
        return verdict
    }
}

extension QueueHistoryVerdict {
    fileprivate mutating func add(_ history: QueueHistory, seed: UInt64, windows: Int) {
        rounds += 1
        let checker = HistoryChecker(history)
        evidence = evidence.map { $0 + checker.evidence() } ?? checker.evidence()
        for check in HistoryCheck.allCases { faults[check] = checker.fault(of: check, specification) }
        // A search knows nothing of what is wrong with values: only where the rules found nothing is its window's start certain.
        if faults.isEmpty {
            let search = LinearizabilitySearch(capacity: history.capacity, specification: specification)
            let result = search.searchWindows(of: history, limit: windows)
            operationsSearched += result.operations
            faults[.linearizability] = result.fault
        }
        if !faults.isEmpty { self.seed = seed }
    }
}
