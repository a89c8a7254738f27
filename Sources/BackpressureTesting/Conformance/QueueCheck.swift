/// The checks of ``QueueConformance``: one for each thing that a bounded queue promises.
public enum QueueCheck: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// At rest the queue takes exactly as many elements as its capacity says, lap after lap.
    case capacityIsExact
    /// Elements leave in the order in which they entered.
    case firstInFirstOut
    /// With `.block`, `tryPush` returns the element when the queue is full.
    case blockPolicy
    /// With `.reject`, a push to a full queue returns the element at once.
    case rejectPolicy
    /// With `.dropNewest`, a push to a full queue hands its own element to the drop handler.
    case dropNewestPolicy
    /// With `.dropOldest`, a push to a full queue hands exactly the oldest element to the drop handler and enters.
    case dropOldestPolicy
    /// With `.sample`, one in n enters from the low watermark on, and the drop handler sees the others.
    case samplePolicy
    /// With `.throttle`, a push is delayed the longer the fuller the queue is, and waits once it is full.
    case throttlePolicy
    /// With `.spill`, what finds no room goes to the store and leaves in order; a full store refuses.
    case spillPolicy
    /// Every count of the statistics is right after every operation.
    case statisticsBalance
    /// A closed queue returns what is offered, gives out what is inside, then says that it is finished.
    case closing
    /// Closing wakes every waiting producer, which gets its element back.
    case closingWakesProducers
    /// Closing wakes every waiting consumer, which learns that nothing comes.
    case closingWakesConsumers
    /// Draining closes the queue and takes all that is inside, in order.
    case drainTakesEverything
    /// A push to a full queue waits and enters when there is room.
    case pushWaitsForRoom
    /// A pop from an empty queue waits and takes what comes.
    case popWaitsForElement
    /// Producers that wait enter in the order in which they came.
    case producersEnterInOrder
    /// A producer that comes while others wait, or have been woken and not yet run, doesn't enter before them.
    case newcomersQueueUp
    /// A push that is cancelled while it waits returns its element, which never enters.
    case cancelledPush
    /// A pop that is cancelled while it waits takes nothing.
    case cancelledPop
    /// When a waiting task is cancelled just as it is woken, the room or the element isn't lost to the others.
    case cancellationSwallowsNoWakeUp
    /// A push with a deadline in the past is one attempt.
    case pastDeadlineIsOneAttempt
    /// A push that waits returns its element when the deadline comes, and leaves nothing behind.
    case pushDeadline
    /// A pop that waits returns when the deadline comes, and leaves nothing behind.
    case popDeadline
    /// When a deadline comes just as a task is woken, the room or the element isn't lost to the others.
    case deadlineSwallowsNoWakeUp
    /// A batch that is offered enters in order up to the first element that is refused, and is counted so.
    case batchesEnter
    /// A batch that is asked for is the oldest elements in order, as many as there are.
    case batchesLeave
    /// A batch that is pushed waits for room, and when it is cancelled or the queue closed says how far it came.
    case batchesWait
    /// The sequence of elements ends when the queue is closed or the task cancelled; breaking it off loses nothing.
    case elementsSequence
    /// In no order of steps, with cancellations in between, does a task wait although it could go on.
    case noScheduleStalls
    /// Many tasks that push at once never get more in than the capacity.
    case boundHoldsUnderContention
    /// Tasks that push and pop at once lose nothing, take nothing twice and keep each producer's order.
    case contentionConservesElements
    /// The same for batches.
    case batchesConserveElements
    /// The same for a queue that spills.
    case spillingConservesElements
    /// Tasks that push at once while the queue drops: every element is taken or dropped, once.
    case droppingConservesElements

    /// What a queue must be able to do for the check to mean anything.
    public var requirements: QueueFeatures {
        switch self {
        case .dropOldestPolicy: .dropOldest
        case .samplePolicy: .sample
        case .throttlePolicy: .throttle
        case .spillPolicy, .spillingConservesElements: .spill
        case .newcomersQueueUp: [.strictArrivalOrder, .manyProducersAndConsumers]
        case .producersEnterInOrder, .cancellationSwallowsNoWakeUp, .deadlineSwallowsNoWakeUp:
            .manyProducersAndConsumers
        default: []
        }
    }

    /// Whether only strict queues pass: a relaxed one, which says so in its documentation, may fail and still be correct.
    public var needsStrictOrder: Bool { requirements.contains(.strictArrivalOrder) }

    /// The name of the case.
    public var description: String { rawValue }
}
