/// Why a call through a circuit breaker has no result.
public enum CircuitBreakerError<Failure: Error>: Error {
    /// The breaker refused it; the call was not made.
    case open(CircuitOpen)
    /// The call threw.
    case failed(Failure)
}

extension CircuitBreakerError: Equatable where Failure: Equatable {}
extension CircuitBreakerError: Hashable where Failure: Hashable {}

/// Where an element has ended that was to be delivered through a circuit breaker.
public enum GuardedDelivery<Element: Sendable, Result> {
    /// The call went well.
    case delivered(Result)
    /// The breaker refused it, or the call threw, and the sink has the element, in this letter.
    case deadLettered(DeadLetter<Element>)
    /// Likewise, but the sink had no room: the element is still the caller's.
    case returned(DeadLetter<Element>)
}

extension GuardedDelivery: Sendable where Result: Sendable {}
