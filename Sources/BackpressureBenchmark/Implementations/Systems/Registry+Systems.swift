import BoundedQueues
import CircuitBreakers
import ConcurrencySupport

extension Registry {
    /// Whole systems, for the scenarios of their kind: those of the package, and the same without backpressure.
    mutating func registerSystems() {
        registerAdmission()
        registerDelivery()
        registerSignals()
        registerStages()
        registerLimits()
        registerRecording()
        registerClients()
    }

    private mutating func registerAdmission() {
        register(
            SystemImplementation(
                id: "tiers-mutex",
                family: .mutex,
                summary: "a priority queue behind a lock in front of the workers, the least urgent refused first",
                admission: { TieredAdmission(queue: MutexPriorityQueue<UInt64>(capacity: $0.capacity)) }
            )
        )
        register(
            SystemImplementation(
                id: "tiers-actor",
                family: .actor,
                summary: "the same behind an actor",
                admission: { TieredAdmission(queue: ActorPriorityQueue<UInt64>(capacity: $0.capacity)) }
            )
        )
        register(
            SystemImplementation(
                id: "tiers-ring",
                family: .lockFree,
                summary: "the same on lock-free rings",
                admission: { TieredAdmission(queue: RingPriorityQueue<UInt64>(capacity: $0.capacity)) }
            )
        )
        register(
            SystemImplementation(
                id: "unbounded-line",
                family: .other,
                role: .control,
                summary: "control: an unbounded queue for everybody; its backlog must grow",
                admission: { _ in UntieredAdmission(queue: UnboundedQueue<UInt64>()) }
            )
        )
    }

    private mutating func registerDelivery() {
        register(
            SystemImplementation(
                id: "guarded-mutex",
                family: .mutex,
                summary: "a circuit breaker behind a lock, dead letters, and their redrive through the breaker",
                delivery: { GuardedDeliveries(MutexCircuitBreaker($0.breaker), $0) }
            )
        )
        register(
            SystemImplementation(
                id: "guarded-actor",
                family: .actor,
                summary: "the same with a breaker behind an actor",
                delivery: { GuardedDeliveries(ActorCircuitBreaker($0.breaker), $0) }
            )
        )
        register(
            SystemImplementation(
                id: "guarded-lockfree",
                family: .lockFree,
                summary: "the same with a lock-free breaker",
                delivery: { GuardedDeliveries(LockFreeCircuitBreaker($0.breaker), $0) }
            )
        )
        register(
            SystemImplementation(
                id: "no-breaker",
                family: .other,
                role: .control,
                summary: "control: dead letters without a breaker; it must go on calling what fails",
                delivery: { UnguardedDeliveries($0) }
            )
        )
    }

    private mutating func registerSignals() {
        register(
            SystemImplementation(
                id: "flow-signals",
                family: .lockFree,
                summary: "flow-control signals, read before each publish",
                signal: { FlowSignalling() }
            )
        )
        register(
            SystemImplementation(
                id: "polled-state",
                family: .other,
                role: .control,
                summary: "control: producers look every 50 ms; they must be late",
                signal: { PolledState() }
            )
        )
    }
}
