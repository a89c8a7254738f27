/// What an exploration of tasks came to.
public struct TaskExplorationReport: Sendable, CustomStringConvertible {
    /// The tasks of the body, without their child tasks.
    public internal(set) var tasks = 0
    /// How many orders were tried.
    public internal(set) var schedules = 0
    /// In how many of them one task ran between two steps of another.
    public internal(set) var interleaved = 0
    /// The steps of the longest.
    public internal(set) var longestSchedule = 0
    /// The first failure.
    public internal(set) var failure: TaskExplorationFailure?

    /// Whether the exploration says nothing: a single task, or none ever ran between two steps of another.
    public var isVacuous: Bool { tasks < 2 || interleaved == 0 }

    /// Passed: no failure, and there was something to see.
    public var passed: Bool { failure == nil && !isVacuous }

    /// In words, the failure included.
    public var description: String {
        var text = "\(schedules) schedules of \(tasks) tasks, \(interleaved) interleaved, "
        text += "at most \(longestSchedule) steps"
        if isVacuous { text += "; VACUOUS: nothing was interleaved" }
        if let failure { text += "\n\(failure)" }
        return text
    }
}

/// A schedule that must not be.
public struct TaskExplorationFailure: Error, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    public let message: String
    /// What ``TaskExplorer/replay(seed:_:)`` needs to have it again; `nil`: first come first served.
    public let seed: UInt64?
    /// Which of the schedules it was, counted from 1.
    public let schedule: Int
    /// Who ran, in order.
    public let order: [String]

    /// All of it, several lines.
    public var description: String {
        """
        \(message)
        found by schedule \(schedule); replay it with the seed \(seed.map { "\($0)" } ?? "nil"):
        \(order.map { "  " + $0 }.joined(separator: "\n"))
        """
    }
}
