import ConcurrencySupport
import FlowControl

extension Registry {
    /// The semaphores of the package, and what the harness and an atomic addition cost.
    mutating func registerConcurrencyLimits() {
        register(
            ConcurrencyLimitImplementation(
                id: "semaphore-mutex",
                family: .mutex,
                summary: "weighted semaphore behind a lock (pthread mutex)",
                make: { ConcurrencyLimitInstance(MutexSemaphore(limit: $0.limit, clock: $0.clock)) }
            )
        )
        register(
            ConcurrencyLimitImplementation(
                id: "semaphore-actor",
                family: .actor,
                summary: "weighted semaphore behind an actor; tasks only",
                drivenByThreads: false,
                make: { ConcurrencyLimitInstance(ActorSemaphore(limit: $0.limit, clock: $0.clock)) }
            )
        )
        register(
            ConcurrencyLimitImplementation(
                id: "semaphore-lockfree",
                family: .lockFree,
                role: .contender,
                standing: .own,
                summary: "weighted semaphore on one 64-bit word, one compare-exchange a grant, one addition a release",
                drivers: [.threads, .tasks],
                parksThreads: true,
                takesClock: true,
                extraChecks: [.exploredSemaphore],
                make: { ConcurrencyLimitInstance(LockFreeSemaphore(limit: $0.limit, clock: $0.clock)) }
            )
        )
        registerSemaphoreControl()
        registerSemaphoreYardsticks()
    }

    /// What must not pass `verify`; scenarios, which measure speed alone, do without it.
    private mutating func registerSemaphoreControl() {
        register(
            ConcurrencyLimitImplementation(
                id: "semaphore-without-weights",
                family: .other,
                role: .control,
                standing: .variant,
                summary: "control: counts requests, whatever they weigh; must be caught by verify",
                drivers: [.threads, .tasks],
                parksThreads: true,
                takesClock: true,
                make: { ConcurrencyLimitInstance(UnweightedSemaphore(limit: $0.limit, clock: $0.clock)) }
            )
        )
    }

    private mutating func registerSemaphoreYardsticks() {
        register(
            ConcurrencyLimitImplementation(
                id: "null-semaphore",
                family: .other,
                role: .yardstick,
                summary: "yardstick: grants everything and counts nothing; what the harness costs",
                takesClock: false,
                make: { _ in ConcurrencyLimitInstance(NullSemaphore()) }
            )
        )
        register(
            ConcurrencyLimitImplementation(
                id: "atomic-add-semaphore",
                family: .other,
                role: .yardstick,
                standing: .own,
                summary: "yardstick: grants everything by one atomic addition",
                drivers: [.threads, .tasks],
                parksThreads: true,
                takesClock: false,
                measures: "The harness with one atomic addition",
                make: { _ in ConcurrencyLimitInstance(NullSemaphore(counting: true)) }
            )
        )
    }
}
