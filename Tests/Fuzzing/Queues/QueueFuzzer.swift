import BoundedQueues

@testable import BackpressureTesting

/// Sequences of operations on every queue, compared step by step with ``QueueModel``.
///
/// The first three bytes choose capacity, policy and spacing, each of the others is a ``FuzzOperation``.
enum QueueFuzzer {
    @Sendable
    static func run(_ input: [UInt8]) {
        var bytes = InputBytes(input)
        let capacity = 1 + bytes.next() % 8
        let choice = PolicyChoice(bytes.next(), capacity: capacity)
        let spacing = bytes.pick([SlotSpacing.dense, .padded, .widelyPadded])
        let operations = FuzzOperation.sequence(&bytes, capacity: capacity)
        runBlocking {
            for subject in subjects(spacing) where subject.missing != choice.policy {
                await subject.check(capacity, choice, operations)
            }
        }
    }

    /// What a queue does with what finds no room, and what the model has to know of it.
    struct PolicyChoice: Sendable {
        let policy: OverflowPolicy
        var samplingInterval: Int?
        var samplingDepth = 0
        /// Whether the queue is emptied at the end. If not, it dies with what is in it.
        let drains: Bool

        init(_ byte: Int, capacity: Int) {
            let parameter = byte / 8
            drains = byte < 128
            switch byte % 6 {
            case 0: policy = .block
            case 1: policy = .reject
            case 2: policy = .dropNewest
            case 3: policy = .dropOldest
            case 4: policy = .throttle()
            default:
                let interval = 1 + parameter % 4
                // A share whose product with the capacity is exact.
                samplingDepth = parameter % 2 == 0 ? 0 : capacity
                samplingInterval = interval
                policy = .sample(oneIn: interval, above: parameter % 2 == 0 ? 0 : 1)
            }
        }

        func model(capacity: Int) -> QueueModel {
            QueueModel(
                capacity: capacity,
                policy: policy,
                sampling: samplingInterval.map { QueueModel.Sampling(interval: $0, depth: samplingDepth) }
            )
        }
    }

    private struct Subject: Sendable {
        /// The policy that it hasn't.
        let missing: OverflowPolicy?
        let check: @Sendable (Int, PolicyChoice, [FuzzOperation]) async -> Void

        init<Queue: BoundedQueue<Tracked>>(
            _ name: String,
            without missing: OverflowPolicy? = nil,
            _ make: @escaping @Sendable (Int, OverflowPolicy, @escaping DropHandler<Tracked>) -> Queue
        ) {
            self.missing = missing
            check = { capacity, choice, operations in
                let source = Tracked.Source()
                let log = DropLog()
                do {
                    var run = QueueFuzzRun(
                        name: "\(name), capacity \(capacity), \(choice.policy)",
                        queue: make(capacity, choice.policy) { log.handler($0.number, $1) },
                        model: choice.model(capacity: capacity),
                        source: source,
                        log: log
                    )
                    await run.follow(operations, drains: choice.drains)
                }
                Fuzzing.expectEqual(source.livingCount, 0, "\(name): the number of elements that are never released")
            }
        }
    }

    private static func subjects(_ spacing: SlotSpacing) -> [Subject] {
        [
            Subject("MutexQueue") { MutexQueue(capacity: $0, policy: $1, onDrop: $2) },
            Subject("ActorQueue") { ActorQueue(capacity: $0, policy: $1, onDrop: $2) },
            Subject("RingQueue, relaxed") {
                RingQueue(capacity: $0, policy: $1, spacing: spacing, consistency: .relaxed, onDrop: $2)
            },
            Subject("RingQueue, strict") {
                RingQueue(capacity: $0, policy: $1, spacing: spacing, consistency: .strict, onDrop: $2)
            },
            Subject("SingleRingQueue", without: .dropOldest) {
                SingleRingQueue(capacity: $0, policy: $1, onDrop: $2)
            },
        ]
    }
}
