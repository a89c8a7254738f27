public import CircuitBreakers

/// One circuit breaker, ready to be driven: loops specialised for its type behind closures that are called once per some
/// hundred calls.
public struct BreakerInstance: Sendable {
    /// The breaker behind the protocol: for checks, whose speed doesn't matter.
    let breaker: any CircuitBreaker
    /// So many calls in a row that do nothing and succeed, if they are permitted. Returns how many were.
    let callOnThread: (@Sendable (Int) -> Int)?
    let callOnTask: @Sendable (Int) async -> Int

    @usableFromInline
    init(
        breaker: any CircuitBreaker,
        callOnThread: (@Sendable (Int) -> Int)?,
        callOnTask: @escaping @Sendable (Int) async -> Int
    ) {
        self.breaker = breaker
        self.callOnThread = callOnThread
        self.callOnTask = callOnTask
    }

    /// A breaker that threads and tasks can drive.
    @inlinable
    public init<Breaker: SynchronousCircuitBreaker>(_ breaker: Breaker) {
        self.init(
            breaker: breaker,
            callOnThread: { call(through: breaker, times: $0) },
            callOnTask: { await call(through: breaker, times: $0) }
        )
    }

    /// A breaker that tasks can drive.
    @inlinable
    public init<Breaker: CircuitBreaker>(_ breaker: Breaker) {
        self.init(
            breaker: breaker,
            callOnThread: nil,
            callOnTask: { await call(through: breaker, times: $0) }
        )
    }
}
