/// A circuit breaker let the call not through.
public struct CircuitOpen: Error, Hashable, Sendable {
    /// Nanoseconds after which to ask again, as ``CallPermission/refused(retryAfterNanoseconds:)`` has it; `nil`: it is held
    /// open until somebody resets it.
    public var retryAfterNanoseconds: UInt64?

    /// - Parameter retryAfterNanoseconds: nanoseconds after which to ask again; `nil`: it won't let anything through by itself.
    public init(retryAfterNanoseconds: UInt64?) {
        self.retryAfterNanoseconds = retryAfterNanoseconds
    }
}
