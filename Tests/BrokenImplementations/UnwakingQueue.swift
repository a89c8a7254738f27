import BackpressureBenchmark
import BoundedQueues
import Dispatch

/// A bounded queue that is right but for one thing: a thread that parks in it stays parked.
final class UnwakingQueue<Element: BenchmarkElement>: BlockingBoundedQueue {
    private let base: MutexQueue<Element>

    init(_ setup: QueueSetup<Element>) {
        base = MutexQueue(capacity: setup.capacity, policy: setup.policy, onDrop: setup.onDrop)
    }

    static var implementation: QueueImplementation {
        QueueImplementation(
            id: "never-wakes",
            family: .other,
            summary: "broken on purpose",
            policies: [.block],
            words: { QueueInstance(UnwakingQueue<UInt64>($0)) },
            payloads: nil
        )
    }

    var capacity: Int { base.capacity }
    var policy: OverflowPolicy { base.policy }

    func pushBlocking(_ element: Element, timeout: Duration?) -> PushResult<Element> {
        let result = base.tryPush(element)
        if case .full = result { sleepForever() }
        return result
    }

    func popBlocking(timeout: Duration?) -> PopResult<Element> {
        if let element = base.tryPop() { return .element(element) }
        sleepForever()
    }

    private func sleepForever() -> Never {
        while true { DispatchSemaphore(value: 0).wait() }
    }

    func push(_ element: Element) async -> PushResult<Element> { await base.push(element) }
    func pop() async -> Element? { await base.pop() }
    func tryPush(_ element: Element) -> PushResult<Element> { base.tryPush(element) }
    func tryPop() -> Element? { base.tryPop() }
    func close() { base.close() }
    func statistics() -> QueueStatistics { base.statistics() }
}
