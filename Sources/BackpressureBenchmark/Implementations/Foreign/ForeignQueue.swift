import BoundedQueues
import CForeignImplementations
import ConcurrencySupport
import Synchronization

/// A queue in a shared library, behind the protocol that the harness drives: an operation costs one indirect call.
///
/// It counts nothing, since counting would take longer than many a queue does, and the harness counts what goes in and
/// out itself. C has no way to ask how many are inside either, so all that ``statistics()`` knows is whether the queue
/// has run empty after it was closed.
///
/// The suspending operations try and let other tasks run in between; they never block the thread.
// Sendable because the library promises that its functions can be called by many threads, as many as it says, and all
// that is ours is constant, atomic or behind a lock.
final class ForeignQueue<Element: ForeignElement>: SynchronousBoundedQueue, @unchecked Sendable {
    typealias TryPush = @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Int32
    typealias TryPop = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt64>?) -> Int32

    let queue: UnsafeMutableRawPointer
    private let tryPushFunction: TryPush
    private let tryPopFunction: TryPop
    let isClosed = Atomic(false)
    let entry: backpressure_queue_v1

    /// The bound that the library says it keeps.
    let capacity: Int
    let policy: OverflowPolicy
    // What the policy means, so that a refusal in the hot loop needn't ask.
    private let isRejecting: Bool

    /// Held by whoever pops from the closed queue. The value: the last of them found nothing.
    private let drain = Lock(false)

    /// - Parameter entry: checked: the required functions are there.
    /// - Throws: ``MeasurementError`` if the library makes no queue, or one with an impossible capacity.
    init(
        _ entry: backpressure_queue_v1,
        capacity asked: Int,
        policy: OverflowPolicy
    ) throws(MeasurementError) {
        guard let queue = entry.create(asked) else { throw MeasurementError("create(\(asked)) returned NULL") }
        let capacity = entry.capacity?(queue) ?? asked
        guard (1...Self.largestCapacity).contains(capacity) else {
            entry.destroy(queue)
            throw MeasurementError("capacity() is \(UInt(bitPattern: capacity)) for a queue created with \(asked)")
        }
        self.queue = queue
        self.entry = entry
        self.capacity = capacity
        self.policy = policy
        isRejecting = policy == .reject
        tryPushFunction = entry.try_push
        tryPopFunction = entry.try_pop
    }

    deinit {
        // Elements that are references are freed here; the library can't.
        var word: UInt64 = 0
        while tryPopFunction(queue, &word) == 1 { _ = Element.take(word) }
        entry.destroy(queue)
    }

    /// Far beyond any that could be filled, and small enough to calculate with.
    private static var largestCapacity: Int { 1 << 40 }

    @inline(__always)
    func tryPush(_ element: Element) -> PushResult<Element> {
        // Relaxed: who pushes while another closes may be early or late.
        if isClosed.load(ordering: .relaxed) { return .closed(element) }
        let word = Element.word(for: element)
        let answer = tryPushFunction(queue, word)
        if answer == 1 { return .accepted }
        if answer > 1 { refuseAnswer(answer, of: "try_push") }
        Element.giveBack(word)
        guard isRejecting else { return .full(element) }
        return .rejected(element, QueueFullError(depth: capacity, capacity: capacity, retryAfterNanoseconds: 0))
    }

    @inline(__always)
    func tryPop() -> Element? {
        var word: UInt64 = 0
        let answer = tryPopFunction(queue, &word)
        if answer == 1 { return Element.take(word) }
        if answer > 1 { refuseAnswer(answer, of: "try_pop") }
        return isClosed.load(ordering: .acquiring) ? popFromClosed() : nil
    }

    /// Ends the process over an answer that means nothing: taken for "no", it would have elements lost or made up.
    @inline(never)
    private func refuseAnswer(_ answer: Int32, of function: String) -> Never {
        fatalError("'\(String(cString: entry.identifier))': \(function) returned \(answer); 1 is yes, 0 is no")
    }

    /// One at a time: "empty" from a queue that may say so while another call is in flight is true then.
    ///
    /// A pop without the lock can still be in flight that began before the queue was closed. Whoever made it comes here
    /// next if it found nothing, and comes again if it did; so the last to come is alone, and what it finds is so.
    @inline(never)
    private func popFromClosed() -> Element? {
        drain.withLock { foundNothing in
            var word: UInt64 = 0
            foundNothing = tryPopFunction(queue, &word) != 1
            return foundNothing ? nil : Element.take(word)
        }
    }

    // The first attempt is part of the caller's loop, as it is for the queues that ours are compared with.

    @inline(__always)
    func push(_ element: Element) async -> PushResult<Element> {
        let result = tryPush(element)
        guard case .full = result else { return result }
        return await pushAgain(element)
    }

    @inline(__always)
    func pop() async -> Element? {
        if let element = tryPop() { return element }
        return await popAgain()
    }

    @inline(never)
    private func pushAgain(_ element: Element) async -> PushResult<Element> {
        while true {
            if Task.isCancelled { return .cancelled(element) }
            await Task.yield()
            let result = tryPush(element)
            guard case .full = result else { return result }
        }
    }

    @inline(never)
    private func popAgain() async -> Element? {
        while true {
            // Asked before the attempt: what finds nothing in a closed queue has finished.
            let wasClosed = isClosed.load(ordering: .acquiring)
            if let element = tryPop() { return element }
            if wasClosed || Task.isCancelled { return nil }
            await Task.yield()
        }
    }

    func close() {
        // Releasing: who sees the queue closed sees what was pushed before.
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        entry.close?(queue)
    }

    /// The capacity. The depth is 0 once the closed queue has run empty, and until then 1, for at least one may be inside;
    /// the counts stay 0.
    func statistics() -> QueueStatistics {
        let isEmpty = isClosed.load(ordering: .acquiring) && drain.withLock { $0 }
        return QueueStatistics(
            accepted: 0,
            refused: 0,
            taken: 0,
            dropped: 0,
            evicted: 0,
            depth: isEmpty ? 0 : 1,
            peakDepth: nil,
            capacity: capacity
        )
    }
}
