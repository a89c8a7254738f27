public import BoundedQueues

/// One queue, ready to be driven: loops specialised for its type behind closures that are called once per worker.
///
/// The registry can hold queues of any type in one list without an existential in any hot loop.
public struct QueueInstance: Sendable {
    /// The queue itself, for a worker that needs two of a kind: unwrapped once, before its loop.
    @usableFromInline let queue: any Sendable
    /// For threads that try, and try again.
    let threads: ThreadLoops?
    /// For threads that leave the waiting to the queue.
    let parkingThreads: ThreadLoops?
    let tasks: TaskLoops?
    let close: @Sendable () async -> Void
    let statistics: @Sendable () async -> QueueStatistics
    /// Why there is no queue; `nil`: there is one.
    private(set) var failure: String?

    @usableFromInline
    init(
        queue: any Sendable,
        threads: ThreadLoops?,
        parkingThreads: ThreadLoops?,
        tasks: TaskLoops?,
        close: @escaping @Sendable () async -> Void,
        statistics: @escaping @Sendable () async -> QueueStatistics
    ) {
        self.queue = queue
        self.threads = threads
        self.parkingThreads = parkingThreads
        self.tasks = tasks
        self.close = close
        self.statistics = statistics
    }

    /// No queue, for a reason that the measurement is reported to have failed for.
    init(failure: String) {
        self.init(
            queue: failure,
            threads: nil,
            parkingThreads: nil,
            tasks: nil,
            close: {},
            statistics: { .uncounted(capacity: 1) }
        )
        self.failure = failure
    }

    /// A queue that threads can drive and park in, and tasks can drive.
    @inlinable
    public init<Queue: BlockingBoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
        self.init(
            queue: queue,
            threads: ThreadLoops(queue),
            parkingThreads: ThreadLoops(parkingIn: queue),
            tasks: TaskLoops(queue),
            close: { await queue.close() },
            statistics: { await queue.statistics() }
        )
    }

    /// A queue that threads and tasks can drive.
    @inlinable
    public init<Queue: SynchronousBoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
        self.init(
            queue: queue,
            threads: ThreadLoops(queue),
            parkingThreads: nil,
            tasks: TaskLoops(queue),
            close: { await queue.close() },
            statistics: { await queue.statistics() }
        )
    }

    /// A queue that tasks can drive.
    @inlinable
    public init<Queue: BoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
        self.init(
            queue: queue,
            threads: nil,
            parkingThreads: nil,
            tasks: TaskLoops(queue),
            close: { await queue.close() },
            statistics: { await queue.statistics() }
        )
    }

    /// The queue under its own type.
    @inlinable
    func unwrapped<Queue>(as type: Queue.Type) -> Queue {
        guard let queue = queue as? Queue else {
            preconditionFailure(
                "an implementation must always make the same type of queue; it made \(queue) and a \(type)"
            )
        }
        return queue
    }
}

extension QueueStatistics {
    /// Of a queue that counts nothing.
    static func uncounted(depth: Int = 0, capacity: Int) -> Self {
        Self(
            accepted: 0,
            refused: 0,
            taken: 0,
            dropped: 0,
            evicted: 0,
            depth: depth,
            peakDepth: nil,
            capacity: capacity
        )
    }
}
