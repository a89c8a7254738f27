public import BoundedQueues

/// How long something took, in constant memory.
public struct TimeSummary: Sendable, Hashable {
    /// How often.
    public private(set) var count: UInt64 = 0
    /// Added up, in nanoseconds.
    public private(set) var totalNanoseconds: UInt64 = 0
    /// The longest, in nanoseconds.
    public private(set) var longestNanoseconds: UInt64 = 0

    init() {}

    /// The mean, in nanoseconds; 0 as long as there was nothing.
    public var meanNanoseconds: Double { count == 0 ? 0 : Double(totalNanoseconds) / Double(count) }

    mutating func record(from start: UInt64, to end: UInt64) {
        let nanoseconds = end > start ? end - start : 0
        count += 1
        totalNanoseconds += nanoseconds
        longestNanoseconds = max(longestNanoseconds, nanoseconds)
    }
}

/// What went through a stage of a ``Pipeline``.
public struct StageStatistics: Sendable, Hashable {
    /// What it is called.
    public var name: String
    /// How many elements it works on at once.
    public var concurrency: Int
    /// What went through its queue.
    public var queue: QueueStatistics
    /// Elements in its hands: being worked on, waiting to be tried again, or on their way to the next stage, also those of which
    /// one input made several.
    public var inFlight: Int
    /// Elements that it has passed on, or for the last stage, delivered.
    public var processed: UInt64
    /// Elements of which it has made nothing.
    public var filtered: UInt64
    /// Elements that it has made more than it took: of an element that became three, two.
    public var expanded: UInt64
    /// Elements that the dead-letter sink took over from it.
    public var deadLettered: UInt64
    /// Attempts that have thrown.
    public var failedAttempts: UInt64
    /// From when an element was offered to the stage, to when it was taken from its queue.
    public var wait: TimeSummary
    /// How long the stage's work took, attempt by attempt.
    public var service: TimeSummary
    /// How long outputs waited for room in the next stage.
    public var blocked: TimeSummary
    /// For how long the pipeline has run, in nanoseconds.
    public var runningNanoseconds: UInt64

    /// Elements in its queue.
    public var depth: Int { queue.depth }

    /// The share of its workers' time in which they worked, from 0 to 1: service time × throughput / concurrency.
    public var utilization: Double {
        guard runningNanoseconds > 0 else { return 0 }
        return Double(service.totalNanoseconds) / (Double(runningNanoseconds) * Double(concurrency))
    }
}

/// What went through a ``Pipeline``.
///
/// At rest it balances: `offered + expanded = delivered + deadLettered + filtered + dropped + returned + inside`.
public struct PipelineStatistics: Sendable, Hashable {
    /// The stages, the first first.
    public var stages: [StageStatistics]
    /// Elements offered to the first queue.
    public var offered: UInt64
    /// Elements that the last stage has delivered.
    public var delivered: UInt64
    /// Elements that the dead-letter sink has taken over.
    public var deadLettered: UInt64
    /// Elements of which a stage has made nothing.
    public var filtered: UInt64
    /// Elements that stages have made more than they took.
    public var expanded: UInt64
    /// Elements that the first queue's policy gave up.
    public var dropped: UInt64
    /// Elements that their callers got back: refused by the first queue, or given back by a drain.
    public var returned: UInt64
    /// Elements in queues and in the hands of stages.
    public var inside: Int

    /// The stage that holds up the others: the one with the highest utilization; `nil` while nothing was worked on.
    public var bottleneck: StageStatistics? {
        stages.filter { $0.service.count > 0 }.max { $0.utilization < $1.utilization }
    }

    /// Whether the sums agree: `offered + expanded = delivered + deadLettered + filtered + dropped + returned + inside`.
    public var isBalanced: Bool {
        offered + expanded == delivered + deadLettered + filtered + dropped + returned + UInt64(inside)
    }
}
