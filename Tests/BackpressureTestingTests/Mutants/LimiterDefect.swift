import BackpressureTesting

/// What can be wrong with a ``FaultyTokenBucket``.
enum LimiterDefect: CaseIterable {
    /// Nothing: the bucket is right.
    case none
    case holdsOneTooMany, startsEmpty
    case driftsInFloatingPoint, refillsWholePermitsOnly
    case restEarnsEverything
    case retryAfterRoundsDown, retryAfterIsOnePermit
    case waitsForMoreThanBurst, chargesRefusals
    case countsSetBackAsTime, freezesWhenClockIsSetBack
    case readsThenWrites
    case smallerRequestsPass, wakesLate
    case noticesTimeoutLate, reservesBeforeTimeout, timeoutWraps
    case zeroMeansNoTimeout
    case keepsCancelledPermits, givesBackTwice, cancellationMovesOthers

    /// The check that is there to catch it.
    var check: RateLimiterCheck? {
        switch self {
        case .none: nil
        case .holdsOneTooMany, .startsEmpty: .decisionsEqualOracle
        case .driftsInFloatingPoint: .envelopeHoldsAtAnyRate
        case .refillsWholePermitsOnly: .decisionsEqualOracle
        case .restEarnsEverything: .restEarnsNoMoreThanBurst
        case .retryAfterRoundsDown, .retryAfterIsOnePermit: .retryAfterIsExact
        case .waitsForMoreThanBurst, .chargesRefusals: .exceedsBurst
        case .countsSetBackAsTime: .clockSetBackOpensNothing
        case .freezesWhenClockIsSetBack: .clockSetBackFreezesNothing
        case .readsThenWrites: .contentionKeepsBurst
        case .smallerRequestsPass, .wakesLate: .acquireKeepsOrder
        case .noticesTimeoutLate, .reservesBeforeTimeout, .timeoutWraps: .acquireFailsAtOnce
        case .zeroMeansNoTimeout: .zeroTimeoutIsTimeout
        case .keepsCancelledPermits, .givesBackTwice, .cancellationMovesOthers: .cancellationGivesBack
        }
    }
}
