public import BoundedQueues

/// One queue, ready to be driven: loops specialised for its type behind closures that are called once per worker.
///
/// The registry can hold queues of any type in one list without an existential in any hot loop.
public struct QueueInstance: Sendable {
    @usableFromInline
    struct ThreadLoops: Sendable {
        @usableFromInline let produce: @Sendable (ProducerTask) -> Void
        @usableFromInline let consume: @Sendable (ConsumerTask) -> Void
        @usableFromInline let alternate: @Sendable (ProducerTask) -> Void

        @usableFromInline
        init(
            produce: @escaping @Sendable (ProducerTask) -> Void,
            consume: @escaping @Sendable (ConsumerTask) -> Void,
            alternate: @escaping @Sendable (ProducerTask) -> Void
        ) {
            self.produce = produce
            self.consume = consume
            self.alternate = alternate
        }
    }

    @usableFromInline
    struct TaskLoops: Sendable {
        @usableFromInline let produce: @Sendable (ProducerTask) async -> Void
        @usableFromInline let consume: @Sendable (ConsumerTask) async -> Void
        @usableFromInline let alternate: @Sendable (ProducerTask) async -> Void

        @usableFromInline
        init(
            produce: @escaping @Sendable (ProducerTask) async -> Void,
            consume: @escaping @Sendable (ConsumerTask) async -> Void,
            alternate: @escaping @Sendable (ProducerTask) async -> Void
        ) {
            self.produce = produce
            self.consume = consume
            self.alternate = alternate
        }

        @inlinable
        init<Queue: BoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
            self.init(
                produce: { await BackpressureBenchmark.produce(into: queue, $0) },
                consume: { await BackpressureBenchmark.consume(from: queue, $0) },
                alternate: { await BackpressureBenchmark.alternate(on: queue, $0) }
            )
        }
    }

    let threads: ThreadLoops?
    let tasks: TaskLoops?
    let close: @Sendable () async -> Void
    let statistics: @Sendable () async -> QueueStatistics
    /// Why there is no queue; `nil`: there is one.
    private(set) var failure: String?

    @usableFromInline
    init(
        threads: ThreadLoops?,
        tasks: TaskLoops?,
        close: @escaping @Sendable () async -> Void,
        statistics: @escaping @Sendable () async -> QueueStatistics
    ) {
        self.threads = threads
        self.tasks = tasks
        self.close = close
        self.statistics = statistics
    }

    /// No queue, for a reason that the measurement is reported to have failed for.
    init(failure: String) {
        self.init(
            threads: nil,
            tasks: nil,
            close: {},
            statistics: {
                QueueStatistics(
                    accepted: 0,
                    refused: 0,
                    taken: 0,
                    dropped: 0,
                    evicted: 0,
                    depth: 0,
                    peakDepth: nil,
                    capacity: 1
                )
            }
        )
        self.failure = failure
    }

    /// A queue that threads and tasks can drive.
    @inlinable
    public init<Queue: SynchronousBoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
        self.init(
            threads: ThreadLoops(
                produce: { BackpressureBenchmark.produce(into: queue, $0) },
                consume: { BackpressureBenchmark.consume(from: queue, $0) },
                alternate: { BackpressureBenchmark.alternate(on: queue, $0) }
            ),
            tasks: TaskLoops(queue),
            close: { await queue.close() },
            statistics: { await queue.statistics() }
        )
    }

    /// A queue that tasks can drive.
    @inlinable
    public init<Queue: BoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
        self.init(
            threads: nil,
            tasks: TaskLoops(queue),
            close: { await queue.close() },
            statistics: { await queue.statistics() }
        )
    }
}
