import BackpressureMonitoring
import BackpressureTesting
import BoundedQueues
import ConcurrencySupport
import InMemoryLogging
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@Suite("Draining service", .timeLimit(.minutes(3)))
struct DrainingServiceTests {
    private let clock = ManualClock()
    private let log = InMemoryLogHandler()

    /// A worker that takes what is in a queue, at one element for each step that it is allowed.
    private final class Worker: Sendable {
        let queue = MutexQueue<Int>(capacity: 1_000)
        let steps = MutexQueue<Void>(capacity: 1_000)
        let done = Lock([Int]())
        let left = Lock([Int]())

        @Sendable func work() async {
            while let element = await queue.pop() {
                guard await steps.pop() != nil else {
                    left.withLock { $0.append(element) }
                    return
                }
                done.withLock { $0.append(element) }
            }
        }

        @Sendable func abandon() async {
            let rest = await queue.drain()
            left.withLock { $0 += rest }
        }
    }

    private func service(of worker: Worker, grace: Duration = .seconds(10)) -> DrainingService {
        DrainingService(
            "orders",
            grace: grace,
            clock: clock,
            logger: Logger(label: "test") { _ in log },
            work: worker.work,
            drain: { worker.queue.close() },
            abandon: worker.abandon
        )
    }

    private func push(_ range: Range<Int>, to worker: Worker) -> [Int] {
        var accepted: [Int] = []
        for number in range where worker.queue.tryPush(number).isAccepted { accepted.append(number) }
        return accepted
    }

    @Test("A shutdown in mid-flood does all that was accepted, and accepts no more")
    func drainsWhatWasAccepted() async throws {
        let worker = Worker()
        var accepted = push(0..<100, to: worker)
        for _ in 0..<30 { _ = worker.steps.tryPush(()) }
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let service = service(of: worker)
                group.addTask { try await service.run() }
                accepted += push(100..<200, to: worker)
                trigger.triggerGracefulShutdown()
                // The grace period's timer runs: the drain has begun.
                await clock.waitForSleepers(1)
                var next = 200
                while worker.queue.tryPush(next).isAccepted {
                    accepted.append(next)
                    next += 1
                    await Task.yield()
                }
                clock.advance(by: .milliseconds(9_999))
                // One at a time, since before the queue was seen to be closed any number may have been accepted.
                for _ in 30..<accepted.count { _ = await worker.steps.push(()) }
                try await group.waitForAll()
            }
        }
        #expect(worker.done.withLock { $0 } == accepted)
        #expect(worker.left.withLock { $0 }.isEmpty)
    }

    @Test("When the grace period is over, what is left is handed over and the service says so")
    func overdue() async {
        let worker = Worker()
        let accepted = push(0..<100, to: worker)
        for _ in 0..<30 { _ = worker.steps.tryPush(()) }
        await testGracefulShutdown { trigger in
            await withThrowingTaskGroup(of: Void.self) { group in
                let service = service(of: worker)
                group.addTask { try await service.run() }
                trigger.triggerGracefulShutdown()
                await clock.waitForSleepers(1)
                clock.advance(by: .seconds(10))
                await #expect(throws: DrainingService.Overdue(name: "orders", grace: .seconds(10))) {
                    try await group.next()
                }
            }
        }
        expectAllAccounted(accepted, worker)
        #expect(log.entries.contains { $0.level == .error && $0.metadata["name"] == "orders" })
    }

    @Test("A cancelled service hands over what is left too")
    func cancelled() async {
        let worker = Worker()
        let accepted = push(0..<100, to: worker)
        let service = service(of: worker)
        let task = Task { try await service.run() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        expectAllAccounted(accepted, worker)
    }

    @Test("Work that fails is drained, handed over and reported")
    func failing() async {
        struct Broken: Error {}
        let worker = Worker()
        let accepted = push(0..<10, to: worker)
        let service = DrainingService(
            "orders",
            grace: .seconds(10),
            clock: clock,
            logger: Logger(label: "test") { _ in log },
            work: { throw Broken() },
            drain: { worker.queue.close() },
            abandon: worker.abandon
        )
        await #expect(throws: Broken.self) { try await service.run() }
        expectAllAccounted(accepted, worker)
    }

    @Test("In a service group, a graceful shutdown of the group drains")
    func inAGroup() async throws {
        let worker = Worker()
        let accepted = push(0..<50, to: worker)
        for _ in 0..<50 { _ = worker.steps.tryPush(()) }
        let group = ServiceGroup(services: [service(of: worker)], logger: Logger(label: "test") { _ in log })
        let task = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        _ = try await task.value
        #expect(worker.done.withLock { $0 } == accepted)
    }

    @Test("A drain that merely cancels its work loses what was accepted, and is found out")
    func losingDrainIsFound() async throws {
        let worker = Worker()
        let accepted = push(0..<100, to: worker)
        let service = DrainingService(
            "orders",
            grace: .seconds(10),
            clock: clock,
            logger: Logger(label: "test") { _ in log },
            work: { await cancelWhenGracefulShutdown { await worker.work() } },
            drain: { worker.queue.close() }
        )
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(worker.done.withLock(\.count) + worker.left.withLock(\.count) < accepted.count)
    }

    private func expectAllAccounted(_ accepted: [Int], _ worker: Worker) {
        let all = worker.done.withLock { $0 } + worker.left.withLock { $0 }
        #expect(all.sorted() == accepted)
    }
}
