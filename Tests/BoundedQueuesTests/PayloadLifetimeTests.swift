import BoundedQueues
import Synchronization
import Testing

@Suite("Elements that are objects are released exactly once")
struct PayloadLifetimeTests {
    /// Counts how many of its kind are alive.
    private final class Payload: Sendable {
        let alive: Counter

        init(_ alive: Counter) {
            self.alive = alive
            alive.count.wrappingAdd(1, ordering: .relaxed)
        }

        deinit { alive.count.wrappingSubtract(1, ordering: .relaxed) }
    }

    private final class Counter: Sendable {
        let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
    }

    @Test("Lock", arguments: [OverflowPolicy.reject, .dropNewest, .dropOldest])
    func mutexQueue(policy: OverflowPolicy) {
        releasesOnce { MutexQueue(capacity: 3, policy: policy, onDrop: $0) }
    }

    @Test("Padded ring", arguments: [OverflowPolicy.reject, .dropNewest, .dropOldest])
    func paddedRing(policy: OverflowPolicy) {
        releasesOnce { RingQueue(capacity: 3, policy: policy, onDrop: $0) }
    }

    @Test("Dense ring", arguments: [OverflowPolicy.reject, .dropNewest, .dropOldest])
    func denseRing(policy: OverflowPolicy) {
        releasesOnce { RingQueue(capacity: 3, policy: policy, spacing: .dense, onDrop: $0) }
    }

    @Test("Actor", arguments: [OverflowPolicy.reject, .dropNewest, .dropOldest])
    func actorQueue(policy: OverflowPolicy) async {
        let alive = Counter()
        do {
            let queue = ActorQueue<Payload>(capacity: 3, policy: policy) { _, _ in }
            for _ in 0..<10 { _ = await queue.tryPush(Payload(alive)) }
            #expect(alive.value == 3)
            _ = await queue.tryPop()
            #expect(alive.value == 2)
        }
        #expect(alive.value == 0)
    }

    @Test("A push that waits and is closed or cancelled gives its element back and keeps nothing")
    func waitingPush() async {
        let alive = Counter()
        do {
            let queue = RingQueue<Payload>(capacity: 1)
            _ = queue.tryPush(Payload(alive))
            let cancelled = Task { await queue.push(Payload(alive)).returned != nil }
            cancelled.cancel()
            #expect(await cancelled.value)
            let closed = Task { await queue.push(Payload(alive)).returned != nil }
            await Task.yield()
            queue.close()
            #expect(await closed.value)
            #expect(alive.value == 1)
        }
        #expect(alive.value == 0)
    }

    private func releasesOnce(_ makeQueue: (@escaping DropHandler<Payload>) -> some SynchronousBoundedQueue<Payload>) {
        let alive = Counter()
        do {
            let queue = makeQueue { _, _ in }
            for _ in 0..<10 { _ = queue.tryPush(Payload(alive)) }
            #expect(alive.value == 3)
            _ = queue.tryPop()
            #expect(alive.value == 2)
            for _ in 0..<7 {
                _ = queue.tryPush(Payload(alive))
                _ = queue.tryPop()
            }
            #expect(alive.value == 2)
            queue.close()
            _ = queue.tryPush(Payload(alive))
            #expect(alive.value == 2)
        }
        #expect(alive.value == 0)
    }
}
