import BackpressureTesting

/// What is wrong with a ``FaultyCircuitBreaker``.
enum BreakerDefect: String, CaseIterable, CustomStringConvertible {
    case none
    case tripsBelowMinimum
    case needsMoreThanTheRate
    case judgesGoodCalls
    case windowForgetsOne
    case windowKeepsOne
    case windowSurvivesOpening
    case slowOneNanosecondEarly
    case slowOneNanosecondLate
    case slowIsNeverJudged
    case slowFailuresCountAsFast
    case ignoresTheCallersDuration
    case rowSurvivesSuccess
    case rowNeedsOneMore
    case keepsABucketTooLong
    case forgetsABucketEarly
    case probeLeaksOnCancel
    case letsOneProbeTooManyThrough
    case letsMoreProbesThroughThanItNeeds
    case closesOnTooFewSuccesses
    case failedProbeDoesNotOpen
    case slowProbeIsGood
    case lostProbesBlockForGood
    case givesProbesUpEarly
    case waitsForProbesFromTheFirst
    case keepsSuccessesOfLostProbes
    case backoffNeverGrows
    case backoffIsUnbounded
    case backoffSurvivesClosing
    case lateResultsCount
    case refusalSaysTheWholeWait
    case opensOneNanosecondEarly
    case resetKeepsTheWindow
    case forcedOpenEndsByItself
    case disabledJudges
    case saysEverySecondChange
    case admitsInTwoSteps
    case recordsInTwoSteps
    case lateResultsAreSuccesses

    var description: String { rawValue }

    /// The check that must find it.
    var check: CircuitBreakerCheck? {
        switch self {
        case .none: nil
        case .tripsBelowMinimum, .needsMoreThanTheRate, .judgesGoodCalls, .windowForgetsOne, .windowKeepsOne,
            .windowSurvivesOpening:
            .failureRateOpens
        case .slowOneNanosecondEarly, .slowOneNanosecondLate, .slowIsNeverJudged, .slowFailuresCountAsFast,
            .ignoresTheCallersDuration:
            .slowCallsOpen
        case .rowSurvivesSuccess, .rowNeedsOneMore: .failuresInARowOpen
        case .keepsABucketTooLong, .forgetsABucketEarly: .windowOfTime
        case .probeLeaksOnCancel, .letsOneProbeTooManyThrough, .letsMoreProbesThroughThanItNeeds,
            .closesOnTooFewSuccesses, .failedProbeDoesNotOpen:
            .probesDecide
        case .lostProbesBlockForGood, .givesProbesUpEarly, .waitsForProbesFromTheFirst, .keepsSuccessesOfLostProbes:
            .lostProbesAreGivenUp
        case .backoffNeverGrows, .backoffIsUnbounded, .backoffSurvivesClosing, .lateResultsCount,
            .refusalSaysTheWholeWait, .opensOneNanosecondEarly:
            .waitsGrow
        case .resetKeepsTheWindow, .forcedOpenEndsByItself, .disabledJudges: .heldStates
        case .slowProbeIsGood: .everythingAtOnce
        case .saysEverySecondChange: .changesAreSeen
        case .admitsInTwoSteps: .probesAreBoundedUnderContention
        case .recordsInTwoSteps: .windowIsExactAtRest
        case .lateResultsAreSuccesses: .lateResultsChangeNothingUnderContention
        }
    }
}
