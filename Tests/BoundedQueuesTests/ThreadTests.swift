import BoundedQueues
import ConcurrencySupport
import Synchronization
import Testing

@Suite("Queues driven by threads", .serialized, .timeLimit(.minutes(5)))
struct ThreadTests {
    static let shapes = [2, 4]
    static let capacities = [1, 2, 3, 1_024]
    private static let elements = 60_000
    /// Fewer for the lock: threads that wait for it in the kernel take their time.
    private static let elementsBehindLock = 16_000

    @Test("Nothing is lost or doubled, and order holds: lock", arguments: shapes, capacities)
    func mutexConserves(threads: Int, capacity: Int) {
        conserves(MutexQueue<Int>(capacity: capacity), threads: threads, elements: Self.elementsBehindLock)
    }

    @Test("Nothing is lost or doubled, and order holds: padded ring", arguments: shapes, capacities)
    func paddedRingConserves(threads: Int, capacity: Int) {
        conserves(RingQueue<Int>(capacity: capacity), threads: threads)
    }

    @Test("Nothing is lost or doubled, and order holds: dense ring", arguments: shapes, capacities)
    func denseRingConserves(threads: Int, capacity: Int) {
        conserves(RingQueue<Int>(capacity: capacity, spacing: .dense), threads: threads)
    }

    @Test("Replacing the oldest evicts one for each push and loses none: lock", arguments: shapes, capacities)
    func mutexReplaces(threads: Int, capacity: Int) {
        replaces(threads: threads, elements: Self.elementsBehindLock) {
            MutexQueue<Int>(capacity: capacity, policy: .dropOldest, onDrop: $0)
        }
    }

    @Test("Replacing the oldest evicts one for each push and loses none: ring", arguments: shapes, capacities)
    func ringReplaces(threads: Int, capacity: Int) {
        replaces(threads: threads) { RingQueue<Int>(capacity: capacity, policy: .dropOldest, onDrop: $0) }
    }

    @Test("Nobody is refused because another was quicker, as long as there is room and there are elements")
    func competition() {
        let share = 100_000
        let queue = RingQueue<Int>(capacity: 2 * share)
        let refused = SharedCount()
        let push: @Sendable (Worker) -> Void = { _ in
            for element in 0..<share where !queue.tryPush(element).isAccepted { refused.add(1) }
        }
        let pop: @Sendable (Worker) -> Void = { _ in
            for _ in 0..<share where queue.tryPop() == nil { refused.add(1) }
        }
        for _ in 0..<3 {
            Worker.run([push, push])
            Worker.run([pop, pop])
        }
        #expect(refused.value == 0)
    }

    @Test(
        "Closing while threads push leaves every element in one place",
        arguments: [OverflowPolicy.block, .dropOldest]
    )
    func closingWhilePushing(policy: OverflowPolicy) {
        for _ in 0..<200 {
            let evicted = SharedCount()
            let returned = SharedCount()
            let accepted = SharedCount()
            let queue = RingQueue<Int>(capacity: 2, policy: policy) { _, _ in
                evicted.add(1)
            }
            let producer: @Sendable (Worker) -> Void = { _ in
                for element in 0..<50 {
                    switch queue.tryPush(element) {
                    case .accepted: accepted.add(1)
                    default: returned.add(1)
                    }
                }
            }
            Worker.run([producer, producer, { _ in queue.close() }])
            var taken = 0
            while queue.tryPop() != nil { taken += 1 }
            let counts = [accepted, returned, evicted].map { $0.value }
            #expect(counts[0] + counts[1] == 100)
            #expect(counts[0] == taken + counts[2])
            let statistics = queue.statistics()
            #expect(statistics.accepted == UInt64(counts[0]))
            #expect(statistics.refused == UInt64(counts[1]))
            #expect(statistics.taken == UInt64(taken))
            #expect(statistics.evicted == UInt64(counts[2]))
            #expect(queue.tryPush(0) == .closed(0))
        }
    }

    /// As many producers as consumers, all elements through the queue.
    private func conserves(_ queue: some SynchronousBoundedQueue<Int>, threads: Int, elements: Int = elements) {
        let share = elements / threads
        let taken = Shared<[[Int]]>([])
        let gaveUp = SharedCount()
        let left = SharedCount(threads * share)
        let producers = (0..<threads).map { producer -> @Sendable (Worker) -> Void in
            { _ in
                var patience = Patience()
                for element in producer * share..<(producer + 1) * share {
                    while !queue.tryPush(element).isAccepted {
                        if !patience.pause() { return gaveUp.add(1) }
                    }
                    patience.reset()
                }
            }
        }
        let consumers = (0..<threads).map { _ -> @Sendable (Worker) -> Void in
            { _ in
                var own: [Int] = []
                var patience = Patience()
                while left.value > 0, patience.pause() {
                    while let element = queue.tryPop() {
                        own.append(element)
                        left.add(-1)
                        patience.reset()
                    }
                }
                taken.update { $0.append(own) }
            }
        }
        Worker.run(producers + consumers)
        #expect(gaveUp.value == 0, "a producer found the queue full for ever")
        expectOnceInOrder(taken.value, dropped: [], share: share, producers: threads)
        let statistics = queue.statistics()
        #expect(statistics.accepted == UInt64(threads * share))
        #expect(statistics.taken == statistics.accepted)
        #expect(statistics.depth == 0)
    }

    /// Producers that never wait; half as many consumers.
    private func replaces(
        threads: Int,
        elements: Int = elements,
        makeQueue: (@escaping DropHandler<Int>) -> some SynchronousBoundedQueue<Int>
    ) {
        let share = elements / threads
        let dropped = Shared<[Int]>([])
        let wrongPushes = SharedCount()
        let queue = makeQueue { element, reason in
            Worker.current?.evictions.wrappingAdd(1, ordering: .relaxed)
            if reason == .evicted { dropped.update { $0.append(element) } }
        }
        let taken = Shared<[[Int]]>([])
        let producing = SharedCount(threads)
        let producers = (0..<threads).map { producer -> @Sendable (Worker) -> Void in
            { worker in
                for element in producer * share..<(producer + 1) * share {
                    worker.evictions.store(0, ordering: .relaxed)
                    let isAccepted = queue.tryPush(element).isAccepted
                    if !isAccepted || worker.evictions.load(ordering: .relaxed) > 1 { wrongPushes.add(1) }
                }
                producing.add(-1)
            }
        }
        let consumers = (0..<threads / 2).map { _ -> @Sendable (Worker) -> Void in
            { _ in
                var own: [Int] = []
                var backoff = Backoff()
                var isLastLook = false
                while true {
                    if let element = queue.tryPop() {
                        own.append(element)
                        continue
                    }
                    if isLastLook { break }
                    isLastLook = producing.value == 0
                    backoff.pause()
                }
                taken.update { $0.append(own) }
            }
        }
        Worker.run(producers + consumers)
        #expect(wrongPushes.value == 0, "a push evicted more than one element or was refused")
        let drops = dropped.value
        expectOnceInOrder(taken.value, dropped: drops, share: share, producers: threads)
        let statistics = queue.statistics()
        #expect(statistics.evicted == UInt64(drops.count))
        #expect(statistics.accepted == UInt64(threads * share))
        #expect(statistics.taken + statistics.evicted == statistics.accepted)
        #expect(statistics.depth == 0)
    }
}
