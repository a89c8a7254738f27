/// What shows that a queue has broken its contract: the rule, the few operations that prove it, and the same in words.
public struct HistoryFault: Error, Sendable, Hashable {
    /// The rules that a history can break.
    public enum Rule: String, Sendable, Hashable, CaseIterable {
        /// P1: a value was taken that nobody had pushed.
        case neverPushed
        /// P2: a value was taken twice.
        case takenTwice
        /// P3: a value was taken before its push began.
        case takenBeforePushed
        /// P4: a value overtook one that was in before it was offered.
        case overtaken
        /// P5: the queue said empty while there was certainly something inside all the time.
        case falseEmpty
        /// B1: more elements than the capacity were certainly inside at once.
        case overCapacity
        /// B2: the queue said full while there can't have been as many elements inside as its capacity.
        case falseFull
        /// A value was accepted and never came out, though the queue was drained.
        case lost
        /// A value overtook one that the same producer had pushed before it.
        case producerOrder
        /// An element came back although the queue's policy is to drop.
        case returnedInsteadOfDropped
        /// An element was given up and the drop handler wasn't told.
        case droppedInSilence
        /// The drop handler was told twice, or with the wrong reason, or of what wasn't given up.
        case toldWrongly
        /// The statistics count other drops than there were.
        case miscounted
        /// One push evicted two elements.
        case evictedTwo
        /// A push evicted an element while there can't have been as many inside as the capacity.
        case evictedWithRoom
        /// More or fewer were sampled out than the policy says, or too early.
        case sampledWrongly
        /// No order of the operations explains their results; found by ``LinearizabilitySearch``.
        case notLinearizable
    }

    /// The rule that is broken.
    public let rule: Rule
    /// The operations that show it, by call; as few as will do.
    public let events: [QueueEvent]
    /// What happened, in a sentence.
    public let explanation: String
    /// How many units of the stamps pass in a nanosecond.
    let ticksPerNanosecond: Double

    init(_ rule: Rule, _ events: [QueueEvent], ticksPerNanosecond: Double, _ explanation: String) {
        self.rule = rule
        self.events = events.sorted { ($0.call, $0.returned, $0.thread) < ($1.call, $1.returned, $1.thread) }
        self.explanation = explanation
        self.ticksPerNanosecond = ticksPerNanosecond
    }

    /// The operations as a small table: a line for each, in order of their calls, with thread, call and return in
    /// nanoseconds since the first call, operation and result.
    ///
    /// - Parameter limit: of more operations than this only the first and the last are shown.
    public func timeline(limit: Int = 24) -> String {
        guard let origin = events.first?.call else { return "" }
        func time(_ stamp: UInt64) -> String {
            let tenths = (Double(stamp - origin) / ticksPerNanosecond * 10).rounded()
            return "\(Int(tenths / 10)).\(Int(tenths) % 10)"
        }
        func line(_ event: QueueEvent) -> [String] {
            ["thread \(event.thread)", time(event.call), time(event.returned), "\(event)"]
        }
        let isLong = events.count > limit
        let head = isLong ? limit - limit / 2 : events.count
        let tail = isLong ? limit / 2 : 0
        let rows = [["", "call ns", "return ns", "operation"]] + (events.prefix(head) + events.suffix(tail)).map(line)
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            let thread = row[0] + String(repeating: " ", count: widths[0] - row[0].count)
            let times = (1...2).map { String(repeating: " ", count: widths[$0] - row[$0].count) + row[$0] }
            return "  \(thread)  \(times[0])  \(times[1])  \(row[3])"
        }
        if isLong { lines.insert("  … \(events.count - head - tail) more operations", at: head + 1) }
        return lines.joined(separator: "\n")
    }
}

extension HistoryFault: CustomStringConvertible {
    /// The explanation and the ``timeline(limit:)``.
    public var description: String { "\(explanation)\n\(timeline())" }
}
