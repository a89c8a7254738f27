import BoundedQueues
import ConcurrencySupport
import RateLimiters

extension Registry {
    /// Everything that comes with the suite. Adding an implementation to it is one entry here.
    public static var builtIn: Registry {
        var registry = Registry()
        registry.registerQueues()
        registry.registerLimiters()
        return registry
    }

    private mutating func registerQueues() {
        register(
            QueueImplementation(
                id: "mutex",
                family: .mutex,
                summary: "ring buffer behind a lock (pthread mutex); strict FIFO",
                policies: .all,
                words: { QueueInstance(MutexQueue<UInt64>($0)) },
                payloads: { QueueInstance(MutexQueue<Payload>($0)) }
            )
        )
        register(
            QueueImplementation(
                id: "actor",
                family: .actor,
                summary: "ring buffer behind an actor; strict FIFO; tasks only",
                policies: .all,
                drivenByThreads: false,
                words: { QueueInstance(ActorQueue<UInt64>($0)) },
                payloads: { QueueInstance(ActorQueue<Payload>($0)) }
            )
        )
        register(
            QueueImplementation(
                id: "ring",
                family: .lockFree,
                summary: "lock-free MPMC ring of sequence slots, 64 bytes apart; relaxed full and empty",
                policies: .all,
                words: { QueueInstance(RingQueue<UInt64>($0)) },
                payloads: { QueueInstance(RingQueue<Payload>($0)) }
            )
        )
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
                id: "null",
                family: .other,
                role: .yardstick,
                summary: "yardstick: takes and gives at once, holds nothing; what the harness costs",
                policies: [.block, .reject, .dropNewest, .dropOldest],
                drivers: [.threads, .tasks],
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
                conservesElements: true,
                arrivals: .alternating,
                yardstickFor: "ring",
                words: { handWrittenRing(capacity: $0.capacity) },
                payloads: nil
            )
        )
    }

    private mutating func registerLimiters() {
        register(
            LimiterImplementation(
                id: "token-bucket-mutex",
                family: .mutex,
                summary: "GCRA in integers behind a lock (pthread mutex)",
                real: { LimiterInstance(MutexTokenBucket($0)) },
                virtual: { LimiterInstance(MutexTokenBucket($0)) }
            )
        )
        register(
            LimiterImplementation(
                id: "token-bucket-actor",
                family: .actor,
                summary: "GCRA in integers behind an actor; tasks only",
                drivenByThreads: false,
                real: { LimiterInstance(ActorTokenBucket($0)) },
                virtual: { LimiterInstance(ActorTokenBucket($0)) }
            )
        )
        register(
            LimiterImplementation(
                id: "token-bucket-lockfree",
                family: .lockFree,
                summary: "GCRA on one 64-bit word, one compare-exchange a grant",
                real: { LimiterInstance(LockFreeTokenBucket($0)) },
                virtual: { LimiterInstance(LockFreeTokenBucket($0)) }
            )
        )
        register(
            LimiterImplementation(
                id: "fixed-window",
                family: .other,
                role: .control,
                summary: "control: a counter per window behind a mutex; must break the envelope",
                real: { LimiterInstance(FixedWindowLimiter(rate: $0.rate, burst: $0.burst, clock: $0.clock)) },
                virtual: { LimiterInstance(FixedWindowLimiter(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
            )
        )
        register(
            LimiterImplementation(
                id: "null-limiter",
                family: .other,
                role: .yardstick,
                summary: "yardstick: grants everything without looking at the time; what the harness costs",
                real: { _ in LimiterInstance(NullLimiter()) },
                virtual: nil
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

extension SlotQueue where Slots == SharedSlots<HardwareWord> {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        if let store = setup.spillStore {
            self.init(capacity: setup.capacity, spillStore: store)
        } else {
            self.init(capacity: setup.capacity, policy: setup.policy, onDrop: setup.onDrop)
        }
    }
}

extension NullQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>, element: Element) {
        self.init(capacity: setup.capacity, policy: setup.policy, element: element)
    }
}

extension MutexTokenBucket {
    fileprivate convenience init(_ setup: LimiterSetup<ClockType>) {
        self.init(rate: setup.rate, burst: setup.burst, clock: setup.clock)
    }
}

extension ActorTokenBucket {
    fileprivate init(_ setup: LimiterSetup<ClockType>) {
        self.init(rate: setup.rate, burst: setup.burst, clock: setup.clock)
    }
}

extension LockFreeTokenBucket {
    fileprivate convenience init(_ setup: LimiterSetup<ClockType>) {
        self.init(rate: setup.rate, burst: setup.burst, clock: setup.clock)
    }
}
