/// The checks of ``RateLimiterConformance``: one for each thing that a rate limiter promises. The burst of a window is its
/// limit.
public enum RateLimiterCheck: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// At exact rates, and in windows, every decision is the oracle's, for requests of any size after gaps of any length.
    case decisionsEqualOracle
    /// No window holds more than the envelope allows, nor less is granted in the long run than the oracle grants. At rates
    /// that are no simple fraction a window may hold one nanosecond's worth more, and a permit less may be granted.
    case envelopeHoldsAtAnyRate
    /// After however long a rest, the burst is granted and no more.
    case restEarnsNoMoreThanBurst
    /// A refused request passes after exactly the time that the refusal says, and not a nanosecond before.
    case retryAfterIsExact
    /// More than the burst is refused for good, at once, and takes nothing.
    case exceedsBurst
    /// A clock that is set back grants nothing that time didn't earn.
    case clockSetBackOpensNothing
    /// A clock that is set back, however far, keeps nobody waiting longer than a full bucket takes to refill, or a
    /// window lasts.
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
