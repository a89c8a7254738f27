import BackpressureTesting
import BoundedQueues

extension Registry {
    /// What Swift programs use so far, from other packages and the system, to compare ours with.
    mutating func registerPeers() {
        register(
            .peer(
                id: "async-stream",
                summary: "AsyncStream with a buffering policy; for block, yields again what was dropped",
                policies: [.block, .reject, .dropNewest, .dropOldest],
                limitations: "producers can't wait for room, they retry; a cancelled pop ends the stream",
                words: { QueueInstance(AsyncStreamQueue($0)) },
                payloads: { QueueInstance(AsyncStreamQueue($0)) }
            )
        )
        register(
            .peer(
                id: "async-channel",
                summary: "AsyncChannel (swift-async-algorithms): each push waits for its pop",
                arrivals: .separateWorkers,
                limitations: "a rendezvous: holds nothing, whatever the capacity; closing returns what producers offer",
                words: { QueueInstance(AsyncChannelQueue($0)) },
                payloads: { QueueInstance(AsyncChannelQueue($0)) }
            )
        )
        register(
            .peer(
                id: "mpsc-channel",
                summary:
                    "MultiProducerSingleConsumerAsyncChannel (swift-async-algorithms), watermarks at half and full",
                maxConsumers: 1,
                arrivals: .separateWorkers,
                limitations: "soft bound: one element more per waiting producer; a cancelled pop ends the channel",
                words: { QueueInstance(MPSCChannelQueue($0)) },
                payloads: { QueueInstance(MPSCChannelQueue($0)) }
            )
        )
        register(
            .peer(
                id: "nio-producer",
                summary: "NIOAsyncSequenceProducer (swift-nio), watermarks at half and full",
                maxConsumers: 1,
                limitations: "soft bound: overshot by one element per producer; a cancelled pop ends the sequence",
                words: { QueueInstance(NIOProducerQueue($0)) },
                payloads: { QueueInstance(NIOProducerQueue($0)) }
            )
        )
        register(
            .peer(
                id: "dispatch",
                summary: "two DispatchSemaphores around a deque behind a lock; threads only",
                policies: [.block, .reject],
                drivers: [.threads],
                limitations: "blocks threads, so tasks can't use it",
                promises: QueuePromises(specification: .relaxed, contract: false),
                words: { QueueInstance(SemaphoreQueue($0)) },
                payloads: { QueueInstance(SemaphoreQueue($0)) }
            )
        )
    }
}

extension QueueImplementation {
    fileprivate static func peer(
        id: String,
        summary: String,
        policies: [OverflowPolicy] = [.block],
        drivers: [Scenario.Driver] = [.tasks],
        maxConsumers: Int? = nil,
        arrivals: ArrivalSupport = .all,
        limitations: String,
        promises: QueuePromises = .delivery,
        words: @escaping @Sendable (QueueSetup<UInt64>) -> QueueInstance,
        payloads: @escaping @Sendable (QueueSetup<Payload>) -> QueueInstance
    ) -> QueueImplementation {
        QueueImplementation(
            id: id,
            family: .other,
            role: .contender,
            standing: .peer,
            summary: summary,
            policies: policies,
            drivers: drivers,
            maxConsumers: maxConsumers,
            limitations: limitations,
            promises: promises,
            conservesElements: true,
            arrivals: arrivals,
            yardstickFor: nil,
            words: words,
            payloads: payloads
        )
    }
}

extension AsyncStreamQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        self.init(capacity: setup.capacity, policy: setup.policy, onDrop: setup.onDrop)
    }
}

extension AsyncChannelQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        self.init(capacity: setup.capacity, policy: setup.policy)
    }
}

extension MPSCChannelQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        self.init(capacity: setup.capacity, policy: setup.policy)
    }
}

extension NIOProducerQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        self.init(capacity: setup.capacity, policy: setup.policy)
    }
}

extension SemaphoreQueue {
    fileprivate convenience init(_ setup: QueueSetup<Element>) {
        self.init(capacity: setup.capacity, policy: setup.policy)
    }
}
