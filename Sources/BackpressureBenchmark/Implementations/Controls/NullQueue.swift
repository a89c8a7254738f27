import BoundedQueues
import Synchronization

/// Takes every element and forgets it, and gives out the same element for ever: what the harness costs by itself.
final class NullQueue<Element: Sendable>: SynchronousBoundedQueue {
    private let isClosed = Atomic(false)
    private let element: Element

    let capacity: Int
    let policy: OverflowPolicy

    init(capacity: Int, policy: OverflowPolicy, element: Element) {
        self.capacity = capacity
        self.policy = policy
        self.element = element
    }

    func tryPush(_ element: Element) -> PushResult<Element> { .accepted }

    func tryPop() -> Element? { isClosed.load(ordering: .relaxed) ? nil : element }

    nonisolated(nonsending) func push(_ element: Element) async -> PushResult<Element> { .accepted }

    nonisolated(nonsending) func pop() async -> Element? { tryPop() }

    // Batches in one step, so that what they cost is the harness's alone.

    func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) -> BatchPushResult {
        BatchPushResult(accepted: batch.count, ending: .complete)
    }

    nonisolated(nonsending) func push<Batch: Collection<Element> & Sendable>(
        contentsOf batch: Batch
    ) async -> BatchPushResult {
        BatchPushResult(accepted: batch.count, ending: .complete)
    }

    func tryPop(upTo count: Int, into elements: inout [Element]) -> Int {
        guard let element = tryPop() else { return 0 }
        elements.append(contentsOf: repeatElement(element, count: count))
        return count
    }

    func close() { isClosed.store(true, ordering: .relaxed) }

    func statistics() -> QueueStatistics { .uncounted(capacity: capacity) }
}
