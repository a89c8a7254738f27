import BackpressureBenchmark
import BoundedQueues
import ConcurrencySupport
import Foundation

/// A good queue that takes longer by a share that the environment says: what a comparison of revisions must find.
///
/// It wastes the share of its own time, so that it is the same share on every machine: after every few pushes it looks at
/// how long they took and spins for that much of it. For one worker alone.
final class SlowedQueue<Element: BenchmarkElement>: SynchronousBoundedQueue {
    private let base: MutexQueue<Element>
    private let clock = SystemNanosecondClock()
    /// Time wasted over time used.
    private let share: Double
    private let progress: Lock<(pushes: Int, mark: UInt64)>

    private let pushesBetweenLooks = 256

    init(_ setup: QueueSetup<Element>) {
        base = MutexQueue(capacity: setup.capacity, policy: setup.policy, onDrop: setup.onDrop)
        let percent = ProcessInfo.processInfo.environment[Self.variable].flatMap(Double.init) ?? 0
        share = percent / (100 - percent)
        progress = Lock((0, clock.nanoseconds()))
    }

    /// The percentage of its throughput that it loses.
    private static var variable: String { "PLANTED_SLOWDOWN_PERCENT" }

    static var implementation: QueueImplementation {
        QueueImplementation(
            id: "planted-slowdown",
            family: .other,
            summary: "slower by PLANTED_SLOWDOWN_PERCENT",
            policies: [.block],
            words: { QueueInstance(SlowedQueue<UInt64>($0)) },
            payloads: nil
        )
    }

    var capacity: Int { base.capacity }
    var policy: OverflowPolicy { base.policy }

    func tryPush(_ element: Element) -> PushResult<Element> {
        progress.withLock { progress in
            progress.pushes += 1
            guard progress.pushes.isMultiple(of: pushesBetweenLooks) else { return }
            let now = clock.nanoseconds()
            let end = now + UInt64(Double(now - progress.mark) * share)
            while clock.nanoseconds() < end {}
            progress.mark = clock.nanoseconds()
        }
        return base.tryPush(element)
    }

    func push(_ element: Element) async -> PushResult<Element> { await base.push(element) }
    func pop() async -> Element? { await base.pop() }
    func tryPop() -> Element? { base.tryPop() }
    func close() { base.close() }
    func statistics() -> QueueStatistics { base.statistics() }
}
