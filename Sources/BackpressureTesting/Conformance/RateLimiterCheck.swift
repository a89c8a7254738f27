/// The checks of ``RateLimiterConformance``: one for each thing that a token bucket promises.
public enum RateLimiterCheck: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// At exact rates every decision is the oracle's, for requests of any size after gaps of any length.
    case decisionsEqualOracle
    /// At rates that are no simple fraction, no window holds more than one nanosecond's worth too many, and no less is
    /// granted in the long run than the oracle grants.
    case envelopeHoldsAtAnyRate
    /// After however long a rest, the burst is granted and no more.
    case restEarnsNoMoreThanBurst
    /// A refused request passes after exactly the time that the refusal says, and not a nanosecond before.
    case retryAfterIsExact
    /// More than the burst is refused for good, at once, and takes nothing.
    case exceedsBurst
    /// A clock that is set back grants nothing that time didn't earn.
    case clockSetBackOpensNothing
    /// A clock that is set back, however far, keeps nobody waiting longer than a full bucket takes to refill.
    case clockSetBackFreezesNothing
    /// Tasks that ask at once get exactly what is there.
    case contentionKeepsBurst
    /// Waiting requests pass in order of arrival, each exactly when it can, and nothing passes them.
    case acquireKeepsOrder
    /// A request that can't pass in time fails at once and reserves nothing.
    case acquireFailsAtOnce
    /// A timeout of zero, or below, is a timeout.
    case zeroTimeoutIsTimeout
    /// A wait that is cancelled gives its permits back if it is the last, and never costs others theirs.
    case cancellationGivesBack

    /// The name of the case.
    public var description: String { rawValue }
}
