/// Runs logical threads in every order, within bounds, that lock-free code must bear: all interleavings with few
/// preemptions, and loads that see old values wherever the memory orderings permit it.
///
/// The code must be generic over ``ConcurrencySupport/AtomicWord`` and is given ``ModelWord``:
///
///     let report = ScheduleExplorer().explore { exploration in
///         let memory = exploration.words(1)
///         let count = ModelWord(at: memory)
///         let adders = (1...2).map { _ in
///             exploration.thread { count.storeReleasing(count.loadAcquiring() + 1) }
///         }
///         exploration.check { exploration.expect(count.loadRelaxed() == 2, "an addition was lost") }
///     }
///
/// Most errors need very few preemptions to show. Bounds are raised one by one, so the failure found is among the simplest
/// there are. It comes with a schedule that replays it and the interleaving in words.
///
/// **What it can't see.** Only accesses to words, locks announced by them, semaphores and memory announced by
/// ``ConcurrencySupport/AtomicWord/willTouch(_:)`` count. The model of memory is C++'s without load buffering, without
/// spurious failures of compare-exchange, and with stores that enter a word's order when they execute; sequentially
/// consistent operations are ordered per word, the pair of fences across words. Code that holds a lock the explorer doesn't
/// know of while it accesses a word would wait for itself for ever. Nothing asynchronous can be explored here: for tasks
/// there is ``TaskExplorer``.
///
/// - Complexity: some microseconds an execution in release, some ten times that in debug.
public struct ScheduleExplorer: Sendable {
    /// How often a thread may be stopped in favour of another although it could go on; threads that wait, spin or end
    /// cost nothing.
    public var preemptions: Int
    /// How often in an execution a load may see a value other than the newest.
    public var staleReads: Int
    /// The most executions; with more to do, the report says that it isn't exhausted.
    public var executions: Int
    /// The most accesses in one execution: with more, it fails as one that doesn't end.
    public var accesses: Int
    /// Whether executions that come to a state known from another are left at that. It needs much fewer executions then,
    /// and is sound as long as the threads have nothing in common but words and what these protect, and the check looks
    /// at what the threads returned and at the times of ``Exploration/timed(_:)``.
    public var mergesEqualStates: Bool

    /// An explorer with these bounds.
    public init(
        preemptions: Int = 2,
        staleReads: Int = 1,
        executions: Int = 1_000_000,
        accesses: Int = 10_000,
        mergesEqualStates: Bool = true
    ) {
        self.preemptions = preemptions
        self.staleReads = staleReads
        self.executions = executions
        self.accesses = accesses
        self.mergesEqualStates = mergesEqualStates
    }

    /// Runs `body` once for each execution: it makes what is to be explored anew, begins the threads, and says what must
    /// hold at the end. Ends with the first failure.
    ///
    /// After a failure by which threads never end, what they hold is never released.
    public func explore(_ body: (Exploration) throws -> Void) -> ExplorationReport {
        var report = ExplorationReport()
        var fibers: [Fiber] = []
        for bound in 0...preemptions {
            var path = ChoicePath()
            let known = KnownStates()
            let pointsBefore = report.choicePoints
            repeat {
                let execution = Exploration(self, preemptions: bound, path: path, known: known, fibers: fibers)
                let message = execution.run(body)
                (path, fibers) = execution.handBack()
                report.count(execution)
                report.choicePoints = pointsBefore + path.pointCount
                report.states = known.count
                if let message {
                    report.failure = failure(message, path.schedule, execution: report.executions, body)
                    return report
                }
                if report.executions >= executions { return report }
            } while path.advance()
        }
        report.isExhausted = true
        return report
    }

    /// Runs the one execution with the given schedule, of the same body.
    public func replay(_ schedule: ExplorationSchedule, _ body: (Exploration) throws -> Void) -> ExplorationReport {
        var report = ExplorationReport()
        let (execution, message) = traced(schedule, body)
        report.count(execution)
        report.failure = message.map {
            ExplorationFailure(message: $0, schedule: schedule, execution: 1, interleaving: execution.interleaving)
        }
        return report
    }

    private func traced(
        _ schedule: ExplorationSchedule,
        _ body: (Exploration) throws -> Void
    ) -> (Exploration, message: String?) {
        let execution = Exploration(
            self,
            preemptions: .max,
            path: ChoicePath(replaying: schedule),
            known: KnownStates(),
            fibers: []
        )
        let message = execution.run(body)
        return (execution, message)
    }

    private func failure(
        _ message: String,
        _ schedule: ExplorationSchedule,
        execution: Int,
        _ body: (Exploration) throws -> Void
    ) -> ExplorationFailure {
        let (replayed, again) = traced(schedule, body)
        var lines = replayed.interleaving
        if again != message {
            lines.append("(replayed, the execution ended otherwise: \(again ?? "without a failure"))")
        }
        return ExplorationFailure(message: message, schedule: schedule, execution: execution, interleaving: lines)
    }
}

/// States that executions have come to, each as a number that stands for all that led to it, with the most preemptions
/// that were left there.
final class KnownStates {
    private var preemptionsLeft: [UInt64: Int] = [:]

    var count: Int { preemptionsLeft.count }

    /// `false`: known, with at least as many preemptions left, so that nothing new follows from it.
    func insert(_ digest: UInt64, preemptionsLeft left: Int) -> Bool {
        if let known = preemptionsLeft[digest], known >= left { return false }
        preemptionsLeft[digest] = left
        return true
    }
}

extension ExplorationReport {
    fileprivate mutating func count(_ execution: Exploration) {
        threads = max(threads, execution.threads.count)
        executions += 1
        if execution.isInterleaved { interleaved += 1 }
        if execution.isMerged { merged += 1 }
        longestExecution = max(longestExecution, execution.accesses)
    }
}
