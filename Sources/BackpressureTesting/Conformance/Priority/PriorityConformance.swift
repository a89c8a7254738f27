public import Backpressure

/// Checks that a bounded priority queue keeps the promises of ``BoundedPriorityQueue``; for the unit tests of whoever
/// writes one.
///
///     @Test(.timeLimit(.minutes(1)), arguments: PriorityCheck.allCases)
///     func conforms(check: PriorityCheck) async throws {
///         try await PriorityConformance {
///             MyQueue(capacity: $0, overload: $1, ageingLimit: $2, onDrop: $3)
///         }.run(check)
///     }
///
/// No check depends on speed. Tasks that must be seen to wait are run step by step; a task that ought to go on
/// and doesn't fails its check. What a passing suite shows is as for ``QueueConformance``.
public struct PriorityConformance<Queue: BoundedPriorityQueue<Int>>: Sendable {
    /// Makes a queue with the given capacity, overload table, ageing limit and drop handler.
    public typealias MakeQueue =
        @Sendable (Int, OverloadTable, _ ageingLimit: Int, @escaping PriorityDropHandler<Int>) -> Queue

    /// Decides the random scripts and schedules: the same seed, the same ones. What the machine's scheduler decides under
    /// contention isn't among them.
    public var seed: UInt64 = 0
    private let make: MakeQueue

    /// A suite for the queues that `makeQueue` makes. It is called many times and must return a new, empty queue.
    public init(makeQueue: @escaping MakeQueue) {
        make = makeQueue
    }

    /// Runs one check.
    ///
    /// - Throws: ``ConformanceFailure`` if the queue doesn't keep the promise.
    public func run(_ check: PriorityCheck) async throws(ConformanceFailure) {
        let expectations = Expectations(check: check.rawValue)
        switch check {
        case .capacityIsExact: try await checkCapacity(expectations)
        case .mostUrgentFirst: try await checkUrgency(expectations)
        case .firstInFirstOutWithinTier: try await checkOrderWithinTier(expectations)
        case .overloadTable: try await checkTable(expectations)
        case .overloadDrops: try await checkDrops(expectations)
        case .criticalIsNeverShed: try await checkCritical(expectations)
        case .noTierStarves: try await checkStarvation(expectations)
        case .ageingIsPatient: try await checkPatience(expectations)
        case .statisticsBalance: try await checkStatistics(expectations)
        case .closing: try await checkClosing(expectations)
        case .closingWakesProducers: try await checkClosingWakesProducers(expectations)
        case .closingWakesConsumers: try await checkClosingWakesConsumers(expectations)
        case .pushWaitsForRoom: try await checkPushWaits(expectations)
        case .popWaitsForElement: try await checkPopWaits(expectations)
        case .deadlines: try await checkDeadlines(expectations)
        case .producersEnterByUrgency: try await checkProducerOrder(expectations)
        case .newcomersQueueUp: try await checkNewcomers(expectations)
        case .cancelledPush: try await checkCancelledPush(expectations)
        case .cancelledPop: try await checkCancelledPop(expectations)
        case .cancellationSwallowsNoWakeUp: try await checkCancellationRaces(expectations)
        case .noScheduleStalls: try await checkSchedules(expectations)
        case .boundHoldsUnderContention: try await checkBoundUnderContention(expectations)
        case .contentionConservesElements: try await checkConservation(expectations)
        case .droppingConservesElements: try await checkDroppingConservation(expectations)
        }
    }

    /// Runs the checks one after the other; all of them unless told otherwise.
    ///
    /// - Throws: the first ``ConformanceFailure``.
    public func runAll(
        _ checks: some Sequence<PriorityCheck> = PriorityCheck.allCases
    ) async throws(ConformanceFailure) {
        for check in checks { try await run(check) }
    }

    func makeQueue(
        _ capacity: Int,
        _ overload: OverloadTable = .never,
        ageingLimit: Int = 64,
        log: PriorityDropLog = PriorityDropLog()
    ) -> Queue {
        make(capacity, overload, ageingLimit, log.handler)
    }

    func stage(_ queue: Queue, _ expectations: Expectations) -> StagedPriorityQueue<Queue> {
        StagedPriorityQueue(queue, expectations)
    }

    /// A queue that holds the critical elements 0, 1, … up to its capacity, and sheds nothing.
    func makeFullQueue(
        _ capacity: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) -> StagedPriorityQueue<Queue> {
        let queue = stage(makeQueue(capacity), expectations)
        for element in 0..<capacity {
            let result = try await queue.tryPush(element, .critical)
            try expectations.expectEqual(result, .accepted, "the result of a push with room")
        }
        return queue
    }
}
