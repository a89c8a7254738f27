import BackpressureTesting

/// What can be wrong with a ``FaultyQueue``.
enum QueueDefect: CaseIterable {
    /// Nothing: the queue is right.
    case none
    case holdsOneTooMany, holdsOneTooFew
    case lastInFirstOut
    case losesRefusedElement, rejectionSaysAccepted
    case dropsWithoutHandler, namesWrongReason
    case evictsTwo, evictsNewest
    case countsDropAsAccepted, forgetsToCountRefusals
    case acceptsWhenClosed, losesElementsOnClose
    case closingForgetsProducers, closingSwapsElements
    case closingForgetsConsumers, closingWakesOneConsumer
    case pushOverfills, neverWakesProducers
    case neverWakesConsumers
    case servesNewestProducer, newcomersPass
    case cancelledPushEnters, ignoresCancellation
    case cancelledPopStaysInLine
    case cancelledTaskSwallowsWakeUp
    case checksThenWaits
    case checksThenActs
    case readsThenRemoves
    case losesOneDropInAHundred

    /// The check that is there to catch it.
    var check: QueueCheck? {
        switch self {
        case .none: nil
        case .holdsOneTooMany, .holdsOneTooFew: .capacityIsExact
        case .lastInFirstOut: .firstInFirstOut
        case .losesRefusedElement: .blockPolicy
        case .rejectionSaysAccepted: .rejectPolicy
        case .dropsWithoutHandler, .namesWrongReason: .dropNewestPolicy
        case .evictsTwo, .evictsNewest: .dropOldestPolicy
        case .countsDropAsAccepted, .forgetsToCountRefusals: .statisticsBalance
        case .acceptsWhenClosed, .losesElementsOnClose: .closing
        case .closingForgetsProducers, .closingSwapsElements: .closingWakesProducers
        case .closingForgetsConsumers, .closingWakesOneConsumer: .closingWakesConsumers
        case .pushOverfills, .neverWakesProducers: .pushWaitsForRoom
        case .neverWakesConsumers: .popWaitsForElement
        case .servesNewestProducer: .producersEnterInOrder
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
