import AsyncAlgorithms
import BoundedQueues
import Synchronization

/// `AsyncChannel` of swift-async-algorithms as a queue: a rendezvous, where each push waits for its pop and nothing is
/// ever inside, whatever the capacity.
///
/// - Closing gives the waiting producers their elements back: the channel has no room to keep them.
/// - ``tryPush(_:)`` and ``tryPop()`` never succeed, since both sides must wait for each other.
/// - An iterator is made for each pop, since several consumers can't share one; it is a reference to the channel.
final class AsyncChannelQueue<Element: Sendable>: BoundedQueue {
    /// `send` doesn't tell whether its element was taken or its wait was ended by a cancellation or by the end of the
    /// channel. So the element travels in something that either side can claim: one allocation beside the several
    /// that a send makes anyway.
    private final class Parcel: Sendable {
        let element: Element
        private let isClaimed = Atomic(false)

        init(_ element: Element) {
            self.element = element
        }

        /// `true` for the first of the two sides. Orders nothing: the channel hands the element over.
        func claim() -> Bool { !isClaimed.exchange(true, ordering: .relaxed) }
    }

    /// What was asked for; the channel has no use for it.
    let capacity: Int
    let policy: OverflowPolicy
    private let channel = AsyncChannel<Parcel>()
    private let isClosed = Atomic(false)
    private let tally = PeerTally()

    init(capacity: Int, policy: OverflowPolicy) {
        self.capacity = capacity
        self.policy = policy
    }

    func push(_ element: Element) async -> PushResult<Element> {
        let parcel = Parcel(element)
        await channel.send(parcel)
        // The flag is set before the channel ends, and the channel's lock lies in between.
        let isEnded = isClosed.load(ordering: .relaxed)
        if isEnded || Task.isCancelled, parcel.claim() {
            tally.countRefused()
            return isEnded ? .closed(element) : .cancelled(element)
        }
        tally.countAccepted()
        return .accepted
    }

    func pop() async -> Element? {
        var iterator = channel.makeAsyncIterator()
        while let parcel = await iterator.next() {
            guard parcel.claim() else { continue }
            tally.countTaken()
            return parcel.element
        }
        return nil
    }

    func tryPush(_ element: Element) -> PushResult<Element> {
        tally.countRefused()
        return isClosed.load(ordering: .relaxed) ? .closed(element) : .full(element)
    }

    func tryPop() -> Element? { nil }

    func close() {
        isClosed.store(true, ordering: .relaxed)
        channel.finish()
    }

    func statistics() -> QueueStatistics { tally.statistics(capacity: capacity) }
}
