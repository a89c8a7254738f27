/// Why a call through a circuit breaker has no result.
public enum CircuitBreakerError<Failure: Error>: Error {
    /// The breaker refused it; the call was not made.
    case open(CircuitOpen)
    /// The call threw.
    case failed(Failure)
}

extension CircuitBreakerError: Equatable where Failure: Equatable {}
extension CircuitBreakerError: Hashable where Failure: Hashable {}

/// An error that may say that a circuit breaker refused, whatever its type.
private protocol PossibleRefusal: Error {
    var refusal: CircuitOpen? { get }
}

extension CircuitBreakerError: PossibleRefusal {
    fileprivate var refusal: CircuitOpen? {
        switch self {
        case .open(let open): open
        case .failed(let error): CircuitOpen(error)
        }
    }
}

extension CircuitOpen {
    /// The refusal that an error comes to: one itself, or a ``CircuitBreakerError`` of a refused call, be it of another
    /// breaker inside the call; `nil`: it is none.
    public init?(_ error: any Error) {
        if let open = error as? CircuitOpen {
            self = open
        } else if let open = (error as? any PossibleRefusal)?.refusal {
            self = open
        } else {
            return nil
        }
    }
}

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
