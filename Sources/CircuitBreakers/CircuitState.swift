/// What a circuit breaker does with the next call.
@frozen
public enum CircuitState: UInt8, Sendable, Hashable, CaseIterable {
    /// Lets calls through and judges their results.
    case closed
    /// Lets calls through and judges nothing, until it is reset.
    case disabled
    /// Refuses calls until its wait is over.
    case open
    /// Lets a few probes through to find out.
    case halfOpen
    /// Refuses calls until it is reset.
    case forcedOpen
}
