import BoundedQueues

/// The standard library's `AsyncStream` as a queue: what it does with its buffering policies, and for `block` what one
/// has to do without a way to wait for room: yield the element again and again, with `Task.yield()` in between.
///
/// - An iterator is made for each pop, since several consumers can't share one; it is a reference to the stream.
/// - A pop whose task is cancelled ends the stream for everyone: that is how `AsyncStream` takes it.
/// - ``tryPop()`` looks whether something is inside and then pops: with several consumers it may have to wait after all.
final class AsyncStreamQueue<Element: Sendable>: BoundedQueue {
    let capacity: Int
    let policy: OverflowPolicy
    private let onDrop: DropHandler<Element>
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation
    private let tally = PeerTally()

    init(capacity: Int, policy: OverflowPolicy, onDrop: @escaping DropHandler<Element>) {
        self.capacity = capacity
        self.policy = policy
        self.onDrop = onDrop
        (stream, continuation) = AsyncStream.makeStream(
            bufferingPolicy: policy == .dropOldest ? .bufferingNewest(capacity) : .bufferingOldest(capacity)
        )
    }

    func push(_ element: Element) async -> PushResult<Element> {
        guard policy == .block else { return tryPush(element) }
        while true {
            switch continuation.yield(element) {
            case .enqueued:
                tally.countAccepted()
                return .accepted
            case .dropped:
                if Task.isCancelled {
                    tally.countRefused()
                    return .cancelled(element)
                }
                await Task.yield()
            case .terminated:
                tally.countRefused()
                return .closed(element)
            @unknown default:
                preconditionFailure("AsyncStream answers something new")
            }
        }
    }

    func tryPush(_ element: Element) -> PushResult<Element> {
        switch continuation.yield(element) {
        case .enqueued:
            tally.countAccepted()
            return .accepted
        case .dropped(let victim):
            return giveUp(victim, offered: element)
        case .terminated:
            tally.countRefused()
            return .closed(element)
        @unknown default:
            preconditionFailure("AsyncStream answers something new")
        }
    }

    /// The stream was full: `victim` is its oldest element where the policy says so, else the one that was offered.
    private func giveUp(_ victim: Element, offered: Element) -> PushResult<Element> {
        if policy == .dropOldest {
            tally.countAccepted()
            tally.countEvicted()
            onDrop(victim, .evicted)
            return .accepted
        }
        if policy == .dropNewest {
            tally.countDropped()
            onDrop(victim, .full)
            return .dropped
        }
        tally.countRefused()
        return .full(offered)
    }

    func pop() async -> Element? {
        var iterator = stream.makeAsyncIterator()
        guard let element = await iterator.next() else { return nil }
        tally.countTaken()
        return element
    }

    func tryPop() async -> Element? {
        tally.depth > 0 ? await pop() : nil
    }

    func close() { continuation.finish() }

    func statistics() -> QueueStatistics { tally.statistics(capacity: capacity) }
}
