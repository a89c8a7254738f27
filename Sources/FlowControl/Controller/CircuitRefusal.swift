internal import CircuitBreakers

/// An error by which a circuit breaker says that it let nothing through, bare or as ``CircuitBreakers/CircuitBreaker`` throws it.
protocol CircuitRefusal: Error {
    /// The breaker's refusal; `nil`: the error is another.
    var refusal: CircuitOpen? { get }
    /// What was thrown by the call itself.
    var cause: any Error { get }
}

extension CircuitOpen: CircuitRefusal {
    var refusal: CircuitOpen? { self }
    var cause: any Error { self }
}

extension CircuitBreakerError: CircuitRefusal {
    var refusal: CircuitOpen? { if case .open(let open) = self { open } else { nil } }

    var cause: any Error {
        switch self {
        case .open(let open): open
        case .failed(let error): error
        }
    }
}

/// Whether the error is a breaker's refusal, which is no attempt.
func circuitRefusal(_ error: any Error) -> CircuitOpen? { (error as? any CircuitRefusal)?.refusal }

/// The error in words, without the breaker around it.
func words(_ error: any Error) -> String { "\((error as? any CircuitRefusal)?.cause ?? error)" }
