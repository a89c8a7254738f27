import BoundedQueues
import ConcurrencySupport
public import Synchronization

/// What all workers of one run share: when to start, when it counts, when to stop.
public final class RunControl: Sendable {
    /// The parts of a run, in order.
    @usableFromInline
    enum Phase: UInt8, AtomicRepresentable, Sendable {
        case waiting, warmingUp, measuring, stopping
    }

    let leadingPadding = CacheLinePadding()
    @usableFromInline let phase = Atomic(Phase.waiting)
    let trailingPadding = CacheLinePadding()
    /// What the clock read when the workers were let go; intended start times count from here.
    @usableFromInline let startNanoseconds = Atomic<UInt64>(0)
    /// What it read when the measured part began; 0: it hasn't.
    @usableFromInline let measuringNanoseconds = Atomic<UInt64>(0)
    @usableFromInline let readyWorkers = Atomic<Int>(0)
    @usableFromInline let workingProducers: Atomic<Int>
    /// How many queues of a round trip have been closed: the one there first, then the one back.
    @usableFromInline let closedQueues = Atomic<Int>(0)

    /// - Parameter producers: how many will say that they have finished.
    init(producers: Int) {
        workingProducers = Atomic(producers)
    }

    @inlinable @inline(__always)
    var isStopping: Bool { phase.load(ordering: .relaxed) == .stopping }

    /// Whether elements may still come.
    @inlinable @inline(__always)
    var producersAreDone: Bool { workingProducers.load(ordering: .acquiring) == 0 }

    /// Of a round trip: nothing more enters the queue there.
    @inlinable @inline(__always)
    var questionsAreOver: Bool { closedQueues.load(ordering: .acquiring) >= 1 }

    /// Of a round trip: nothing more enters the queue back.
    @inlinable @inline(__always)
    var answersAreOver: Bool { closedQueues.load(ordering: .acquiring) >= 2 }

    /// Says that the next queue of a round trip has been closed.
    func queueClosed() { closedQueues.add(1, ordering: .releasing) }

    /// Called by a producer after its last push, so that consumers know when empty means finished.
    @usableFromInline
    func producerFinished() { workingProducers.subtract(1, ordering: .releasing) }

    /// Spins (then yields the processor) until the run starts.
    @usableFromInline
    func waitForStart() {
        readyWorkers.add(1, ordering: .relaxed)
        var backoff = Backoff()
        while phase.load(ordering: .acquiring) == .waiting { backoff.pause() }
    }

    /// The same for a task, which must not hold its thread.
    @usableFromInline
    func waitForStart() async {
        readyWorkers.add(1, ordering: .relaxed)
        while phase.load(ordering: .acquiring) == .waiting { await Task.yield() }
    }
}

/// What one worker counted. It alone writes; `progress` may be read at any time, the rest after it has finished.
public final class WorkerCounts: Sendable {
    let leadingPadding = CacheLinePadding()
    /// Operations done so far, published now and then.
    @usableFromInline let progress = Atomic<UInt64>(0)
    let trailingPadding = CacheLinePadding()
    /// Elements the queue took from a producer, or a consumer took from the queue.
    @usableFromInline let completed = Atomic<UInt64>(0)
    /// Elements offered.
    @usableFromInline let offered = Atomic<UInt64>(0)
    /// Elements that came back to a producer, which gave them up.
    @usableFromInline let refused = Atomic<UInt64>(0)
    /// Wrapping sum of the numbers of the completed elements.
    @usableFromInline let numberSum = Atomic<UInt64>(0)

    init() {}

    /// Publishes the progress alone: one store to a cache line that nobody else writes.
    @inlinable @inline(__always)
    func publish(progress completed: UInt64) { progress.store(completed, ordering: .relaxed) }

    @usableFromInline
    func publish(completed: UInt64, offered: UInt64, refused: UInt64, numberSum: UInt64) {
        progress.store(completed, ordering: .relaxed)
        self.completed.store(completed, ordering: .relaxed)
        self.offered.store(offered, ordering: .relaxed)
        self.refused.store(refused, ordering: .relaxed)
        self.numberSum.store(numberSum, ordering: .relaxed)
    }
}

/// Counts what the queues' policies give up: elements and the sum of their numbers.
public final class DropCounter: Sendable {
    let dropped = Atomic<UInt64>(0)
    let evicted = Atomic<UInt64>(0)
    let evictedNumberSum = Atomic<UInt64>(0)
    let droppedNumberSum = Atomic<UInt64>(0)

    init() {}

    func count(number: UInt64, reason: DropReason) {
        switch reason {
        case .full, .sampledOut:
            dropped.add(1, ordering: .relaxed)
            droppedNumberSum.wrappingAdd(number, ordering: .relaxed)
        case .evicted:
            evicted.add(1, ordering: .relaxed)
            evictedNumberSum.wrappingAdd(number, ordering: .relaxed)
        }
    }
}
