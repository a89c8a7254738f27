import BackpressureTesting

/// What can be wrong with a ``FaultyWindow``.
enum WindowDefect: CaseIterable {
    /// Nothing: the window is right.
    case none
    case forgetsNanosecondEarly, forgetsNanosecondLate
    case interpolatesOldest, countsByTheClock
    case restEarnsEverything
    case retryAfterIsNanosecondShort
    case chargesRefusals
    case countsSetBackAsTime, freezesWhenClockIsSetBack
    case readsThenWrites
    case smallerRequestsPass, wakesLate
    case noticesTimeoutLate, reservesBeforeTimeout
    case zeroMeansNoTimeout
    case keepsCancelledPermits

    /// The check that is there to catch it.
    var check: RateLimiterCheck? {
        switch self {
        case .none: nil
        case .forgetsNanosecondEarly, .forgetsNanosecondLate: .decisionsEqualOracle
        case .interpolatesOldest, .countsByTheClock: .envelopeHoldsAtAnyRate
        case .restEarnsEverything: .restEarnsNoMoreThanBurst
        case .retryAfterIsNanosecondShort: .retryAfterIsExact
        case .chargesRefusals: .exceedsBurst
        case .countsSetBackAsTime: .clockSetBackOpensNothing
        case .freezesWhenClockIsSetBack: .clockSetBackFreezesNothing
        case .readsThenWrites: .contentionKeepsBurst
        case .smallerRequestsPass, .wakesLate: .acquireKeepsOrder
        case .noticesTimeoutLate, .reservesBeforeTimeout: .acquireFailsAtOnce
        case .zeroMeansNoTimeout: .zeroTimeoutIsTimeout
        case .keepsCancelledPermits: .cancellationGivesBack
        }
    }
}
