import BackpressureTesting

/// What a ``FaultySemaphore`` does wrong, and the check that must see it.
enum SemaphoreDefect: CaseIterable {
    case none
    /// A request that is cancelled was granted its permits first, and keeps them.
    case permitLostOnCancel
    /// Whoever fits is granted, however many wait before it.
    case smallPassesBig
    /// A newcomer is granted what there is though others wait.
    case newcomerPassesLine
    /// One more than the limit.
    case overAdmission
    /// Only a limit that is raised is changed.
    case shrinkForgotten
    /// A limit that is raised doesn't let those in who wait.
    case growthWakesNobody
    /// A request that waits when the limit falls below its weight waits for ever, and all behind it.
    case overweightWaitsOn
    /// A weight over the limit waits.
    case overweightWaits
    /// Permits that come back stay where they are.
    case releaseWakesNobody
    /// One is woken when many fit.
    case releaseWakesOne
    /// A big request that gives up leaves those behind it waiting, though there is room for them.
    case cancellationHoldsUpLine
    /// A timeout of zero is none.
    case zeroTimeoutWaits
    /// Deadlines pass unnoticed.
    case deadlineForgotten
    /// Refusals aren't counted.
    case refusalsUncounted
    /// Work that throws keeps its permits.
    case scopeLeaksOnThrow
    /// The room is looked at, and taken a moment later.
    case checkThenAct

    /// The check that is there to catch it.
    var check: ConcurrencyLimitCheck? {
        switch self {
        case .none: nil
        case .scopeLeaksOnThrow: .scopesGiveBack
        case .checkThenAct: .schedulesConservePermits
        default: .eventsEqualModel
        }
    }
}
