import BoundedQueues
import DequeModule

/// The least that a queue behind an actor can be: a deque with a bound. No waiting, no policy, no count of anything.
///
/// What it takes is what visiting an actor takes; what ``ActorQueue`` takes beyond that is its own. Only for a worker that
/// pushes and pops in turn, since nobody can wait in it.
final actor BareActorQueue<Element: Sendable>: BoundedQueue {
    private var elements: Deque<Element>

    nonisolated let capacity: Int
    nonisolated let policy = OverflowPolicy.reject

    init(capacity: Int) {
        self.capacity = capacity
        elements = Deque(minimumCapacity: capacity)
    }

    func tryPush(_ element: Element) -> PushResult<Element> {
        guard elements.count < capacity else { return .full(element) }
        elements.append(element)
        return .accepted
    }

    func tryPop() -> Element? { elements.popFirst() }

    func push(_ element: Element) -> PushResult<Element> { tryPush(element) }

    func pop() -> Element? { elements.popFirst() }

    func close() {}

    func statistics() -> QueueStatistics {
        QueueStatistics(
            accepted: 0,
            refused: 0,
            taken: 0,
            dropped: 0,
            evicted: 0,
            depth: elements.count,
            peakDepth: nil,
            capacity: capacity
        )
    }
}
