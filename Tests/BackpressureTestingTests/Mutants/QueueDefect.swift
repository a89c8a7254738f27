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
    case samplesFromTheStart, callsSampledOutFull
    case neverDelays, delaysTooLong
    case newestLeavesStoreFirst, storeTakesOneTooMany, closingForgetsStored, startsEmptyBesideStore
    case countsDropAsAccepted, forgetsToCountRefusals
    case acceptsWhenClosed, losesElementsOnClose
    case closingForgetsProducers, closingSwapsElements
    case closingForgetsConsumers, closingWakesOneConsumer
    case stopsShortOnceClosed
    case pushOverfills, neverWakesProducers
    case neverWakesConsumers
    case servesNewestProducer, newcomersPass
    case cancelledPushEnters, ignoresCancellation
    case cancelledPopStaysInLine
    case cancelledTaskSwallowsWakeUp
    case pastDeadlineWaits
    case latePushStaysInLine
    case latePopStaysInLine
    case lateTaskSwallowsWakeUp
    case batchSkipsRefused, batchForgetsRefusal
    case batchTakesOneTooMany, batchComesReversed, appendedBatchReplaces, appendedBatchCountsAll
    case batchNeverWaits, interruptedBatchCountsOneMore
    case cancelledPopTakes
    case checksThenWaits
    case checksThenActs
    case readsThenRemoves
    case batchReadsThenRemoves
    case losesOneStoredInAThousand
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
        case .samplesFromTheStart, .callsSampledOutFull: .samplePolicy
        case .neverDelays, .delaysTooLong: .throttlePolicy
        case .newestLeavesStoreFirst, .storeTakesOneTooMany, .closingForgetsStored, .startsEmptyBesideStore:
            .spillPolicy
        case .countsDropAsAccepted, .forgetsToCountRefusals: .statisticsBalance
        case .acceptsWhenClosed, .losesElementsOnClose: .closing
        case .closingForgetsProducers, .closingSwapsElements: .closingWakesProducers
        case .closingForgetsConsumers, .closingWakesOneConsumer: .closingWakesConsumers
        case .stopsShortOnceClosed: .drainTakesEverything
        case .pushOverfills, .neverWakesProducers: .pushWaitsForRoom
        case .neverWakesConsumers: .popWaitsForElement
        case .servesNewestProducer: .producersEnterInOrder
        case .newcomersPass: .newcomersQueueUp
        case .cancelledPushEnters, .ignoresCancellation: .cancelledPush
        case .cancelledPopStaysInLine: .cancelledPop
        case .cancelledTaskSwallowsWakeUp: .cancellationSwallowsNoWakeUp
        case .pastDeadlineWaits: .pastDeadlineIsOneAttempt
        case .latePushStaysInLine: .pushDeadline
        case .latePopStaysInLine: .popDeadline
        case .lateTaskSwallowsWakeUp: .deadlineSwallowsNoWakeUp
        case .batchSkipsRefused, .batchForgetsRefusal: .batchesEnter
        case .batchTakesOneTooMany, .batchComesReversed, .appendedBatchReplaces, .appendedBatchCountsAll: .batchesLeave
        case .batchNeverWaits, .interruptedBatchCountsOneMore: .batchesWait
        case .cancelledPopTakes: .elementsSequence
        case .checksThenWaits: .noScheduleStalls
        case .checksThenActs: .boundHoldsUnderContention
        case .readsThenRemoves: .contentionConservesElements
        case .batchReadsThenRemoves: .batchesConserveElements
        case .losesOneStoredInAThousand: .spillingConservesElements
        case .losesOneDropInAHundred: .droppingConservesElements
        }
    }
}
