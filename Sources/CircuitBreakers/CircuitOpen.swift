/// A circuit breaker let the call not through.
public struct CircuitOpen: Error, Hashable, Sendable {
    /// Nanoseconds until the breaker would let a probe through; `nil`: it is held open until somebody resets it.
    public var retryAfterNanoseconds: UInt64?

    /// - Parameter retryAfterNanoseconds: nanoseconds until a probe would be let through; `nil`: not by itself.
    public init(retryAfterNanoseconds: UInt64?) {
        self.retryAfterNanoseconds = retryAfterNanoseconds
    }
}
