import BoundedQueues
import ConcurrencySupport
import NIOCore
import Synchronization

/// `NIOAsyncSequenceProducer` of swift-nio as a queue, with half the capacity and the capacity as watermarks. Producers
/// that are told to stop suspend before their next element until the sequence wants more.
///
/// - The bound is soft: producers that yield at the same moment overshoot it, by one element each.
/// - A pop whose task is cancelled ends the sequence: that is how NIO takes it.
final class NIOProducerQueue<Element: Sendable>: BoundedQueue {
    private typealias Strategy = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark
    private typealias Producer = NIOAsyncSequenceProducer<Element, Strategy, ProducerDemand>

    let capacity: Int
    let policy: OverflowPolicy
    private let source: Producer.Source
    // Not Sendable, since it has one consumer; so has the queue (`maxConsumers`).
    nonisolated(unsafe) private let iterator: Producer.AsyncIterator
    private let demand: ProducerDemand
    private let tally = PeerTally()

    init(capacity: Int, policy: OverflowPolicy) {
        self.capacity = capacity
        self.policy = policy
        let demand = ProducerDemand()
        self.demand = demand
        let made = Producer.makeSequence(
            // With a low watermark of 0 nobody would ever be told to go on.
            backPressureStrategy: Strategy(lowWatermark: max(1, capacity / 2), highWatermark: capacity),
            finishOnDeinit: true,
            delegate: demand
        )
        source = made.source
        iterator = made.sequence.makeAsyncIterator()
    }

    func push(_ element: Element) async -> PushResult<Element> {
        if demand.isStopped, await !demand.resumed() {
            tally.countRefused()
            return .cancelled(element)
        }
        return yield(element)
    }

    func tryPush(_ element: Element) -> PushResult<Element> {
        if demand.isStopped {
            tally.countRefused()
            return .full(element)
        }
        return yield(element)
    }

    private func yield(_ element: Element) -> PushResult<Element> {
        let period = demand.period
        // Counted before it can be taken, so that the depth is never negative.
        tally.countAccepted()
        switch source.yield(element) {
        case .produceMore:
            return .accepted
        case .stopProducing:
            demand.stop(in: period)
            return .accepted
        case .dropped:
            tally.uncountAccepted()
            tally.countRefused()
            return .closed(element)
        }
    }

    func pop() async -> Element? {
        guard let element = await iterator.next() else { return nil }
        tally.countTaken()
        return element
    }

    func tryPop() async -> Element? {
        tally.depth > 0 ? await pop() : nil
    }

    func close() {
        source.finish()
        // Whoever waits tries again and finds it finished.
        demand.produceMore()
    }

    func statistics() -> QueueStatistics { tally.statistics(capacity: capacity) }
}

/// Whether the sequence wants more, and who waits until it does.
///
/// A yield that says "stop" and the delegate's call that says "more" may overtake each other. So time is cut into periods
/// that "more" ends, and "stop" holds for the period in which its yield began: a late one stops nothing, and the next yield
/// is told again.
private final class ProducerDemand: NIOAsyncSequenceProducerDelegate {
    private let currentPeriod = Atomic<UInt64>(1)
    private let stoppedPeriod = Atomic<UInt64>(0)
    private let waiting: WaitList<HardwareWord>
    // The list's count of who waits. Freed when nobody can wait any more.
    nonisolated(unsafe) private let waitingMemory: UnsafeMutableRawPointer

    init() {
        waitingMemory = .allocate(byteCount: MemoryLayout<UInt>.stride, alignment: MemoryLayout<UInt>.alignment)
        let word = HardwareWord(at: waitingMemory)
        word.initialize(to: 0)
        waiting = WaitList(waitingWord: word)
    }

    deinit {
        waitingMemory.deallocate()
    }

    var period: UInt64 { currentPeriod.load(ordering: .sequentiallyConsistent) }

    // Sequentially consistent, as the wait list asks of those who read the state that ends a wait.
    var isStopped: Bool {
        let period = currentPeriod.load(ordering: .sequentiallyConsistent)
        return stoppedPeriod.load(ordering: .sequentiallyConsistent) == period
    }

    func stop(in period: UInt64) {
        stoppedPeriod.max(period, ordering: .sequentiallyConsistent)
    }

    /// Suspends until there is demand. `false`: the task was cancelled.
    func resumed() async -> Bool {
        var ticket = WaitTicket()
        while isStopped {
            if case .cancelled = await waiting.wait(ticket: &ticket, unless: { !self.isStopped }) { return false }
        }
        return true
    }

    func produceMore() {
        currentPeriod.wrappingAdd(1, ordering: .sequentiallyConsistent)
        waiting.notifyAll()
    }

    func didTerminate() {
        produceMore()
    }
}
