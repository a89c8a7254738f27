import BoundedQueues
import Testing

@testable import BackpressureBenchmark

@Suite("A run through one queue", .serialized)
struct QueueRunTests {
    struct Combination: Sendable, CustomTestStringConvertible {
        let queue: QueueImplementation
        let policy: QueueLoad.Policy
        let driver: Scenario.Driver
        let arrival: Arrival

        var testDescription: String { "\(queue.id), \(policy.rawValue), \(driver.rawValue), \(arrival)" }
    }

    static let combinations = Registry.builtIn.queues.filter(\.conservesElements).flatMap { queue in
        QueueLoad.Policy.allCases.flatMap { policy in
            Scenario.Driver.allCases.flatMap { driver in
                [Arrival.closedLoop, .constant(ratePerSecond: 50_000), .alternating].compactMap { arrival in
                    var load = Samples.queueLoad
                    (load.policy, load.arrival) = (policy, arrival)
                    guard queue.reasonAgainst(load, driver: driver) == nil else { return nil as Combination? }
                    return Combination(queue: queue, policy: policy, driver: driver, arrival: arrival)
                }
            }
        }
    }

    private func run(
        _ queue: QueueImplementation,
        policy: QueueLoad.Policy = .block,
        driver: Scenario.Driver = .threads,
        arrival: Arrival = .closedLoop
    ) async throws -> QueueRun.Outcome {
        var load = Samples.queueLoad
        (load.policy, load.arrival) = (policy, arrival)
        if arrival != .alternating {
            (load.producers, load.consumers) = (min(2, queue.maxProducers ?? 2), min(2, queue.maxConsumers ?? 2))
            load.capacity = 4
        }
        let run = QueueRun(
            implementation: queue,
            load: load,
            driver: driver,
            seed: 1,
            warmupSeconds: 0.001,
            durationSeconds: 0.01
        )
        // On a busy machine a short run may be over before its workers have begun: that one shows nothing.
        let enough = 40
        for _ in 0..<50 {
            let outcome = try await onOwnThread { () throws(MeasurementError) in try run.perform() }
            if outcome.offered >= enough { return outcome }
        }
        return try #require(nil, "the workers never got to work")
    }

    @Test("accounts for every element", arguments: combinations)
    func conservation(_ combination: Combination) async throws {
        let outcome = try await run(
            combination.queue,
            policy: combination.policy,
            driver: combination.driver,
            arrival: combination.arrival
        )
        #expect(outcome.violation == nil)
        #expect(outcome.lost == 0)
        #expect(outcome.taken > 0)
        if combination.policy != .dropOldest { #expect(outcome.evicted == 0) }
        if combination.policy != .dropNewest { #expect(outcome.dropped == 0) }
    }

    @Test("ends with a yardstick that gives elements out for ever too", arguments: Scenario.Driver.allCases)
    func yardstick(driver: Scenario.Driver) async throws {
        let null = try #require(Registry.builtIn.queues.first { $0.role == .yardstick && !$0.conservesElements })
        #expect(try await run(null, driver: driver, arrival: .alternating).taken > 0)
        #expect(try await run(null, driver: driver, arrival: .closedLoop).taken > 0)
    }

    @Test("misses what a queue loses or makes up", arguments: [0, 2], [Arrival.closedLoop, .alternating])
    func violations(copies: Int, arrival: Arrival) async throws {
        let queue = QueueImplementation(
            id: "faulty",
            family: .other,
            summary: "puts every tenth element in so many times",
            words: { QueueInstance(MiscountingQueue($0, copies: copies)) },
            payloads: nil
        )
        let outcome = try await run(queue, arrival: arrival)
        #expect(outcome.violation?.contains("were taken") == true, "\(outcome)")
    }

    @Test("says what is wrong with the counts")
    func words() {
        var outcome = QueueRun.Outcome()
        (outcome.offered, outcome.accepted, outcome.refused, outcome.taken, outcome.evicted) = (10, 8, 2, 7, 1)
        (outcome.acceptedSum, outcome.takenSum, outcome.evictedSum) = (.max, 5, .max - 5)
        #expect(outcome.violation == nil)
        func violation(_ change: (inout QueueRun.Outcome) -> Void) -> String? {
            var copy = outcome
            change(&copy)
            return copy.violation
        }
        #expect(violation { $0.taken = 6 } == "accepted 8 elements, but 6 were taken and 1 evicted")
        #expect(violation { $0.takenSum = 6 }?.contains("not the same ones") == true)
        #expect(violation { $0.refused = 1 } == "offered 10 elements, but 8 were accepted and 1 refused")
    }
}

/// Every tenth element goes in `copies` times.
private final class MiscountingQueue: SynchronousBoundedQueue {
    private let base: MutexQueue<UInt64>
    private let copies: Int

    init(_ setup: QueueSetup<UInt64>, copies: Int) {
        // Room for the copies, so that the fault isn't hidden by a full queue.
        base = MutexQueue(capacity: setup.capacity + 1_000_000, policy: setup.policy, onDrop: setup.onDrop)
        self.copies = copies
    }

    var capacity: Int { base.capacity }
    var policy: OverflowPolicy { base.policy }

    func tryPush(_ element: UInt64) -> PushResult<UInt64> {
        var result = PushResult<UInt64>.accepted
        for _ in 0..<(element % 10 == 9 ? copies : 1) { result = base.tryPush(element) }
        return result
    }

    func tryPop() -> UInt64? { base.tryPop() }
    func push(_ element: UInt64) async -> PushResult<UInt64> { tryPush(element) }
    func pop() async -> UInt64? { await base.pop() }
    func close() { base.close() }
    func statistics() -> QueueStatistics { base.statistics() }
}

/// Runs `body` on a thread outside the pool, as those that conduct a measurement need.
func onOwnThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws -> Value {
    try await withCheckedContinuation { continuation in
        WorkerThread {
            do throws(Failure) {
                continuation.resume(returning: Result<Value, Failure>.success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }.detach()
    }.get()
}
