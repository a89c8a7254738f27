/// What several threads did with one bounded queue: every operation with its call and its return.
///
/// A history is what can be judged from outside, whatever the queue is made of. See ``HistoryChecker``.
///
/// Accepted values are distinct: a value is its element's name. Whoever records must see to that.
public struct QueueHistory: Sendable, Hashable {
    /// The operations, by thread, and those of one thread in the order in which it did them.
    public let events: [QueueEvent]
    /// The most elements that the queue may hold at once. `nil`: any number, and what it said of being full isn't judged.
    public let capacity: Int?
    /// At the end, with no operation in flight, elements were taken until the queue said that it is empty: what hasn't been
    /// taken by then is lost.
    public let isDrained: Bool
    /// How many units of the stamps pass in a nanosecond; for display only.
    public let ticksPerNanosecond: Double

    /// A history of these operations, which may be in any order.
    ///
    /// - Complexity: O(n) if they are sorted by thread and call already, else O(n log n).
    public init(
        events: [QueueEvent],
        capacity: Int?,
        isDrained: Bool = false,
        ticksPerNanosecond: Double = 1
    ) {
        let isSorted = zip(events, events.dropFirst()).allSatisfy(QueueHistory.isInOrder)
        self.events = isSorted ? events : events.sorted { !QueueHistory.isInOrder($1, $0) }
        self.capacity = capacity
        self.isDrained = isDrained
        self.ticksPerNanosecond = ticksPerNanosecond
    }

    private static func isInOrder(_ first: QueueEvent, _ second: QueueEvent) -> Bool {
        (first.thread, first.call, first.returned) <= (second.thread, second.call, second.returned)
    }

    /// For each event, whether an operation of another thread overlaps it.
    ///
    /// - Complexity: O(n log n).
    func overlaps() -> [Bool] {
        let calls = events.map(\.call).sorted()
        let returns = events.map(\.returned).sorted()
        return events.indices.map { index in
            let event = events[index]
            // All that began before this one was over, less all that was over before this one began, less itself.
            var count = calls.count(upTo: event.returned) - returns.count(below: event.call) - 1
            // A clock that is too coarse lets neighbours in one thread touch.
            var other = index - 1
            while other >= 0, events[other].thread == event.thread, events[other].returned >= event.call {
                count -= 1
                other -= 1
            }
            other = index + 1
            while other < events.count, events[other].thread == event.thread, events[other].call <= event.returned {
                count -= 1
                other += 1
            }
            return count > 0
        }
    }
}

extension [UInt64] {
    /// How many of the numbers, which are sorted, are at most `limit`.
    func count(upTo limit: UInt64) -> Int { partitioningCount { $0 <= limit } }

    /// How many of the numbers, which are sorted, are below `limit`.
    func count(below limit: UInt64) -> Int { partitioningCount { $0 < limit } }
}

extension RandomAccessCollection where Index == Int {
    /// How many of the first elements fulfil the condition, when none after the first that doesn't fulfils it. O(log n).
    func partitioningCount(_ condition: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if condition(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low - startIndex
    }
}
