import BackpressureTesting
import BoundedQueues
import FlowControl
import Synchronization
import Testing

@Suite("A worker pool", .timeLimit(.minutes(3)))
struct WorkerPoolTests {
    private struct WorkError: Error, Equatable {}

    private final class Tally: Sendable {
        let ran = Atomic<Int>(0)
        let inProgress = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let failures = Atomic<Int>(0)

        func work() async {
            most.max(inProgress.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
            await Task.yield()
            inProgress.wrappingSubtract(1, ordering: .relaxed)
            ran.wrappingAdd(1, ordering: .relaxed)
        }
        var count: Int { ran.load(ordering: .relaxed) }
    }

    /// A door that jobs wait at.
    private final class Gate: Sendable {
        private let semaphore = MutexSemaphore(limit: 1_000)
        private let waiting = Atomic<Int>(0)

        init() { _ = semaphore.tryAcquire(1_000) }
        func pass() async throws {
            waiting.wrappingAdd(1, ordering: .relaxed)
            try await semaphore.acquire()
        }
        func open() { semaphore.release(1_000) }
        func waitFor(_ count: Int) async {
            while waiting.load(ordering: .relaxed) < count { await Task.yield() }
        }
    }

    private func flood<Queue: BoundedQueue>(_ queue: Queue) async where Queue.Element == PoolJob {
        let tally = Tally()
        let pool = WorkerPool(queue: queue, workers: 3) { _ in tally.failures.wrappingAdd(1, ordering: .relaxed) }
        async let running: Void = pool.run()
        let accepted = await withTaskGroup(of: Int.self) { group in
            for producer in 0..<3 {
                group.addTask {
                    var accepted = 0
                    for index in 0..<200 {
                        let result = await pool.submit {
                            await tally.work()
                            if (index + producer) % 5 == 0 { throw WorkError() }
                        }
                        if result.isAccepted { accepted += 1 }
                    }
                    return accepted
                }
            }
            return await group.reduce(0, +)
        }
        await pool.shutdown()
        await running
        #expect(accepted == 600 && tally.count == 600)
        #expect(tally.most.load(ordering: .relaxed) <= 3)
        #expect(tally.failures.load(ordering: .relaxed) == 120)
        let statistics = pool.statistics()
        #expect(statistics.completed == 600 && statistics.failed == 120 && statistics.workers == 0)
        #expect(await pool.submit {}.takeReturned() != nil)
    }

    @Test("Runs everything accepted over any queue, no more at a time than it has workers, however many jobs fail")
    func flood() async {
        await flood(MutexQueue<PoolJob>(capacity: 4))
        await flood(ActorQueue<PoolJob>(capacity: 4))
        await flood(RingQueue<PoolJob>(capacity: 4))
    }

    @Test("Hands back values and errors, and says why a job never ran")
    func values() async throws {
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 1, policy: .reject), workers: 1)
        let gate = Gate()
        async let running: Void = pool.run()
        #expect(try await pool.run { 7 } == 7)
        await #expect(throws: WorkError()) { try await pool.run { throw WorkError() } }
        async let blocked: Void = pool.run { try await gate.pass() }
        await gate.waitFor(1)
        #expect(await pool.submit {}.isAccepted)
        let error = await #expect(throws: WorkerPoolError.self) { try await pool.run { 8 } }
        if case .full = error {} else { Issue.record("\(String(describing: error))") }
        gate.open()
        try await blocked
        await pool.shutdown()
        await running
        await #expect(throws: WorkerPoolError.closed) { try await pool.run { 9 } }
    }

    @Test("The caller of a job that the policy evicts is told")
    func evicted() async throws {
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 1, policy: .dropOldest), workers: 1)
        let evicted = Task { try await pool.run { 1 } }
        while pool.queue.statistics().depth < 1 { await Task.yield() }
        #expect(await pool.submit {}.isAccepted)
        await #expect(throws: WorkerPoolError.dropped) { try await evicted.value }
    }

    @Test(
        "A caller that gives up before its job begins is let go at once, and the job never runs; one that runs is cancelled"
    )
    func givingUp() async throws {
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 8), workers: 1)
        let (gate, tally) = (Gate(), Tally())
        let running = Task { await pool.run() }
        let first = Task { try await pool.run { try await gate.pass() } }
        await gate.waitFor(1)
        let second = Task { try await pool.run { await tally.work() } }
        while pool.queue.statistics().depth < 1 { await Task.yield() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        await #expect(throws: PermitError.cancelled) { try await first.value }
        #expect(try await pool.run { 3 } == 3)
        await pool.shutdown()
        await running.value
        #expect(tally.count == 0)
    }

    @Test("Workers come and go while it runs: idle ones at once, busy ones when their job is done")
    func resizing() async throws {
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 100), workers: 1)
        let running = Task { await pool.run() }
        for target in [4, 2, 5, 1] {
            pool.setWorkers(target)
            while pool.statistics().workers != target { await Task.yield() }
            let gate = Gate()
            for _ in 0..<8 { #expect(await pool.submit { try await gate.pass() }.isAccepted) }
            await gate.waitFor(target)
            #expect(pool.statistics().busy == target)
            gate.open()
            while pool.statistics().busy > 0 { await Task.yield() }
        }
        let gate = Gate()
        pool.setWorkers(3)
        for _ in 0..<3 { #expect(await pool.submit { try await gate.pass() }.isAccepted) }
        await gate.waitFor(3)
        pool.setWorkers(1)
        #expect(pool.statistics().busy == 3)
        gate.open()
        while pool.statistics().workers > 1 { await Task.yield() }
        await pool.shutdown()
        await running.value
        #expect(pool.statistics().failed == 0)
    }

    @Test("A shutdown that has no time left cancels what runs and returns what was not begun")
    func deadline() async throws {
        let clock = ManualClock()
        let pool = WorkerPool(queue: MutexQueue<PoolJob>(capacity: 100), workers: 2, clock: clock)
        let (gate, tally) = (Gate(), Tally())
        let running = Task { await pool.run() }
        for _ in 0..<2 { #expect(await pool.submit { try await gate.pass() }.isAccepted) }
        await gate.waitFor(2)
        for _ in 0..<5 { #expect(await pool.submit { await tally.work() }.isAccepted) }
        let waiter = Task { try await pool.run { 1 } }
        while pool.queue.statistics().depth < 6 { await Task.yield() }
        // In a scope of its own: the last job is dropped when nobody holds it any more.
        do {
            async let shutdown = pool.shutdown(within: .seconds(1))
            await clock.waitForSleepers(1)
            #expect(tally.count == 0)
            clock.advance(by: .seconds(1))
            let left = await shutdown
            #expect(left.count == 6 && tally.count == 0 && pool.statistics().failed == 2)
            for job in left.prefix(5) { try await job() }
        }
        await running.value
        #expect(tally.count == 5)
        await #expect(throws: WorkerPoolError.dropped) { try await waiter.value }
    }

    @Test("Cancelled in mid-flood, it has run or returns every job accepted", arguments: 0..<10)
    func cancellation(round: Int) async {
        let pool = WorkerPool(queue: RingQueue<PoolJob>(capacity: 8), workers: 2)
        let tally = Tally()
        let running = Task { await pool.run() }
        let producers = (0..<3).map { _ in
            Task {
                var accepted = 0
                while true {
                    guard await pool.submit({ await tally.work() }).isAccepted else { return accepted }
                    accepted += 1
                }
            }
        }
        while tally.count < 20 * round { await Task.yield() }
        if round % 2 == 0 { running.cancel() }
        let left = await pool.shutdown(within: .zero)
        await running.value
        var accepted = 0
        for producer in producers { accepted += await producer.value }
        #expect(
            accepted == tally.count + left.count,
            "\(accepted) accepted, \(tally.count) ran, \(left.count) returned"
        )
    }
}
