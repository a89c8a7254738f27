public import Backpressure

/// Checks that a bounded queue keeps the promises of ``BoundedQueue``; for the unit tests of whoever writes one.
///
///     @Test(.timeLimit(.minutes(1)), arguments: QueueCheck.allCases)
///     func conforms(check: QueueCheck) async throws {
///         try await QueueConformance { MyQueue(capacity: $0, policy: $1, onDrop: $2) }.run(check)
///     }
///
/// For a queue that can do more, or less, than that, say what, and make what is asked for:
///
///     QueueConformance(supporting: [.manyProducersAndConsumers, .throttle]) {
///         MyQueue(capacity: $0.capacity, policy: $0.policy, clock: $0.clock, onDrop: $0.onDrop)
///     }
///
/// No check depends on speed. Tasks that must be seen to wait are run step by step; a task that ought to go on and
/// doesn't fails its check, after half a second in which nothing happened. A time limit is only needed for a queue whose non-suspending operations hang.
///
/// What a passing suite shows: the behaviour at rest, completely for small cases; the behaviour of waiting tasks, for the
/// orders of steps that were tried; and under contention what one run happened to meet.
public struct QueueConformance<Queue: BoundedQueue<Int>>: Sendable {
    /// Makes a queue with the given capacity, policy and drop handler.
    public typealias MakeQueue = @Sendable (Int, OverflowPolicy, @escaping DropHandler<Int>) -> Queue

    /// Makes the queue that is asked for.
    public typealias MakeRequestedQueue = @Sendable (QueueRequest) -> Queue

    /// What the queues can do.
    public let features: QueueFeatures
    /// Decides the random scripts and schedules: the same seed, the same ones. What the machine's scheduler decides under
    /// contention isn't among them.
    public var seed: UInt64 = 0
    private let make: MakeRequestedQueue

    /// A suite for the queues that `makeQueue` makes, with the features ``QueueFeatures/standard``. It is called many times
    /// and must return a new, empty queue.
    public init(makeQueue: @escaping MakeQueue) {
        self.init(supporting: .standard) { makeQueue($0.capacity, $0.policy, $0.onDrop) }
    }

    /// A suite for the queues that `makeQueue` makes. It is called many times and must return a new, empty queue.
    ///
    /// - Parameters:
    ///   - features: what the queues can do: checks that need more are skipped. See ``skips(_:)``.
    ///   - makeQueue: makes the queue that is asked for.
    public init(supporting features: QueueFeatures, makeQueue: @escaping MakeRequestedQueue) {
        self.features = features
        make = makeQueue
    }

    /// Whether the check needs what the queues can't do.
    public func skips(_ check: QueueCheck) -> Bool { !features.isSuperset(of: check.requirements) }

    /// Runs one check, unless the suite ``skips(_:)`` it.
    ///
    /// - Throws: ``ConformanceFailure`` if the queue doesn't keep the promise.
    public func run(_ check: QueueCheck) async throws(ConformanceFailure) {
        if skips(check) { return }
        let expectations = Expectations(check: check.rawValue)
        switch check {
        case .capacityIsExact: try await checkCapacity(expectations)
        case .firstInFirstOut: try await checkOrder(expectations)
        case .blockPolicy: try await checkPolicy(.block, expectations)
        case .rejectPolicy: try await checkPolicy(.reject, expectations)
        case .dropNewestPolicy: try await checkPolicy(.dropNewest, expectations)
        case .dropOldestPolicy: try await checkPolicy(.dropOldest, expectations)
        case .samplePolicy: try await checkSampling(expectations)
        case .throttlePolicy: try await checkThrottling(expectations)
        case .spillPolicy: try await checkSpilling(expectations)
        case .statisticsBalance: try await checkStatistics(expectations)
        case .closing: try await checkClosing(expectations)
        case .closingWakesProducers: try await checkClosingWakesProducers(expectations)
        case .closingWakesConsumers: try await checkClosingWakesConsumers(expectations)
        case .drainTakesEverything: try await checkDraining(expectations)
        case .pushWaitsForRoom: try await checkPushWaits(expectations)
        case .popWaitsForElement: try await checkPopWaits(expectations)
        case .producersEnterInOrder: try await checkProducerOrder(expectations)
        case .newcomersQueueUp: try await checkNewcomers(expectations)
        case .cancelledPush: try await checkCancelledPush(expectations)
        case .cancelledPop: try await checkCancelledPop(expectations)
        case .cancellationSwallowsNoWakeUp: try await checkCancellationRaces(expectations)
        case .pastDeadlineIsOneAttempt: try await checkPastDeadline(expectations)
        case .pushDeadline: try await checkPushDeadline(expectations)
        case .popDeadline: try await checkPopDeadline(expectations)
        case .deadlineSwallowsNoWakeUp: try await checkDeadlineRaces(expectations)
        case .batchesEnter: try await checkBatchesEnter(expectations)
        case .batchesLeave: try await checkBatchesLeave(expectations)
        case .batchesWait: try await checkBatchesWait(expectations)
        case .elementsSequence: try await checkElements(expectations)
        case .noScheduleStalls: try await checkSchedules(expectations)
        case .boundHoldsUnderContention: try await checkBoundUnderContention(expectations)
        case .contentionConservesElements: try await checkConservation(expectations)
        case .batchesConserveElements: try await checkBatchConservation(expectations)
        case .spillingConservesElements: try await checkSpillConservation(expectations)
        case .droppingConservesElements: try await checkDroppingConservation(expectations)
        }
    }

    /// Runs the checks one after the other; all of them unless told otherwise.
    ///
    /// - Throws: the first ``ConformanceFailure``.
    public func runAll(_ checks: some Sequence<QueueCheck> = QueueCheck.allCases) async throws(ConformanceFailure) {
        for check in checks { try await run(check) }
    }

    /// The capacities at which exactness is checked: the degenerate ones, one that is no power of two, and a large one.
    static var capacities: [Int] { [1, 2, 3, 5, 1_024] }

    /// As many as may push or pop at once, but no more than `count`.
    func atOnce(_ count: Int) -> Int { features.contains(.manyProducersAndConsumers) ? count : 1 }

    /// The policies without parameters that give up elements or return them, and `block`.
    var plainPolicies: [OverflowPolicy] {
        [.block, .reject, .dropNewest] + (features.contains(.dropOldest) ? [.dropOldest] : [])
    }

    func makeQueue(
        _ capacity: Int,
        _ policy: OverflowPolicy = .block,
        clock: ManualClock = ManualClock(),
        spillLimit: Int = 0,
        stored: Range<Int> = 0..<0,
        log: DropLog = DropLog()
    ) -> Queue {
        var store = InMemorySpillStore<Int>(limit: spillLimit)
        for element in stored { _ = store.append(element) }
        return make(
            QueueRequest(
                capacity: capacity,
                policy: policy,
                clock: clock,
                spillStore: policy == .spill ? store : nil,
                onDrop: log.handler
            )
        )
    }

    /// A queue that holds 0, 1, … up to its capacity, with the policy `.block`.
    func makeFullQueue(
        _ capacity: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) -> StagedQueue<Queue> {
        let queue = StagedQueue(makeQueue(capacity), expectations)
        for element in 0..<capacity {
            try await expectations.expectEqual(queue.tryPush(element), .accepted, "the result of a push with room")
        }
        return queue
    }
}
