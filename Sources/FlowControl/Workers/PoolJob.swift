internal import ConcurrencySupport

/// Work for a ``WorkerPool``, as its queue holds it.
///
/// A job of ``WorkerPool/run(_:)`` that is dropped, because the queue's policy gave it up or nobody kept it after a shutdown,
/// tells its caller so, who is waiting: `WorkerPoolError.dropped`.
public struct PoolJob: Sendable {
    private let ticket: Ticket

    /// Work whose error goes to whoever runs it.
    public init(_ work: @escaping @Sendable () async throws -> Void) {
        ticket = Ticket(work: work, onDrop: {})
    }

    init(_ work: @escaping @Sendable () async throws -> Void, onDrop: @escaping @Sendable () -> Void) {
        ticket = Ticket(work: work, onDrop: onDrop)
    }

    /// Runs the work, the first time; again, it does nothing. For jobs that a shutdown returned.
    public func callAsFunction() async throws {
        try await ticket.take()?()
    }

    /// Knows whether the work was begun when the last copy of the job is gone.
    private final class Ticket: Sendable {
        private let work: Lock<(@Sendable () async throws -> Void)?>
        private let onDrop: @Sendable () -> Void

        init(work: @escaping @Sendable () async throws -> Void, onDrop: @escaping @Sendable () -> Void) {
            self.work = Lock(work)
            self.onDrop = onDrop
        }

        deinit { if take() != nil { onDrop() } }

        func take() -> (@Sendable () async throws -> Void)? {
            work.withLock { work in
                defer { work = nil }
                return work
            }
        }
    }
}

/// Why ``WorkerPool/run(_:)`` has no value.
public enum WorkerPoolError: Error, Hashable, Sendable {
    /// The queue was full, and its policy is to say so. With when to try again, if the policy tells.
    case full(retryAfter: Duration?)
    /// The pool has been shut down.
    case closed
    /// The queue's policy gave the job up, or a shutdown returned it and nobody ran it.
    case dropped
}

/// What a pool does now and has done so far. The queue has statistics of its own.
public struct WorkerPoolStatistics: Sendable, Hashable {
    /// Workers there are now; those that are to go are among them until they have finished their job.
    public var workers: Int
    /// Workers that run a job.
    public var busy: Int
    /// Jobs that ran to their end.
    public var completed: UInt64
    /// Of those, the ones that threw; those of ``WorkerPool/run(_:)`` tell their callers instead.
    public var failed: UInt64
}
