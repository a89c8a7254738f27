import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

extension ThreadTests {
    @Suite("One producer thread and one consumer thread", .serialized)
    struct Single {
        @Test(
            "Nothing is lost or doubled, and order holds",
            arguments: [1, 2, 3, 1_024],
            [Manner.trying, .blocking, .inBatches]
        )
        func conserves(capacity: Int, manner: Manner) async {
            let queue = SingleRingQueue<Int>(capacity: capacity)
            let relay = Relay(share: manner == .blocking ? 4_000 : 8_000)
            await relay.run(
                closing: { queue.close() },
                sending: { manner.send($0, to: queue) },
                taking: { manner.take(from: queue) }
            )
            let statistics = queue.statistics()
            #expect(statistics.accepted == UInt64(relay.share))
            #expect(statistics.taken == UInt64(relay.share))
            #expect(statistics.depth == 0)
        }

        @Test("Closing while a thread pushes and one pops leaves every element in one place", arguments: [1, 2])
        func closing(capacity: Int) async {
            for round in 0..<100 {
                let queue = SingleRingQueue<Int>(capacity: capacity)
                let accepted = SharedCount()
                let returned = SharedCount()
                let taken = SharedCount()
                let results = Shared<[PopResult<Int>]>([])
                await Worker.runAside([
                    { _ in
                        for element in 0..<50 {
                            let result = queue.pushBlocking(element, timeout: Relay.longWait)
                            if result.isAccepted { accepted.add(1) }
                            if case .closed(element) = result { returned.add(1) }
                        }
                    },
                    { _ in
                        while true {
                            let result = queue.popBlocking(timeout: Relay.longWait)
                            guard result.element != nil else { return results.append(result) }
                            taken.add(1)
                        }
                    },
                    { _ in
                        for _ in 0..<round % 10 { Backoff.yieldThread() }
                        queue.close()
                    },
                ])
                #expect(accepted.value + returned.value == 50)
                #expect(taken.value == accepted.value)
                #expect(results.value == [.finished])
                let statistics = queue.statistics()
                #expect(statistics.accepted == UInt64(accepted.value))
                #expect(statistics.refused == UInt64(returned.value))
            }
        }
    }

    @Suite("Threads that park", .serialized)
    struct Parking {
        @Test("Nothing is lost or doubled, and order holds: ring", arguments: [2, 4], [1, 3, 1_024])
        func ringConserves(threads: Int, capacity: Int) async {
            let queue = RingQueue<Int>(capacity: capacity)
            await relay(threads: threads, manner: .blocking, queue)
        }

        @Test("Nothing is lost or doubled, and order holds: strict ring", arguments: [2, 4], [1, 3])
        func strictRingConserves(threads: Int, capacity: Int) async {
            let queue = RingQueue<Int>(capacity: capacity, consistency: .strict)
            await relay(threads: threads, manner: .blocking, queue)
        }

        @Test("Nothing is lost or doubled, and order holds: lock", arguments: [2, 4], [1, 3])
        func mutexConserves(threads: Int, capacity: Int) async {
            await relay(threads: threads, manner: .blocking, MutexQueue<Int>(capacity: capacity))
        }

        @Test("The same in batches", arguments: [1, 3, 64])
        func batches(capacity: Int) async {
            await relay(threads: 2, manner: .inBatches, RingQueue<Int>(capacity: capacity))
            await relay(threads: 2, manner: .inBatches, MutexQueue<Int>(capacity: capacity))
        }

        @Test("The same when what finds no room spills", arguments: [1, 3, 64])
        func spilling(capacity: Int) async {
            for manner in Manner.allCases {
                let store = InMemorySpillStore<Int>(limit: 1_000)
                await relay(threads: 2, manner: manner, RingQueue(capacity: capacity, spillStore: store))
                await relay(threads: 2, manner: manner, MutexQueue(capacity: capacity, spillStore: store))
            }
        }

        private func relay(threads: Int, manner: Manner, _ queue: some BlockingBoundedQueue<Int>) async {
            let relay = Relay(producers: threads, consumers: threads, share: 4_000 / threads)
            await relay.run(
                closing: { queue.close() },
                sending: { elements in
                    // Where the policy doesn't wait for room, the threads do.
                    (queue.policy.waitsForRoom ? manner : .trying).send(elements, to: queue)
                },
                taking: { manner.take(from: queue) }
            )
            let statistics = await queue.statistics()
            #expect(statistics.accepted == UInt64(threads * relay.share))
            #expect(statistics.taken == statistics.accepted)
            #expect(statistics.depth + statistics.stored == 0)
        }

        @Test("Closing wakes every parked thread")
        func closing() async {
            await closingWakes(producers: 3, consumers: 3) { RingQueue<Int>(capacity: 2) }
            await closingWakes(producers: 3, consumers: 3) { RingQueue<Int>(capacity: 2, consistency: .strict) }
            await closingWakes(producers: 3, consumers: 3) { MutexQueue<Int>(capacity: 2) }
            await closingWakes(producers: 1, consumers: 1) { SingleRingQueue<Int>(capacity: 2) }
        }

        private func closingWakes<Queue: BlockingBoundedQueue<Int>>(
            producers: Int,
            consumers: Int,
            _ makeQueue: () -> Queue
        ) async {
            for round in 0..<30 {
                let empty = makeQueue()
                let full = makeQueue()
                for element in 0..<2 { _ = await full.tryPush(element) }
                let pushes = Shared<[PushResult<Int>]>([])
                let pops = Shared<[PopResult<Int>]>([])
                var bodies: [@Sendable (Worker) -> Void] = []
                for element in 0..<producers {
                    bodies.append { _ in
                        let result = full.pushBlocking(element, timeout: Relay.longWait)
                        pushes.append(result)
                    }
                }
                for _ in 0..<consumers {
                    bodies.append { _ in
                        let result = empty.popBlocking(timeout: Relay.longWait)
                        pops.append(result)
                    }
                }
                bodies.append { _ in
                    for _ in 0..<20 * (round % 8) { Backoff.yieldThread() }
                    full.close()
                    empty.close()
                }
                await Worker.runAside(bodies)
                let returned = pushes.value.compactMap { if case .closed(let element) = $0 { element } else { nil } }
                #expect(returned.sorted() == Array(0..<producers))
                #expect(pops.value == Array(repeating: .finished, count: consumers))
                #expect(await full.tryPop(upTo: 5) == [0, 1])
            }
        }

        @Test("A timeout of nothing is one attempt; a short one ends, and leaves nothing behind")
        func timeouts() async {
            await checkTimeouts(RingQueue<Int>(capacity: 1))
            await checkTimeouts(RingQueue<Int>(capacity: 1, consistency: .strict))
            await checkTimeouts(MutexQueue<Int>(capacity: 1))
            await checkTimeouts(SingleRingQueue<Int>(capacity: 1))
        }

        private func checkTimeouts(_ queue: some BlockingBoundedQueue<Int>) async {
            let pushes = Shared<[PushResult<Int>]>([])
            let pops = Shared<[PopResult<Int>]>([])
            await Worker.runAside([
                { _ in
                    func pop(_ timeout: Duration) {
                        let result = queue.popBlocking(timeout: timeout)
                        pops.append(result)
                    }
                    func push(_ element: Int, _ timeout: Duration) {
                        let result = queue.pushBlocking(element, timeout: timeout)
                        pushes.append(result)
                    }
                    for timeout in [Duration.zero, .seconds(-1), .milliseconds(1)] {
                        pop(timeout)
                        push(1, timeout)
                        push(2, timeout)
                        pop(timeout)
                    }
                    queue.close()
                    push(3, .zero)
                    pop(.zero)
                }
            ])
            let three = [PushResult<Int>.accepted, .timedOut(2)]
            #expect(pushes.value == three + three + three + [.closed(3)])
            let round = [PopResult<Int>.timedOut, .element(1)]
            #expect(pops.value == round + round + round + [.finished])
            let statistics = await queue.statistics()
            #expect(statistics.accepted == 3)
            #expect(statistics.refused == 4)
            #expect(statistics.taken == 3)
        }

        @Test("Time blocked is counted on the queue's clock, for threads as for tasks")
        func timeBlocked() async {
            let clock = ManualClock(nanoseconds: 1 << 60)
            await checkTimeBlocked(MutexQueue<Int>(capacity: 1, clock: clock))
            await checkTimeBlocked(RingQueue<Int>(capacity: 1, clock: clock))
            await checkTimeBlocked(SingleRingQueue<Int>(capacity: 1, clock: clock))
        }

        private func checkTimeBlocked(_ queue: some BlockingBoundedQueue<Int>) async {
            _ = await queue.tryPush(0)
            await Worker.runAside([{ _ in _ = queue.pushBlocking(1, timeout: .milliseconds(50)) }])
            // The clock stood still.
            #expect(await queue.statistics().blockedNanoseconds == 0)
        }

        @Test("Threads park and tasks suspend in the same queue, and all are served", arguments: [1, 2])
        func threadsAndTasks(capacity: Int) async {
            await threadsAndTasks(RingQueue<Int>(capacity: capacity))
            await threadsAndTasks(MutexQueue<Int>(capacity: capacity))
        }

        private func threadsAndTasks(_ queue: some BlockingBoundedQueue<Int>) async {
            let share = 1_000
            let taken = Shared<[[Int]]>([])
            let producing = Shared(4)
            let finish: @Sendable () -> Void = {
                let isLast = producing.update {
                    $0 -= 1
                    return $0 == 0
                }
                if isLast { queue.close() }
            }
            var tasks: [Task<Void, Never>] = []
            var bodies: [@Sendable (Worker) -> Void] = []
            for producer in 0..<2 {
                tasks.append(
                    Task.detached {
                        for element in producer * share..<(producer + 1) * share { _ = await queue.push(element) }
                        finish()
                    }
                )
                bodies.append { _ in
                    for element in (producer + 2) * share..<(producer + 3) * share {
                        _ = queue.pushBlocking(element, timeout: Relay.longWait)
                    }
                    finish()
                }
            }
            for _ in 0..<2 {
                tasks.append(
                    Task.detached {
                        var own: [Int] = []
                        while let element = await queue.pop() { own.append(element) }
                        taken.append(own)
                    }
                )
                bodies.append { _ in
                    var own: [Int] = []
                    while let element = queue.popBlocking(timeout: Relay.longWait).element { own.append(element) }
                    taken.append(own)
                }
            }
            await Worker.runAside(bodies)
            for task in tasks { await task.value }
            expectOnceInOrder(taken.value, dropped: [], share: share, producers: 4)
        }
    }

    @Suite("Strict ring", .serialized)
    struct Strict {
        @Test("Whoever has pushed finds an element, and whoever has popped finds room", arguments: [2, 4])
        func neverFalselyEmptyOrFull(threads: Int) async {
            // Room for one element of each thread: nobody can find the queue full before, or empty after its push.
            let queue = RingQueue<Int>(capacity: threads, consistency: .strict)
            let falselyFull = SharedCount()
            let falselyEmpty = SharedCount()
            let bodies = (0..<threads).map { _ -> @Sendable (Worker) -> Void in
                { _ in
                    for element in 0..<20_000 {
                        guard queue.tryPush(element).isAccepted else {
                            falselyFull.add(1)
                            continue
                        }
                        if queue.tryPop() == nil { falselyEmpty.add(1) }
                    }
                }
            }
            await Worker.runAside(bodies)
            #expect(falselyFull.value == 0)
            #expect(falselyEmpty.value == 0)
            #expect(queue.statistics().depth == 0)
        }
    }
}
