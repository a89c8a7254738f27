import BackpressureTesting
import BoundedQueues
import ConcurrencySupport

extension Registry {
    /// The priority queues, for the scenarios that name them.
    mutating func registerPriorityQueues() {
        register(
            .priority(
                "priority-mutex",
                family: .mutex,
                summary: "four tiers behind a lock, elements in turn; strict",
                contract: .priorityContract { capacity, overload, ageingLimit, onDrop in
                    MutexPriorityQueue(
                        capacity: capacity,
                        overload: overload,
                        ageingLimit: ageingLimit,
                        onDrop: onDrop
                    )
                },
                words: { QueueInstance(TieredQueue(base: MutexPriorityQueue<UInt64>($0))) },
                payloads: { QueueInstance(TieredQueue(base: MutexPriorityQueue<Payload>($0))) }
            )
        )
        register(
            .priority(
                "priority-actor",
                family: .actor,
                summary: "four tiers behind an actor, elements in turn; strict; tasks only",
                drivers: [.tasks],
                contract: .priorityContract { capacity, overload, ageingLimit, onDrop in
                    ActorPriorityQueue(
                        capacity: capacity,
                        overload: overload,
                        ageingLimit: ageingLimit,
                        onDrop: onDrop
                    )
                },
                words: { QueueInstance(TieredActorQueue(base: ActorPriorityQueue<UInt64>($0))) },
                payloads: { QueueInstance(TieredActorQueue(base: ActorPriorityQueue<Payload>($0))) }
            )
        )
        register(
            .priority(
                "priority-ring",
                family: .lockFree,
                summary: "four rings and a shared bound, elements in turn; relaxed",
                contract: .priorityContract(skipping: [.newcomersQueueUp]) { capacity, overload, ageingLimit, onDrop in
                    RingPriorityQueue(
                        capacity: capacity,
                        overload: overload,
                        ageingLimit: ageingLimit,
                        onDrop: onDrop
                    )
                },
                words: { QueueInstance(TieredQueue(base: RingPriorityQueue<UInt64>($0))) },
                payloads: { QueueInstance(TieredQueue(base: RingPriorityQueue<Payload>($0))) }
            )
        )
    }
}

extension QueueImplementation {
    fileprivate static func priority(
        _ id: String,
        family: Family,
        summary: String,
        drivers: [Scenario.Driver] = [.threads, .tasks],
        contract: ExtraVerification,
        words: @escaping @Sendable (QueueSetup<UInt64>) -> QueueInstance,
        payloads: @escaping @Sendable (QueueSetup<Payload>) -> QueueInstance
    ) -> QueueImplementation {
        QueueImplementation(
            id: id,
            family: family,
            role: .contender,
            standing: .variant,
            summary: summary,
            policies: [.block],
            drivers: drivers,
            limitations:
                "first in, first out within a tier; what a tier does when it is full is its overload table's choice",
            promises: QueuePromises(specification: nil, contract: false),
            extraChecks: [contract],
            conservesElements: true,
            arrivals: .all,
            yardstickFor: nil,
            words: words,
            payloads: payloads
        )
    }
}

extension MutexPriorityQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>) { self.init(capacity: setup.capacity, overload: .never) }
}

extension ActorPriorityQueue {
    fileprivate init(_ setup: QueueSetup<Element>) { self.init(capacity: setup.capacity, overload: .never) }
}

extension TieredRings where Word == HardwareWord {
    fileprivate convenience init(_ setup: QueueSetup<Element>) { self.init(capacity: setup.capacity, overload: .never) }
}
