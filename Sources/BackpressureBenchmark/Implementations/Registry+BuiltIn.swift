import BackpressureTesting
import BoundedQueues
import CForeignImplementations
import ConcurrencySupport

extension Registry {
    /// Everything that comes with the suite. Adding an implementation to it is one entry here.
    public static var builtIn: Registry {
        var registry = Registry()
        registry.registerQueues()
        registry.registerPriorityQueues()
        registry.registerPeers()
        registry.registerLimiters()
        registry.registerBreakers()
        registry.registerConcurrencyLimits()
        registry.registerSystems()
        return registry
    }

    private mutating func registerQueues() {
        register(
            QueueImplementation(
                id: "mutex",
                family: .mutex,
                summary: "ring buffer behind a lock (pthread mutex); strict FIFO",
                policies: QueueImplementation.everyPolicy,
                promises: QueuePromises(allocatesNothing: true),
                words: { QueueInstance(MutexQueue<UInt64>($0)) },
                payloads: { QueueInstance(MutexQueue<Payload>($0)) }
            )
        )
        register(
            QueueImplementation(
                id: "actor",
                family: .actor,
                summary: "ring buffer behind an actor; strict FIFO; tasks only",
                policies: QueueImplementation.everyPolicy,
                drivenByThreads: false,
                words: { QueueInstance(ActorQueue<UInt64>($0)) },
                payloads: { QueueInstance(ActorQueue<Payload>($0)) }
            )
        )
        registerRings()
        register(
            QueueImplementation(
                id: "unbounded",
                family: .other,
                role: .control,
                summary: "control: a deque behind a mutex that never refuses; must die in the stress section",
                words: { _ in QueueInstance(UnboundedQueue<UInt64>()) },
                payloads: { _ in QueueInstance(UnboundedQueue<Payload>()) }
            )
        )
        register(
            QueueImplementation(
                id: "null-queue",
                family: .other,
                role: .yardstick,
                summary: "yardstick: takes and gives at once, holds nothing; what the harness costs",
                policies: [.block, .reject, .dropNewest, .dropOldest],
                drivers: [.threads, .tasks],
                promises: .delivery,
                conservesElements: false,
                arrivals: .saturated,
                yardstickFor: nil,
                words: { QueueInstance(NullQueue<UInt64>($0, element: 0)) },
                payloads: { QueueInstance(NullQueue<Payload>($0, element: .make(number: 0, byteCount: 8))) }
            )
        )
        register(
            QueueImplementation(
                id: "ring-by-hand",
                family: .other,
                role: .yardstick,
                summary: "yardstick: the ring in a hand-written loop; what the harness's protocol costs",
                policies: [.block],
                drivers: [.threads],
                promises: .delivery,
                conservesElements: true,
                arrivals: .alternating,
                yardstickFor: "ring",
                words: { handWrittenRing(capacity: $0.capacity) },
                payloads: nil
            )
        )
        register(
            QueueImplementation(
                id: "spsc-bare",
                family: .other,
                role: .yardstick,
                standing: .variant,
                summary: "yardstick: a bare ring for one producer and one consumer, in C and without a call",
                policies: [.block],
                drivers: [.threads],
                maxProducers: 1,
                maxConsumers: 1,
                promises: .delivery,
                conservesElements: true,
                arrivals: .all,
                yardstickFor: nil,
                words: { QueueInstance(BareRingQueue(capacity: $0.capacity)) },
                payloads: nil
            )
        )
        register(
            QueueImplementation(
                id: "actor-bare",
                family: .actor,
                role: .yardstick,
                standing: .variant,
                summary: "yardstick: a deque with a bound in an actor, and nothing else; what visiting an actor costs",
                policies: [.block],
                drivers: [.tasks],
                promises: .delivery,
                conservesElements: true,
                arrivals: .alternating,
                yardstickFor: nil,
                words: { QueueInstance(BareActorQueue<UInt64>(capacity: $0.capacity)) },
                payloads: nil
            )
        )
    }

    /// The lock-free queues. Those that aren't `.own` are there for the scenarios that compare what a choice costs.
    private mutating func registerRings() {
        register(
            .ring(
                "ring",
                summary: "lock-free MPMC ring of sequence slots, 64 bytes apart; relaxed full and empty; threads",
                drivers: [.threads]
            )
        )
        register(
            .ring(
                "ring-async",
                summary: "the same ring, whose push and pop suspend tasks",
                drivers: [.tasks]
            )
        )
        register(
            .ring(
                "ring-dense",
                standing: .variant,
                summary: "the ring with its slots 16 bytes apart: a quarter of the memory",
                spacing: .dense
            )
        )
        register(
            .ring(
                "ring-wide",
                standing: .variant,
                summary: "the ring with its slots 128 bytes apart: twice the memory",
                spacing: .widelyPadded
            )
        )
        register(
            .ring(
                "ring-strict",
                standing: .variant,
                summary: "the ring with full and empty linearizable",
                consistency: .strict
            )
        )
        register(
            QueueImplementation(
                id: "ring-spsc",
                family: .lockFree,
                role: .contender,
                summary: "lock-free ring for one producer and one consumer; strict; threads and tasks",
                policies: QueueImplementation.everyPolicy.filter { ![.dropOldest, .spill].contains($0) },
                drivers: [.threads, .tasks],
                maxProducers: 1,
                maxConsumers: 1,
                limitations: "drop-oldest and spill need a second consumer or producer",
                promises: QueuePromises(wakesInOrder: false, allocatesNothing: true),
                extraChecks: [.exploredSingleRing],
                conservesElements: true,
                arrivals: .all,
                yardstickFor: nil,
                words: { QueueInstance(SingleRingQueue<UInt64>($0)) },
                payloads: { QueueInstance(SingleRingQueue<Payload>($0)) }
            )
        )
        register(.behindC("ring-abi", "the ring behind the C interface, to set beside loaded queues", { ringBehindC }))
        register(.behindC("ring-dense-abi", "the same with its slots 16 bytes apart", { denseRingBehindC }))
        register(
            .behindC(
                "ring-spsc-abi",
                "the single-producer ring behind the C interface, to set beside loaded queues",
                { singleRingBehindC },
                maxWorkers: 1
            )
        )
    }
}

extension MutexQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        if let store = setup.spillStore {
            self.init(capacity: setup.capacity, spillStore: store)
        } else {
            self.init(capacity: setup.capacity, policy: setup.policy, onDrop: setup.onDrop)
        }
    }
}

extension ActorQueue {
    fileprivate init(_ setup: QueueSetup<Element>) {
        if let store = setup.spillStore {
            self.init(capacity: setup.capacity, spillStore: store)
        } else {
            self.init(capacity: setup.capacity, policy: setup.policy, onDrop: setup.onDrop)
        }
    }
}

extension QueueImplementation {
    /// A ring for any number of producers and consumers.
    fileprivate static func ring(
        _ id: String,
        standing: Standing = .own,
        summary: String,
        drivers: [Scenario.Driver] = [.threads, .tasks],
        spacing: SlotSpacing = .padded,
        consistency: RingConsistency = .relaxed
    ) -> QueueImplementation {
        QueueImplementation(
            id: id,
            family: .lockFree,
            role: .contender,
            standing: standing,
            summary: summary,
            policies: everyPolicy,
            drivers: drivers,
            promises: QueuePromises(
                specification: consistency == .strict ? .strict : .relaxed,
                wakesInOrder: false,
                allocatesNothing: true
            ),
            extraChecks: [.exploredRing(consistency)],
            conservesElements: true,
            arrivals: .all,
            yardstickFor: nil,
            words: { QueueInstance(RingQueue<UInt64>($0, spacing, consistency)) },
            payloads: { QueueInstance(RingQueue<Payload>($0, spacing, consistency)) }
        )
    }

    /// One of ours behind the C interface: what that costs is then in both figures when a loaded queue is compared with it.
    fileprivate static func behindC(
        _ id: String,
        _ summary: String,
        _ entry: @escaping @Sendable () -> backpressure_queue_v1,
        maxWorkers: Int? = nil
    ) -> QueueImplementation {
        QueueImplementation(
            id: id,
            family: .lockFree,
            role: .contender,
            standing: .variant,
            summary: summary,
            policies: [.block, .reject],
            drivers: [.threads],
            maxProducers: maxWorkers,
            maxConsumers: maxWorkers,
            promises: QueuePromises(
                specification: .relaxed,
                contract: false,
                wakesInOrder: false,
                allocatesNothing: true
            ),
            conservesElements: true,
            arrivals: .all,
            yardstickFor: nil,
            parksThreads: entry().push_wait != nil && entry().pop_wait != nil,
            words: { makeQueue($0, id: id, entry) },
            payloads: nil
        )
    }
}

extension SlotQueue where Slots == SharedSlots<HardwareWord> {
    fileprivate convenience init(_ setup: QueueSetup<Element>, _ spacing: SlotSpacing, _ consistency: RingConsistency) {
        if let store = setup.spillStore {
            self.init(capacity: setup.capacity, spillStore: store, spacing: spacing, consistency: consistency)
        } else {
            self.init(
                capacity: setup.capacity,
                policy: setup.policy,
                spacing: spacing,
                consistency: consistency,
                onDrop: setup.onDrop
            )
        }
    }
}

extension SlotQueue where Slots == SingleSlots<Element, HardwareWord> {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        self.init(capacity: setup.capacity, policy: setup.policy, onDrop: setup.onDrop)
    }
}

extension NullQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>, element: Element) {
        self.init(capacity: setup.capacity, policy: setup.policy, element: element)
    }
}
