/// The checks of ``PriorityConformance``: one for each thing that a bounded priority queue promises.
public enum PriorityCheck: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// At rest the queue takes exactly as many elements as its capacity says, whatever their tiers, lap after lap.
    case capacityIsExact
    /// The most urgent tier leaves first, by urgency and not by the raw value of the tier.
    case mostUrgentFirst
    /// Elements of a tier leave in the order in which they entered.
    case firstInFirstOutWithinTier
    /// At each depth each tier is admitted, or refused, as the overload table says.
    case overloadTable
    /// What the table drops goes to the drop handler, with its tier and the reason.
    case overloadDrops
    /// Whatever the table and the depth, a critical element enters, waits or comes back.
    case criticalIsNeverShed
    /// Under a flood of more urgent elements every tier is served within the ageing limit.
    case noTierStarves
    /// A tier goes before a more urgent one only when it has been passed over for long.
    case ageingIsPatient
    /// Every count of every tier is right after every operation.
    case statisticsBalance
    /// A closed queue returns what is offered, gives out what is inside, then says that it is finished.
    case closing
    /// Closing wakes the waiting producers of all tiers, which get their elements back.
    case closingWakesProducers
    /// Closing wakes every waiting consumer, which learns that nothing comes.
    case closingWakesConsumers
    /// A push that the table lets through waits while the queue is full and enters when there is room.
    case pushWaitsForRoom
    /// A pop from an empty queue waits and takes what comes.
    case popWaitsForElement
    /// A push or pop with a deadline waits until then and no longer.
    case deadlines
    /// Producers that wait enter in the order of their tiers, and within a tier in the order in which they came.
    case producersEnterByUrgency
    /// A producer that comes while others wait, or have been woken and not yet run, doesn't enter before them.
    case newcomersQueueUp
    /// A push that is cancelled while it waits returns its element, which never enters.
    case cancelledPush
    /// A pop that is cancelled while it waits takes nothing.
    case cancelledPop
    /// When a waiting task is cancelled just as it is woken, the room or the element isn't lost to the others.
    case cancellationSwallowsNoWakeUp
    /// In no order of steps, with cancellations in between, does a task wait although it could go on.
    case noScheduleStalls
    /// Many tasks that push at once never get more in than the capacity, or the table, allows.
    case boundHoldsUnderContention
    /// Tasks that push and pop at once lose nothing, take nothing twice and keep each producer's order within a tier.
    case contentionConservesElements
    /// Tasks that push at once while the table drops: every element is taken or dropped, once, and no critical one dropped.
    case droppingConservesElements

    /// Whether only strict queues pass: a relaxed one, which says so in its documentation, may fail and still be correct.
    public var needsStrictOrder: Bool { self == .newcomersQueueUp }

    /// The name of the case.
    public var description: String { rawValue }
}
