/// What an exploration came to.
public struct ExplorationReport: Sendable, CustomStringConvertible {
    /// The logical threads of the body.
    public internal(set) var threads = 0
    /// How many executions were run, those cut short because they came to a known state included.
    public internal(set) var executions = 0
    /// In how many of them one thread ran between two steps of another.
    public internal(set) var interleaved = 0
    /// How many came to a state that was known already, from where on they were not varied.
    public internal(set) var merged = 0
    /// How many times there was something to choose.
    public internal(set) var choicePoints = 0
    /// How many different states there were at these, with the last bound; 0 if equal states are not merged.
    public internal(set) var states = 0
    /// The accesses to words, locks and semaphores of the longest execution.
    public internal(set) var longestExecution = 0
    /// Whether every execution within the bounds was run; `false`: a failure or the limit of executions came first.
    public internal(set) var isExhausted = false
    /// The first failure, with as few preemptions as any.
    public internal(set) var failure: ExplorationFailure?

    /// Whether the exploration says nothing: a single thread, or none ever ran between two steps of another.
    public var isVacuous: Bool { threads < 2 || interleaved == 0 }

    /// Passed: no failure, everything within the bounds seen, and there was something to see.
    public var passed: Bool { failure == nil && isExhausted && !isVacuous }

    /// In words, the failure included.
    public var description: String {
        let extent = isExhausted ? "all within the bounds" : "not all within the bounds"
        var text = "\(executions) executions of \(threads) threads (\(extent)), \(interleaved) interleaved, "
        text += "\(merged) merged, \(choicePoints) choice points, \(states) states, "
        text += "at most \(longestExecution) accesses"
        if isVacuous { text += "; VACUOUS: nothing was interleaved" }
        if let failure { text += "\n\(failure)" }
        return text
    }
}

/// An execution that must not be.
public struct ExplorationFailure: Error, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    public let message: String
    /// How to have it again.
    public let schedule: ExplorationSchedule
    /// Which of the executions it was, counted from 1.
    public let execution: Int
    /// What happened, in order.
    public let interleaving: [String]

    /// All of it, several lines.
    public var description: String {
        """
        \(message)
        found by execution \(execution); replay it with the schedule "\(schedule)":
        \(interleaving.map { "  " + $0 }.joined(separator: "\n"))
        """
    }
}
