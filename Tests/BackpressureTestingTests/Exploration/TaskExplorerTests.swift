import Backpressure
import BackpressureTesting
import ConcurrencySupport
import Foundation
import Testing

@Suite("Task explorer")
struct TaskExplorerTests {
    /// A door that tasks wait at. Whoever comes looks whether it is open, and only in a second step stands in the line: the
    /// one who opens it in between wakes nobody.
    private final actor Door {
        private var isOpen = false
        private nonisolated let waiting = Lock<[CheckedContinuation<Void, Never>]>([])
        private let looksAgain: Bool
        private let executor: PCTSerialExecutor

        init(looksAgain: Bool, executor: PCTSerialExecutor) {
            self.looksAgain = looksAgain
            self.executor = executor
        }

        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        var opened: Bool { isOpen }

        func wait() async {
            if looksAgain, isOpen { return }
            await withTaskCancellationHandler {
                await withCheckedContinuation { guest in waiting.withLock { $0.append(guest) } }
            } onCancel: {
                // What the explorer does with tasks that wait for ever.
                letAllIn()
            }
        }

        func open() {
            isOpen = true
            letAllIn()
        }

        private nonisolated func letAllIn() {
            let guests = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for guest in guests { guest.resume() }
        }
    }

    private static func pass(looksAgain: Bool, _ exploration: TaskExploration) {
        let door = Door(looksAgain: looksAgain, executor: exploration.actorExecutor())
        let knocks = Lock(0)
        exploration.task("guest") {
            guard await !door.opened else { return }
            // Something between the two, or the compiler stays on the actor.
            knocks.withLock { $0 += 1 }
            await door.wait()
        }
        exploration.task("porter") {
            // On the way to the door.
            for _ in 0..<8 { await Task.yield() }
            await door.open()
        }
    }

    @Test("A wake-up lost between a look and the wait is found by few schedules, and replayed by its seed")
    func lostWakeUp() throws {
        let explorer = TaskExplorer(schedules: 200, seed: 1)
        let report = explorer.explore { Self.pass(looksAgain: false, $0) }
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message == "deadlock: guest waits, and nothing is ready to run")
        #expect(failure.seed != nil)
        let replayed = try #require(explorer.replay(seed: failure.seed) { Self.pass(looksAgain: false, $0) }.failure)
        #expect(replayed.message == failure.message)
        #expect(replayed.order == failure.order)
    }

    @Test("The door that looks again where it waits passes")
    func rightDoor() {
        let report = TaskExplorer(schedules: 200, seed: 1).explore { Self.pass(looksAgain: true, $0) }
        #expect(report.passed, "\(report)")
    }

    /// An actor that looks at the balance, awaits and pays: what may be true no more.
    private final actor Account {
        private(set) var balance = 1

        func pay(checking isAllowed: @Sendable () async -> Bool) async {
            guard balance > 0, await isAllowed() else { return }
            balance -= 1
        }
    }

    @Test("An actor that acts after an await on what it saw before is found")
    func checkAwaitAct() throws {
        let report = TaskExplorer(schedules: 100, seed: 2).explore { exploration in
            let account = Account()
            for _ in 0..<2 {
                exploration.task {
                    await account.pay {
                        await Task.yield()
                        return true
                    }
                }
            }
            exploration.check {
                let balance = await account.balance
                exploration.expect(balance >= 0, "the balance is \(balance)")
            }
        }
        #expect(try #require(report.failure, "\(report)").message == "the balance is -1")
    }

    /// Two producers and two consumers through a queue of one place.
    private static func relay<Queue: BoundedQueue>(_ queue: Queue, _ exploration: TaskExploration)
    where Queue.Element == Int {
        let producers = (0..<2).map { producer in
            exploration.task("producer \(producer + 1)") {
                for element in 0..<3 {
                    let result = await queue.push(producer * 10 + element)
                    exploration.expect(result.isAccepted, "a push to an open queue was refused")
                }
            }
        }
        let taken = (0..<2).map { consumer in
            exploration.task("consumer \(consumer + 1)") {
                var taken: [Int] = []
                while let element = await queue.pop() { taken.append(element) }
                return taken
            }
        }
        exploration.task("closer") {
            while !producers.allSatisfy(\.hasEnded) { await Task.yield() }
            await queue.close()
        }
        exploration.check {
            for consumer in taken {
                for producer in 0..<2 {
                    let own = consumer.value.filter { $0 / 10 == producer }
                    exploration.expect(own == own.sorted(), "\(own) came out of order")
                }
            }
            let all = taken.flatMap(\.value).sorted()
            exploration.expect(all == [0, 1, 2, 10, 11, 12], "\(all) came out")
        }
    }

    @Test("Tasks that push and pop through the three queues are all woken, whatever their order")
    func queues() {
        let explorer = TaskExplorer(schedules: 150, seed: 3)
        for report in [
            explorer.explore { Self.relay(ActorQueue<Int>(capacity: 1), $0) },
            explorer.explore { Self.relay(MutexQueue<Int>(capacity: 1), $0) },
            explorer.explore { Self.relay(RingQueue<Int>(capacity: 1), $0) },
            explorer.explore { Self.relay(RingQueue<Int>(capacity: 2, consistency: .strict), $0) },
        ] {
            #expect(report.passed, "\(report)")
        }
    }

    @Test("Waiters that are cancelled anywhere leave no wake-up behind", arguments: [0, 1, 2])
    func cancellation(kind: Int) {
        func play<Queue: BoundedQueue>(_ queue: Queue, _ exploration: TaskExploration) where Queue.Element == Int {
            let cancelled = exploration.task("cancelled") { await queue.pop() }
            let other = exploration.task("other") { await queue.pop() }
            exploration.task("producer") {
                _ = await queue.push(1)
                cancelled.cancel()
                _ = await queue.push(2)
            }
            exploration.check {
                var left: [Int] = []
                while let element = await queue.tryPop() { left.append(element) }
                let all = [cancelled.value, other.value].compactMap { $0 } + left
                exploration.expect(all.sorted() == [1, 2], "\(all) came out")
            }
        }
        let explorer = TaskExplorer(schedules: 150, seed: 4)
        let report =
            switch kind {
            case 0: explorer.explore { play(ActorQueue<Int>(capacity: 2), $0) }
            case 1: explorer.explore { play(MutexQueue<Int>(capacity: 2), $0) }
            default: explorer.explore { play(RingQueue<Int>(capacity: 2), $0) }
            }
        #expect(report.passed, "\(report)")
    }

    @Test("A task that is woken from outside, however late, is no deadlock")
    func outside() {
        let report = TaskExplorer(schedules: 3, seed: 5).explore { exploration in
            for _ in 0..<2 {
                exploration.task {
                    await withCheckedContinuation { continuation in
                        Thread.detachNewThread { continuation.resume() }
                    }
                    await Task.yield()
                }
            }
        }
        #expect(report.failure == nil, "\(report)")
    }

    @Test("A single task is vacuous; so are tasks that never meet")
    func vacuity() {
        #expect(TaskExplorer(schedules: 5, seed: 1).explore { $0.task { await Task.yield() } }.isVacuous)
        let apart = TaskExplorer(schedules: 5, seed: 1).explore { exploration in
            for _ in 0..<2 { exploration.task {} }
        }
        #expect(apart.isVacuous && !apart.passed)
    }

    @Test("A task that never ends is reported")
    func ends() throws {
        let report = TaskExplorer(schedules: 5, seed: 1, steps: 500).explore { exploration in
            exploration.task("endless") { while !Task.isCancelled { await Task.yield() } }
            exploration.task("other") {}
        }
        #expect(try #require(report.failure).message == "the schedule does not end: endless after 500 steps")
    }
}
