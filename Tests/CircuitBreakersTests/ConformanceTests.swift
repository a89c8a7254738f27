import BackpressureTesting
import CircuitBreakers
import Testing

@Suite("Every family of circuit breakers keeps every promise", .timeLimit(.minutes(5)))
struct BreakerConformanceTests {
    @Test("behind a lock", arguments: CircuitBreakerCheck.allCases)
    func mutex(check: CircuitBreakerCheck) async throws {
        try await CircuitBreakerConformance { MutexCircuitBreaker($0, clock: $1) }.run(check)
    }

    @Test("behind an actor", arguments: CircuitBreakerCheck.allCases)
    func actor(check: CircuitBreakerCheck) async throws {
        try await CircuitBreakerConformance { ActorCircuitBreaker($0, clock: $1) }.run(check)
    }

    @Test("on atomic words", arguments: CircuitBreakerCheck.allCases)
    func lockFree(check: CircuitBreakerCheck) async throws {
        try await CircuitBreakerConformance { LockFreeCircuitBreaker($0, clock: $1) }.run(check)
    }
}
