import BackpressureMonitoring
import BackpressureTesting
import BoundedQueues
import ConcurrencySupport
import FlowControl
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing

@Suite("Worker pool as a service, and watched", .timeLimit(.minutes(3)))
struct PoolServiceTests {
    private let clock = ManualClock()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Jobs that hold their worker until they are let through or cancelled.
    private final class Gate: Sendable {
        private let semaphore = MutexSemaphore(limit: 100)

        init() { _ = semaphore.tryAcquire(100) }
        func pass() async throws { try await semaphore.acquire() }
        func open() { semaphore.release(100) }
        func waitFor(_ count: Int) async {
            while semaphore.statistics().waiting < count { await Task.yield() }
        }
    }

    @Test("A shutdown in mid-flood runs all that was accepted, within the grace period")
    func shutdownRuns() async throws {
        let done = Lock([Int]())
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 8), workers: 3)
        let service = pool.service("orders", grace: .seconds(10), clock: clock, logger: logger) { left in
            Issue.record("\(left.count) were left")
        }
        let accepted = try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                var accepted: [Int] = []
                for number in 0..<400 {
                    if number == 200 { trigger.triggerGracefulShutdown() }
                    switch await pool.submit({ done.withLock { $0.append(number) } }) {
                    case .accepted: accepted.append(number)
                    case .closed: #expect(number >= 200)
                    default: Issue.record("neither accepted nor closed")
                    }
                }
                try await group.waitForAll()
                return accepted
            }
        }
        #expect(accepted.count >= 200)
        #expect(done.withLock { $0.sorted() } == accepted)
        #expect(pool.statistics().completed == UInt64(accepted.count))
    }

    @Test("Jobs that a shutdown has no time to begin are handed over, and the service says that it was late")
    func leftIsHandedOver() async throws {
        let done = Lock([Int]())
        let left = Lock([PoolJob]())
        let gate = Gate()
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 8), workers: 2, clock: clock)
        let service = pool.service("orders", grace: .seconds(10), clock: clock, logger: logger) { jobs in
            left.withLock { $0 += jobs }
        }
        for _ in 0..<2 { #expect(await pool.submit { try await gate.pass() }.isAccepted) }
        for number in 0..<5 { #expect(await pool.submit { done.withLock { $0.append(number) } }.isAccepted) }
        await testGracefulShutdown { trigger in
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                await gate.waitFor(2)
                trigger.triggerGracefulShutdown()
                await clock.waitForSleepers(1)
                #expect(left.withLock { $0.isEmpty })
                clock.advance(by: .seconds(10))
                await #expect(throws: DrainingService.Overdue(name: "orders", grace: .seconds(10))) {
                    try await group.next()
                }
            }
        }
        #expect(done.withLock { $0.isEmpty })
        for job in left.withLock({ $0 }) { try await job() }
        #expect(done.withLock { $0 } == [0, 1, 2, 3, 4])
        #expect(pool.statistics().failed == 2, "what ran was cancelled")
    }

    @Test("A cancelled service has run or hands over every job accepted", arguments: [0, 1, 20])
    func cancelled(ran: Int) async {
        let done = Atomic(0)
        let left = Atomic(0)
        let pool = WorkerPool(queue: RingQueue<PoolJob>(capacity: 8), workers: 2)
        let service = pool.service("orders", grace: .seconds(10), clock: clock, logger: logger) { jobs in
            left.wrappingAdd(jobs.count, ordering: .relaxed)
        }
        let task = Task { try await service.run() }
        let producer = Task {
            var accepted = 0
            while await pool.submit({ done.wrappingAdd(1, ordering: .relaxed) }).isAccepted { accepted += 1 }
            return accepted
        }
        while done.load(ordering: .relaxed) < ran { await Task.yield() }
        task.cancel()
        _ = await task.result
        let accepted = await producer.value
        #expect(accepted == done.load(ordering: .relaxed) + left.load(ordering: .relaxed))
    }

    @Test("A pool is watched: jobs that wait, workers that are busy, jobs that were refused")
    func watched() async throws {
        let gate = Gate()
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 4, policy: .reject), workers: 2)
        let probe: Probe = .pool(pool)
        #expect(await probe.gauges().utilization == nil)
        let running = Task { await pool.run() }
        #expect(await pool.submit { try await gate.pass() }.isAccepted)
        await gate.waitFor(1)
        while pool.statistics().workers < 2 { await Task.yield() }
        #expect(await probe.gauges().utilization == 0.5)
        #expect(await pool.submit { try await gate.pass() }.isAccepted)
        await gate.waitFor(2)
        for index in 0..<6 { #expect(await pool.submit {}.isAccepted == (index < 4)) }
        let full = await probe.gauges()
        #expect(full.kind == "pool")
        #expect(full.depth == 4)
        #expect(full.capacity == 4)
        #expect(full.utilization == 1)
        #expect(full.turnedAway == 2)
        #expect(full.offered == 8)
        gate.open()
        await pool.shutdown()
        await running.value
        let ended = await probe.gauges()
        #expect(ended.depth == 0)
        #expect(ended.arrived == 6)
        #expect(ended.departed == 6)
        #expect(ended.utilization == nil)
    }
}
