import CircuitBreakers
import ConcurrencySupport

extension Registry {
    /// The circuit breakers of the package, and what the harness and an atomic addition cost.
    mutating func registerBreakers() {
        register(
            BreakerImplementation(
                id: "breaker-mutex",
                family: .mutex,
                summary: "circuit breaker behind a lock (pthread mutex); exact",
                real: { BreakerInstance(MutexCircuitBreaker($0.settings, clock: $0.clock)) },
                virtual: { BreakerInstance(MutexCircuitBreaker($0.settings, clock: $0.clock)) }
            )
        )
        register(
            BreakerImplementation(
                id: "breaker-actor",
                family: .actor,
                summary: "circuit breaker behind an actor; exact; tasks only",
                drivenByThreads: false,
                real: { BreakerInstance(ActorCircuitBreaker($0.settings, clock: $0.clock)) },
                virtual: { BreakerInstance(ActorCircuitBreaker($0.settings, clock: $0.clock)) }
            )
        )
        register(
            BreakerImplementation(
                id: "breaker-lockfree",
                family: .lockFree,
                summary: "circuit breaker on atomic words: a load to permit a call, one addition to record a good one",
                real: { BreakerInstance(LockFreeCircuitBreaker($0.settings, clock: $0.clock)) },
                virtual: { BreakerInstance(LockFreeCircuitBreaker($0.settings, clock: $0.clock)) }
            )
        )
        registerBreakerControl()
        registerBreakerYardsticks()
    }

    /// What must not pass `verify`; scenarios, which measure speed alone, do without it.
    private mutating func registerBreakerControl() {
        @Sendable func withoutLimit(_ settings: CircuitBreakerSettings) -> CircuitBreakerSettings {
            var settings = settings
            settings.concurrentProbes = 1_000
            return settings
        }
        register(
            BreakerImplementation(
                id: "breaker-without-probe-limit",
                family: .other,
                role: .control,
                standing: .variant,
                summary: "control: half-open it lets everybody through; must be caught by verify",
                drivers: [.threads, .tasks],
                real: { BreakerInstance(MutexCircuitBreaker(withoutLimit($0.settings), clock: $0.clock)) },
                virtual: { BreakerInstance(MutexCircuitBreaker(withoutLimit($0.settings), clock: $0.clock)) }
            )
        )
    }

    private mutating func registerBreakerYardsticks() {
        register(
            BreakerImplementation(
                id: "null-breaker",
                family: .other,
                role: .yardstick,
                summary: "yardstick: permits everything and records nothing; what the harness costs",
                real: { _ in BreakerInstance(NullBreaker()) },
                virtual: nil
            )
        )
        register(
            BreakerImplementation(
                id: "atomic-add-breaker",
                family: .other,
                role: .yardstick,
                standing: .own,
                summary: "yardstick: permits everything and records by one atomic addition",
                drivers: [.threads, .tasks],
                measures: "The harness with one atomic addition",
                real: { _ in BreakerInstance(NullBreaker(counting: true)) },
                virtual: nil
            )
        )
    }
}
