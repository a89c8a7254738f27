public import Backpressure
internal import ConcurrencySupport
import Synchronization

/// Drives a queue with threads that push and pop as fast as they can, with chaotic pauses, and records what each operation
/// came to.
///
///     let history = QueueHistoryRun(producers: 2, consumers: 2, operations: 100_000).record(MyQueue(capacity: 2))
///     let checker = HistoryChecker(history)
///     #expect(checker.linearizabilityFault(.strict) == nil)
///     #expect(!checker.evidence().isVacuous)
///
/// Nothing is allocated while the threads run. Once they have ended, one more thread drains the queue, fills it until it
/// says full, and drains it again: at rest a queue must hold exactly its capacity.
///
/// A queue whose operations hang hangs the run.
public struct QueueHistoryRun: Sendable, Hashable {
    /// Threads that push; numbered from 0.
    public var producers: Int
    /// Threads that pop; numbered after the producers.
    public var consumers: Int
    /// Attempts of all these threads together, whatever comes of them; fewer if all producers or all consumers are done
    /// early.
    public var operations: Int
    /// Decides the pauses.
    public var seed: UInt64
    /// Where stamps come from.
    public var clock: HistoryClock
    /// Whether threads are stopped in the middle of what they do, again and again for some 5 to 120 µs, so that their
    /// operations overlap and half-done ones are met however few processors there are. Done with the signal SIGURG, whose handler
    /// then stays; if the process has a handler of its own, nobody is stopped.
    public var stallsThreads: Bool

    /// Queues of a larger capacity are drained but not filled at the end.
    public static let largestCapacityFilled = 1 << 16

    /// A run that hasn't begun.
    ///
    /// - Precondition: there is a producer and a consumer.
    public init(
        producers: Int,
        consumers: Int,
        operations: Int,
        seed: UInt64 = 1,
        clock: HistoryClock = .best,
        stallsThreads: Bool = true
    ) {
        precondition(producers > 0 && consumers > 0, "a history needs a producer and a consumer")
        self.producers = producers
        self.consumers = consumers
        self.operations = operations
        self.seed = seed
        self.clock = clock
        self.stallsThreads = stallsThreads
    }

    /// The value of a producer's element: readable, and different for each.
    ///
    /// - Parameters:
    ///   - element: from 0, counting what was accepted; where the queue drops, what was offered.
    ///   - producer: the thread.
    public static func value(_ element: Int, ofProducer producer: Int) -> UInt64 {
        UInt64(producer) * valuesOfProducer + UInt64(element)
    }

    static let valuesOfProducer: UInt64 = 1_000_000_000

    /// Drives a queue, which must be new and refuse what it has no room for.
    ///
    /// - Parameter queue: its policy must be one with which `tryPush` returns a refused element or drops it; not
    ///   `dropOldest`.
    /// - Precondition: the queue is empty.
    @inlinable
    public func record<Queue: SynchronousBoundedQueue<UInt64>>(_ queue: Queue) -> QueueHistory {
        record(capacity: queue.capacity, tryPush: { queue.tryPush($0).isAccepted }, tryPop: { queue.tryPop() })
    }

    /// Drives a queue that isn't a Swift type of ours.
    ///
    /// - Parameters:
    ///   - capacity: the most elements that the queue may hold; `nil`: any number.
    ///   - tryPush: offers a value; `false`: the queue said that it is full.
    ///   - tryPop: asks for a value; `nil`: the queue said that it is empty.
    public func record(
        capacity: Int?,
        tryPush: @escaping @Sendable (UInt64) -> Bool,
        tryPop: @escaping @Sendable () -> UInt64?
    ) -> QueueHistory {
        record(capacity: capacity, offersAnew: false, began: { _ in }, tryPush: tryPush, tryPop: tryPop)
    }

    /// - Parameters:
    ///   - offersAnew: what was refused isn't offered again.
    ///   - began: told the number of each thread, on it.
    func record(
        capacity: Int?,
        offersAnew: Bool,
        began: @escaping @Sendable (_ thread: Int) -> Void,
        tryPush: @escaping @Sendable (UInt64) -> Bool,
        tryPop: @escaping @Sendable () -> UInt64?
    ) -> QueueHistory {
        let threads = producers + consumers
        let attempts = operations / threads
        let recorders = (0..<threads).map { HistoryRecorder(thread: $0, capacity: attempts, clock: clock) }
        let gate = Gate(producers: producers, consumers: consumers)
        let start = clock.reading()
        HistoryThreads.run(
            recorders.enumerated().map { [self] thread, recorder in
                {
                    began(thread)
                    let pauses = ChaoticPauses(seed: seed, thread: thread)
                    if stallsThreads { recorder.beginStalls(seed: seed &+ UInt64(thread)) }
                    if thread < producers {
                        Self.produce(recorder, thread, pauses, gate, offersAnew: offersAnew, tryPush)
                    } else {
                        Self.consume(recorder, pauses, gate, tryPop)
                    }
                    if stallsThreads { recorder.endStalls() }
                }
            },
            stallSeed: stallsThreads ? seed : nil
        )
        var events = recorders.flatMap(\.events)
        began(threads)
        let accepted = events.count { $0.kind == .pushAccepted }
        let rest = self.rest(thread: threads, accepted: accepted, capacity: capacity, tryPush, tryPop)
        events += rest.events
        return QueueHistory(
            events: events,
            capacity: capacity,
            isDrained: rest.isDrained,
            ticksPerNanosecond: clock.ticksPerNanosecond(from: start, to: clock.reading())
        )
    }

    private static func produce(
        _ recorder: HistoryRecorder,
        _ producer: Int,
        _ pauses: consuming ChaoticPauses,
        _ gate: Gate,
        offersAnew: Bool,
        _ tryPush: @Sendable (UInt64) -> Bool
    ) {
        gate.wait()
        var element = 0
        while recorder.room > 0, gate.hasConsumers {
            pauses.pause()
            if recorder.push(value(element, ofProducer: producer), tryPush) {
                element += 1
                pauses.succeeded()
            } else {
                if offersAnew { element += 1 }
                pauses.refused()
            }
        }
        gate.producerEnded()
    }

    private static func consume(
        _ recorder: HistoryRecorder,
        _ pauses: consuming ChaoticPauses,
        _ gate: Gate,
        _ tryPop: @Sendable () -> UInt64?
    ) {
        gate.wait()
        while recorder.room > 0 {
            pauses.pause()
            // Asked before the pop: what it doesn't find then isn't there.
            let isLast = !gate.hasProducers
            if recorder.pop(tryPop) != nil {
                pauses.succeeded()
            } else if isLast {
                break
            } else {
                pauses.refused()
            }
        }
        gate.consumerEnded()
    }

    /// Drains, fills and drains with nothing else in flight. Bounded also for a queue that never says full or empty.
    private func rest(
        thread: Int,
        accepted: Int,
        capacity: Int?,
        _ tryPush: (UInt64) -> Bool,
        _ tryPop: () -> UInt64?
    ) -> (events: [QueueEvent], isDrained: Bool) {
        let filled = capacity.flatMap { $0 <= Self.largestCapacityFilled ? $0 + 1 : nil } ?? 0
        let recorder = HistoryRecorder(thread: thread, capacity: accepted + 3 * filled + 4, clock: clock)
        func drain(atMost count: Int) -> Bool {
            for _ in 0...count where recorder.pop(tryPop) == nil { return true }
            return false
        }
        guard drain(atMost: accepted) else { return (recorder.events, false) }
        if filled == 0 { return (recorder.events, true) }
        for element in 0..<filled where !recorder.push(Self.value(element, ofProducer: thread), tryPush) { break }
        let isDrained = drain(atMost: filled)
        return (recorder.events, isDrained)
    }
}

/// Lets all threads begin together, and tells each whether there is still someone at the other end.
private final class Gate: Sendable {
    private let absent: Atomic<Int>
    private let producers: Atomic<Int>
    private let consumers: Atomic<Int>

    init(producers: Int, consumers: Int) {
        absent = Atomic(producers + consumers)
        self.producers = Atomic(producers)
        self.consumers = Atomic(consumers)
    }

    func wait() {
        absent.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        while absent.load(ordering: .acquiring) > 0 { Backoff.yieldThread() }
    }

    // Acquiring and releasing: what a producer has pushed before it ended is there for a consumer that knows it has.
    var hasProducers: Bool { producers.load(ordering: .acquiring) > 0 }
    var hasConsumers: Bool { consumers.load(ordering: .acquiring) > 0 }
    func producerEnded() { producers.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
    func consumerEnded() { consumers.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
}
