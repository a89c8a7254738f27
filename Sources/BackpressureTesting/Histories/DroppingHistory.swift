public import Backpressure
internal import ConcurrencySupport

/// What several threads did with one queue that gives elements up, and what it told of these.
///
///     let history = QueueHistoryRun(producers: 2, consumers: 2, operations: 20_000).recordDropping(.dropOldest) {
///         MyQueue(capacity: 2, policy: .dropOldest, onDrop: $0)
///     }
///     #expect(history.fault(.strict) == nil)
///
/// An element that is evicted leaves the queue as one that is taken does, by the thread whose push evicts it and while that
/// push lasts. So order, bound and conservation are judged by the same rules as without drops.
public struct DroppingHistory: Sendable {
    /// What the queue is to do when it is full.
    public let policy: DroppingPolicy
    /// The operations. An eviction is a pop by the thread that pushed; an offer that was dropped for want of room is a push
    /// that was told that the queue is full; what was sampled out isn't among them.
    public let history: QueueHistory
    /// What was sampled out, as pushes.
    let sampledOut: [QueueEvent]
    /// For each eviction the time within which the queue must have been full, as a push of that thread.
    let evictions: [QueueEvent]
    /// Evictions of which no push is known.
    let evictionsOutsidePushes: [ToldDrop]
    let drops: [ToldDrop]
    /// Drops of what nobody offered.
    let strangerCount: Int
    /// Offers that came back although the policy drops.
    let returned: [UInt64]
    let statistics: QueueStatistics

    /// Elements that were given up.
    public var dropCount: Int { drops.count }

    /// How much the history shows.
    public func evidence() -> HistoryEvidence { HistoryEvidence(history) }
}

extension QueueHistoryRun {
    /// Drives a new queue with a policy that drops, and notes what its drop handler is told.
    ///
    /// - Parameters:
    ///   - policy: what the queue does when it is full.
    ///   - makeQueue: makes the queue with that policy and with this handler.
    /// - Precondition: the queue's capacity is below ``operations``.
    public func recordDropping(
        _ policy: DroppingPolicy,
        makeQueue: (@escaping DropHandler<UInt64>) -> any SynchronousBoundedQueue<UInt64>
    ) -> DroppingHistory {
        let threads = producers + consumers
        // Of a producer at most its attempts; of the thread that fills the queue at rest its capacity and one more.
        let most = max(operations / threads, min(Self.largestCapacityFilled, operations) + 1)
        let table = DropTable(threads: threads + 1, valuesPerThread: most, clock: clock)
        let queue = makeQueue { table.note($0, $1) }
        precondition(queue.capacity < most, "a queue of \(queue.capacity) is never full in \(operations) operations")
        let returned = ReturnedOffers()
        let recorded = record(
            capacity: queue.capacity,
            offersAnew: true,
            began: { table.enroll($0) },
            tryPush: { value in
                switch queue.tryPush(value) {
                case .accepted: return true
                case .dropped: return false
                default:
                    returned.note(value)
                    return false
                }
            },
            tryPop: { queue.tryPop() }
        )
        return DroppingHistory(
            policy,
            recorded,
            drops: table.drops(),
            strangerCount: table.strangerCount,
            returned: returned.values,
            statistics: queue.statistics()
        )
    }

    /// Only what is wrong goes in here: it may take its time.
    private final class ReturnedOffers: Sendable {
        private let noted = Lock<[UInt64]>([])
        func note(_ value: UInt64) { noted.withLock { $0.append(value) } }
        var values: [UInt64] { noted.withLock { $0 } }
    }
}

extension DroppingHistory {
    fileprivate init(
        _ policy: DroppingPolicy,
        _ recorded: QueueHistory,
        drops: [ToldDrop],
        strangerCount: Int,
        returned: [UInt64],
        statistics: QueueStatistics
    ) {
        self.policy = policy
        self.drops = drops
        self.strangerCount = strangerCount
        self.returned = returned
        self.statistics = statistics
        var events = recorded.events
        let sampled = Set(drops.filter { $0.reason == .sampledOut }.map(\.value))
        sampledOut = events.filter { $0.kind == .pushSaidFull && sampled.contains($0.value) }
        events.removeAll { $0.kind == .pushSaidFull && sampled.contains($0.value) }
        let pushes = Dictionary(
            grouping: events.filter { $0.kind == .pushAccepted || $0.kind == .pushSaidFull },
            by: \.thread
        )
        var evictions: [QueueEvent] = []
        var outside: [ToldDrop] = []
        for drop in drops where drop.reason == .evicted {
            let own = drop.thread.flatMap { pushes[UInt32($0)] } ?? []
            // Of one thread, in order: the last that had begun when the handler was called.
            let rank = own.partitioningCount { $0.call <= drop.stamp } - 1
            guard rank >= 0, drop.stamp <= own[rank].returned else {
                outside.append(drop)
                continue
            }
            let (thread, call) = (Int(own[rank].thread), own[rank].call)
            events.append(QueueEvent(thread: thread, .popTook, drop.value, call: call, returned: drop.stamp))
            evictions.append(QueueEvent(thread: thread, .pushSaidFull, drop.value, call: call, returned: drop.stamp))
        }
        self.evictions = evictions
        evictionsOutsidePushes = outside
        history = QueueHistory(
            events: events,
            capacity: recorded.capacity,
            isDrained: recorded.isDrained,
            ticksPerNanosecond: recorded.ticksPerNanosecond
        )
    }
}
