import BoundedQueues
import ConcurrencySupport
import Testing

@testable import BackpressureBenchmark

@Suite("A run through one queue", .serialized)
struct QueueRunTests {
    struct Combination: Sendable, CustomTestStringConvertible {
        let queue: QueueImplementation
        let load: QueueLoad
        let driver: Scenario.Driver

        var testDescription: String {
            "\(queue.id), \(load.policy.rawValue), \(driver.rawValue), \(load.arrival), \(load.waiting.rawValue), "
                + "batches of \(load.batch)"
        }
    }

    /// A load on two producers and two consumers where that makes sense.
    static func load(
        _ arrival: Arrival = .closedLoop,
        policy: QueueLoad.Policy = .block,
        waiting: QueueLoad.Waiting = .yield,
        batch: Int = 1
    ) -> QueueLoad {
        var load = Samples.queueLoad
        (load.policy, load.arrival, load.waiting, load.batch) = (policy, arrival, waiting, batch)
        load.capacity = 4
        // Small, so that what it does happens.
        load.policySettings = PolicySettings(sampleOneIn: 3, longestDelayNanoseconds: 50_000, spillLimit: 8)
        switch arrival {
        case .alternating, .roundTrip: (load.producers, load.consumers) = (1, 1)
        case .idle: (load.producers, load.consumers) = (0, 2)
        default: (load.producers, load.consumers) = (2, 2)
        }
        return load
    }

    static let combinations = (Registry.builtIn.queues.filter(\.conservesElements) + [PlainQueue.implementation()])
        .flatMap { queue in
            QueueLoad.Policy.allCases.flatMap { policy in
                [
                    load(.closedLoop, policy: policy), load(.closedLoop, policy: policy, waiting: .park),
                    load(.constant(ratePerSecond: 50_000), policy: policy),
                    load(.constant(ratePerSecond: 50_000), policy: policy, waiting: .park),
                    load(.closedLoop, policy: policy, batch: 3), load(.alternating, policy: policy),
                ]
            }.flatMap { load in combine(queue, load) }
                + [load(.roundTrip), load(.roundTrip, waiting: .park)].flatMap { load in combine(queue, load) }
        }

    private static func combine(_ queue: QueueImplementation, _ load: QueueLoad) -> [Combination] {
        var load = load
        load.producers = min(load.producers, queue.maxProducers ?? .max)
        load.consumers = min(load.consumers, queue.maxConsumers ?? .max)
        let drivers = load.waiting == .park ? [Scenario.Driver.threads] : Scenario.Driver.allCases
        return drivers.filter { queue.reasonAgainst(load, driver: $0) == nil }
            .map { [load] in Combination(queue: queue, load: load, driver: $0) }
    }

    private func run(
        _ queue: QueueImplementation,
        _ load: QueueLoad = load(),
        driver: Scenario.Driver = .threads,
        until isEnough: (QueueRun.Outcome) -> Bool = { $0.offered >= 40 }
    ) async throws -> QueueRun.Outcome {
        // On a busy machine a short run may be over before its workers have begun: that one shows nothing.
        for attempt in 0..<50 {
            let run = QueueRun(
                implementation: queue,
                load: load,
                driver: driver,
                seed: 1,
                warmupSeconds: 0.001,
                durationSeconds: 0.01 * Double(1 << min(attempt / 5, 5))
            )
            let outcome = try await onOwnThread { () throws(MeasurementError) in try run.perform() }
            if isEnough(outcome) { return outcome }
        }
        return try #require(nil, "the workers never got to work")
    }

    @Test("accounts for every element", arguments: combinations)
    func conservation(_ combination: Combination) async throws {
        let outcome = try await run(combination.queue, combination.load, driver: combination.driver)
        #expect(outcome.violation == nil)
        #expect(outcome.lost == 0)
        #expect(outcome.taken > 0)
        let policy = combination.load.policy
        if policy != .dropOldest { #expect(outcome.evicted == 0) }
        if policy != .dropNewest, policy != .sample { #expect(outcome.dropped == 0) }
        if policy != .spill { #expect(outcome.spilled == 0) }
    }

    @Test("is run with the policies that the load names", arguments: ["mutex", "actor", "ring"])
    func policies(id: String) async throws {
        let queue = try #require(Registry.builtIn.queues.first { $0.id == id })
        let driver = Scenario.Driver.allCases.first { queue.reasonAgainst(Self.load(), driver: $0) == nil }
        func outcome(_ policy: QueueLoad.Policy) async throws -> QueueRun.Outcome {
            var load = Self.load(policy: policy)
            // Far too slow for its producers.
            (load.consumers, load.serviceTimeNanoseconds) = (1, 100_000)
            return try await run(queue, load, driver: try #require(driver))
        }
        let sampled = try await outcome(.sample)
        #expect(sampled.dropped > 0 && sampled.violation == nil)
        let spilled = try await outcome(.spill)
        #expect(spilled.spilled > 0 && spilled.refused > 0 && spilled.violation == nil, "8 elements go to the store")
        let throttled = try await outcome(.throttle)
        #expect(throttled.violation == nil)
    }

    @Test("goes on where it must until everything was offered, however long that takes", arguments: [true, false])
    func goesOn(isSampled: Bool) async throws {
        let queue = try #require(Registry.builtIn.queues.first { $0.id == "unbounded" })
        // Some 100 000 elements, which nobody offers in a tenth of a millisecond.
        var load = Self.load(.constant(ratePerSecond: 1e9))
        load.producers = 1
        let run = QueueRun(
            implementation: queue,
            load: load,
            driver: .threads,
            seed: 1,
            warmupSeconds: 0,
            durationSeconds: 1e-4
        )
        let outcome = try await onOwnThread { () throws(MeasurementError) in
            var observer = QueueRun.Observer()
            observer.goesOn = { _ in true }
            if isSampled { observer.sampleIntervalNanoseconds = 1_000 }
            return try run.perform(observer: observer)
        }
        #expect(outcome.offered >= 99_000)
    }

    @Test("measures each round trip as a whole", arguments: ["mutex", "actor", "ring", "plain"])
    func roundTrip(id: String) async throws {
        let queue = try #require(
            (Registry.builtIn.queues + [PlainQueue.implementation()]).first { $0.id == id }
        )
        for combination in Self.combine(queue, Self.load(.roundTrip))
            + Self.combine(queue, Self.load(.roundTrip, waiting: .park))
        {
            let outcome = try await run(queue, combination.load, driver: combination.driver) { $0.latencyCount > 0 }
            #expect(outcome.violation == nil)
            #expect(outcome.latencyCount <= outcome.taken)
            #expect(outcome.latenciesOutOfRange == 0)
        }
    }

    @Test("may have nobody who offers anything", arguments: [QueueLoad.Waiting.yield, .park])
    func idle(waiting: QueueLoad.Waiting) async throws {
        for combination in ["mutex", "actor", "ring"].flatMap({ id in
            Registry.builtIn.queues.filter { $0.id == id }.flatMap {
                Self.combine($0, Self.load(.idle, waiting: waiting))
            }
        }) {
            let run = QueueRun(
                implementation: combination.queue,
                load: combination.load,
                driver: combination.driver,
                seed: 1,
                warmupSeconds: 0,
                durationSeconds: 0.01
            )
            let outcome = try await onOwnThread { () throws(MeasurementError) in try run.perform() }
            #expect(outcome.violation == nil)
            #expect(outcome.offered == 0 && outcome.taken == 0)
            #expect(outcome.measured.seconds > 0)
        }
    }

    @Test("ends with a yardstick that gives elements out for ever too", arguments: Scenario.Driver.allCases)
    func yardstick(driver: Scenario.Driver) async throws {
        let null = try #require(Registry.builtIn.queues.first { $0.role == .yardstick && !$0.conservesElements })
        for load in [Self.load(.alternating), Self.load(), Self.load(batch: 3), Self.load(.roundTrip)] {
            #expect(try await run(null, load, driver: driver).taken > 0)
        }
        #expect(null.reasonAgainst(Self.load(.idle), driver: driver) != nil, "it never lets anyone wait")
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
        let outcome = try await run(queue, Self.load(arrival))
        #expect(outcome.violation?.contains("were taken") == true, "\(outcome)")
    }

    @Test(
        "misses what is lost in a batch, or counted wrongly",
        arguments: PlainQueue.Defect.allCases,
        Scenario.Driver.allCases
    )
    func brokenBatches(defect: PlainQueue.Defect, driver: Scenario.Driver) async throws {
        let outcome = try await run(PlainQueue.implementation(defect), Self.load(batch: 3), driver: driver)
        #expect(outcome.violation != nil, "\(outcome)")
    }

    @Test("misses what is lost or made up by a queue in which threads park", arguments: [0, 2])
    func brokenParking(copies: Int) async throws {
        let queue = PlainQueue.implementation(copies == 0 ? .losesElements : .duplicatesElements)
        let outcome = try await run(queue, Self.load(waiting: .park))
        #expect(outcome.violation != nil, "\(outcome)")
    }

    @Test(
        "misses an element that doesn't come back from a round trip, or comes back twice",
        arguments: [PlainQueue.Defect.losesElements, .duplicatesElements],
        [QueueLoad.Waiting.yield, .park]
    )
    func brokenRoundTrip(defect: PlainQueue.Defect, waiting: QueueLoad.Waiting) async throws {
        let queue = PlainQueue.implementation(defect)
        var load = Self.load(.roundTrip, waiting: waiting)
        // Room for what comes back twice: else both would soon wait for each other.
        load.capacity = 1_000_000
        for combination in Self.combine(queue, load) {
            // Nothing is wrong with the first few elements.
            let outcome = try await run(queue, combination.load, driver: combination.driver) { $0.offered >= 10 }
            #expect(outcome.violation != nil, "\(combination): \(outcome)")
        }
    }

    @Test(
        "finds what a queue took while it was closed, when whoever answers had gone",
        arguments: [(Scenario.Driver.threads, QueueLoad.Waiting.yield), (.threads, .park), (.tasks, .yield)]
    )
    func lateQuestion(driver: Scenario.Driver, waiting: QueueLoad.Waiting) async throws {
        let queue = QueueImplementation(
            id: "late",
            family: .other,
            summary: "takes its twentieth element after it was closed",
            words: { _ in QueueInstance(LateQueue()) },
            payloads: nil
        )
        let outcome = try await run(queue, Self.load(.roundTrip, waiting: waiting), driver: driver) { $0.offered >= 20 }
        #expect(outcome.violation == nil)
        #expect(outcome.taken == 20)
    }

    @Test("is over when nothing is left, in the queue or in its store")
    func emptiness() {
        var statistics = PlainQueue(capacity: 1).statistics()
        #expect(isEmpty(Counted(statistics: statistics)))
        statistics.depth = 1
        #expect(!isEmpty(Counted(statistics: statistics)))
        (statistics.depth, statistics.stored) = (0, 1)
        #expect(!isEmpty(Counted(statistics: statistics)))
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

/// Has the counts that it was given, and nothing else.
private struct Counted: SynchronousBoundedQueue {
    let counts: QueueStatistics

    init(statistics: QueueStatistics) { counts = statistics }

    var capacity: Int { counts.capacity }
    var policy: OverflowPolicy { .spill }

    func tryPush(_ element: UInt64) -> PushResult<UInt64> { .full(element) }
    func tryPop() -> UInt64? { nil }
    func push(_ element: UInt64) async -> PushResult<UInt64> { .full(element) }
    func pop() async -> UInt64? { nil }
    func close() {}
    func statistics() -> QueueStatistics { counts }
}

/// A push of the twentieth element is on its way until the queue was closed and found empty: it succeeds after that.
private final class LateQueue: BlockingBoundedQueue {
    private struct State {
        var elements: [UInt64] = []
        var isClosed = false
        var wasFoundEmpty = false

        /// `nil`: on its way.
        mutating func offer(_ element: UInt64) -> PushResult<UInt64>? {
            if element == 19, !wasFoundEmpty { return nil }
            if isClosed, !wasFoundEmpty { return .closed(element) }
            elements.append(element)
            return .accepted
        }

        /// What whoever answers asks last of all; `nil`: there may come more.
        mutating func take() -> PopResult<UInt64>? {
            if !elements.isEmpty { return .element(elements.removeFirst()) }
            guard isClosed else { return nil }
            wasFoundEmpty = true
            return .finished
        }
    }

    private let state = Lock(State())

    var capacity: Int { 4 }
    var policy: OverflowPolicy { .block }

    func tryPush(_ element: UInt64) -> PushResult<UInt64> { pushBlocking(element, timeout: nil) }
    func tryPop() -> UInt64? { state.withLock { $0.elements.isEmpty ? nil : $0.elements.removeFirst() } }

    func push(_ element: UInt64) async -> PushResult<UInt64> {
        while true {
            if let result = state.withLock({ $0.offer(element) }) { return result }
            await Task.yield()
        }
    }

    func pop() async -> UInt64? {
        while true {
            if let result = state.withLock({ $0.take() }) { return result.takeElement() }
            await Task.yield()
        }
    }

    func pushBlocking(_ element: UInt64, timeout: Duration?) -> PushResult<UInt64> {
        var backoff = Backoff()
        while true {
            if let result = state.withLock({ $0.offer(element) }) { return result }
            backoff.pause()
        }
    }

    func popBlocking(timeout: Duration?) -> PopResult<UInt64> {
        var backoff = Backoff()
        while true {
            if let result = state.withLock({ $0.take() }) { return result }
            backoff.pause()
        }
    }

    func close() { state.withLock { $0.isClosed = true } }

    /// Whoever answers by attempts asks for the depth last of all.
    func statistics() -> QueueStatistics {
        var statistics = PlainQueue(capacity: capacity).statistics()
        statistics.depth = state.withLock { state in
            if state.isClosed, state.elements.isEmpty { state.wasFoundEmpty = true }
            return state.elements.count
        }
        return statistics
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
