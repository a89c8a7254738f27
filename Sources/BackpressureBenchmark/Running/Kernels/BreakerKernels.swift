public import CircuitBreakers

// The hot loops around circuit breakers, generic and inlinable like those around queues.

/// Asks for permission and records a success, again and again; returns how many calls were permitted.
@inlinable
func call<Breaker: SynchronousCircuitBreaker>(through breaker: Breaker, times: Int) -> Int {
    var permitted = 0
    for _ in 0..<times {
        guard case .permitted(let permit) = breaker.tryAcquire() else { continue }
        breaker.record(permit, .success)
        permitted &+= 1
    }
    return permitted
}

@inlinable
func call<Breaker: CircuitBreaker>(through breaker: Breaker, times: Int) async -> Int {
    var permitted = 0
    needsExecutor()
    for _ in 0..<times {
        guard case .permitted(let permit) = await breaker.tryAcquire() else { continue }
        await breaker.record(permit, .success)
        permitted &+= 1
    }
    return permitted
}
