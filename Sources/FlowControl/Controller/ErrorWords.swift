internal import CircuitBreakers

/// What a circuit breaker wraps around the error of a call, whatever that error's type is.
private protocol WrappedFailure: Error {
    var cause: any Error { get }
}

extension CircuitBreakerError: WrappedFailure {
    fileprivate var cause: any Error {
        switch self {
        case .open(let open): open
        case .failed(let error): error
        }
    }
}

/// The error in words, without the breaker around it.
func words(_ error: any Error) -> String { "\((error as? any WrappedFailure)?.cause ?? error)" }
