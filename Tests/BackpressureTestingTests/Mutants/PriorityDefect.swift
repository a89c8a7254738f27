import BackpressureTesting

/// What can be wrong with a ``FaultyPriorityQueue``.
enum PriorityDefect: CaseIterable {
    /// Nothing: the queue is right.
    case none
    case holdsOneTooMany, boundsEachTierAlone
    case comparesRawValues, ignoresTiers
    case lastInFirstOut
    case shedsAboveThreshold, shedsMostUrgent, waitsInsteadOfShedding
    case dropsWithoutHandler, namesWrongDepth
    case shedsCriticalWhenFull
    case neverAges, agesOneTakeLate, servesDueTiersTooLate
    case agesWhileEmpty, agesTooEarly
    case countsDropAsAccepted, forgetsToCountRefusals, countsInWrongTier
    case acceptsWhenClosed, losesElementsOnClose
    case closingForgetsLowProducers, closingSwapsElements
    case closingForgetsConsumers
    case pushOverfills, neverWakesProducers
    case neverWakesConsumers
    case deadlineWaitsOn, deadlineEntersLater
    case servesOldestProducer, servesLowestProducer
    case newcomersPass
    case cancelledPushEnters, ignoresCancellation
    case cancelledPopStaysInLine
    case cancelledTaskSwallowsWakeUp
    case checksThenWaits
    case checksThenActs
    case readsThenRemoves
    case losesOneDropInAHundred

    /// The check that is there to catch it.
    var check: PriorityCheck? {
        switch self {
        case .none: nil
        case .holdsOneTooMany, .boundsEachTierAlone: .capacityIsExact
        case .comparesRawValues, .ignoresTiers: .mostUrgentFirst
        case .lastInFirstOut: .firstInFirstOutWithinTier
        case .shedsAboveThreshold, .shedsMostUrgent, .waitsInsteadOfShedding: .overloadTable
        case .dropsWithoutHandler, .namesWrongDepth: .overloadDrops
        case .shedsCriticalWhenFull: .criticalIsNeverShed
        case .neverAges, .agesOneTakeLate, .servesDueTiersTooLate: .noTierStarves
        case .agesWhileEmpty, .agesTooEarly: .ageingIsPatient
        case .countsDropAsAccepted, .forgetsToCountRefusals, .countsInWrongTier: .statisticsBalance
        case .acceptsWhenClosed, .losesElementsOnClose: .closing
        case .closingForgetsLowProducers, .closingSwapsElements: .closingWakesProducers
        case .closingForgetsConsumers: .closingWakesConsumers
        case .pushOverfills, .neverWakesProducers: .pushWaitsForRoom
        case .neverWakesConsumers: .popWaitsForElement
        case .deadlineWaitsOn, .deadlineEntersLater: .deadlines
        case .servesOldestProducer, .servesLowestProducer: .producersEnterByUrgency
        case .newcomersPass: .newcomersQueueUp
        case .cancelledPushEnters, .ignoresCancellation: .cancelledPush
        case .cancelledPopStaysInLine: .cancelledPop
        case .cancelledTaskSwallowsWakeUp: .cancellationSwallowsNoWakeUp
        case .checksThenWaits: .noScheduleStalls
        case .checksThenActs: .boundHoldsUnderContention
        case .readsThenRemoves: .contentionConservesElements
        case .losesOneDropInAHundred: .droppingConservesElements
        }
    }
}
