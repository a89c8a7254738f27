public import BoundedQueues
public import ConcurrencySupport

/// Workers that take jobs from a bounded queue.
///
///     let pool = WorkerPool(queue: RingQueue<PoolJob>(capacity: 1_024), workers: 8)
///     async let running: Void = pool.run()          // or as a service of swift-service-lifecycle
///     _ = await pool.submit { try await index(document) }
///     let thumbnail = try await pool.run { try await scale(image) }
///     await pool.shutdown()
///
/// What it promises:
/// - **Submitters feel the queue's policy**: they wait, are refused, or their jobs or older ones are dropped.
/// - **Bound.** No more jobs run at a time than there are workers, and no more wait than the queue's capacity.
/// - **A job that throws ends alone.** Its error goes to the caller of ``run(_:)``, or to the handler of failures.
/// - **Nothing accepted is lost.** After ``shutdown()`` everything accepted runs; after ``shutdown(within:)`` what was not
///   begun is returned. A job is run once or returned once.
/// - **Structured.** Workers exist while ``run()`` runs, and only then. Cancelling it cancels the jobs that run and closes the
///   queue; jobs that haven't begun stay inside, for ``shutdown(within:)`` to return.
///
/// - Complexity: a job costs a push, a pop and a task.
public final class WorkerPool<Queue: BoundedQueue>: Sendable where Queue.Element == PoolJob {
    /// Where the jobs wait. Closed by a shutdown; not to be popped by others.
    public let queue: Queue
    private let clock: any NanosecondClock
    private let onFailure: @Sendable (any Error) -> Void
    private let state: Lock<PoolState>
    /// Tells ``run()`` that workers are missing; finished when none will be added any more.
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    /// A pool, whose workers begin when ``run()`` does.
    ///
    /// - Parameters:
    ///   - queue: where the jobs wait; its capacity and policy are the pool's.
    ///   - workers: how many jobs run at a time; at least 1, else a precondition fails.
    ///   - clock: what ``shutdown(within:)`` measures on.
    ///   - onFailure: receives what jobs of ``submit(_:)`` throw.
    public init(
        queue: Queue,
        workers: Int,
        clock: any NanosecondClock = SystemNanosecondClock(),
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.queue = queue
        self.clock = clock
        self.onFailure = onFailure
        state = Lock(PoolState(target: workers))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        change.yield()
    }

    // MARK: Submitting

    /// Offers a job and doesn't wait for its end; where the queue's policy waits, suspends until there is room. What the job
    /// throws goes to the handler of failures.
    ///
    /// - Returns: what became of it in the queue; a refused job comes back.
    public func submit(_ work: @escaping @Sendable () async throws -> Void) async -> PushResult<PoolJob> {
        await queue.push(PoolJob(work))
    }

    /// Offers a job without ever waiting for room.
    ///
    /// - Returns: what became of it in the queue; a refused job comes back.
    public func trySubmit(_ work: @escaping @Sendable () async throws -> Void) async -> PushResult<PoolJob> {
        await queue.tryPush(PoolJob(work))
    }

    /// Has a worker run a job, and waits for its value; where the queue's policy waits, for room first.
    ///
    /// If the calling task is cancelled, a job that hasn't begun never will, and one that runs is cancelled and waited for.
    ///
    /// - Throws: what the job throws; ``WorkerPoolError`` if it never ran; `CancellationError` if it was cancelled before.
    public func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let outcome = JobOutcome<Value>()
        return try await withTaskCancellationHandler {
            try await offer(work, outcome)
            return try await outcome.value
        } onCancel: {
            outcome.cancel()
        }
    }

    /// Apart, so that the caller doesn't keep the job while it waits: that nobody does is how it is known to be dropped.
    private func offer<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value,
        _ outcome: JobOutcome<Value>
    ) async throws {
        let job = PoolJob {
            await outcome.run(work)
        } onDrop: {
            outcome.finish(.failure(WorkerPoolError.dropped))
        }
        switch await queue.push(job) {
        case .accepted, .dropped: return
        case .full, .timedOut: throw WorkerPoolError.full(retryAfter: nil)
        case .rejected(_, let error): throw WorkerPoolError.full(retryAfter: error.retryAfter)
        case .closed: throw WorkerPoolError.closed
        case .cancelled: throw CancellationError()
        }
    }

    // MARK: Workers

    /// Changes how many workers there are. New ones begin at once; of those that are to go, idle ones go now and busy ones when
    /// their job is done.
    ///
    /// - Parameter workers: at least 1, else a precondition fails.
    public func setWorkers(_ workers: Int) {
        let idle = state.withLock { $0.setTarget(workers) }
        for worker in idle { worker.cancel() }
        change.yield()
    }

    /// What the pool does now and has done so far.
    public func statistics() -> WorkerPoolStatistics {
        state.withLock { $0.statistics }
    }

    /// Owns the workers until a shutdown, after which it returns when the last job is done; or until it is cancelled.
    /// Called once, else a precondition fails.
    public func run() async {
        state.withLock { $0.begin() }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await _ in changes {
                    for number in state.withLock({ $0.takeMissing() }) {
                        group.addTask { await self.work(number) }
                    }
                }
                // Finished: by a shutdown, or because this task was cancelled.
                if Task.isCancelled { await queue.close() }
            }
        } onCancel: {
            abort()
        }
        for waiter in state.withLock({ $0.end() }) { waiter.resume() }
    }

    /// One worker. In a task of its own, so that it can be sent home while it waits for a job.
    private func work(_ number: Int) async {
        let worker = Task {
            while state.withLock({ $0.wait(number) }) {
                guard let job = await queue.pop() else {
                    if state.withLock({ $0.takeNone(number) }) { change.finish() }
                    break
                }
                guard state.withLock({ $0.take(job, number) }) else { break }
                // Again a task of its own: a worker that was sent home just as it took the job runs it to its end.
                let running = Task { try await job() }
                if state.withLock({ $0.begin(running, number) }) { running.cancel() }
                var failure: (any Error)?
                do { try await running.value } catch { failure = error }
                state.withLock { $0.finish(number, isFailure: failure != nil) }
                if let failure { onFailure(failure) }
            }
        }
        if state.withLock({ $0.register(worker, number) }) { worker.cancel() }
        await worker.value
        if state.withLock({ $0.leave(number) }) { change.yield() }
    }

    // MARK: Shutdown

    /// Takes no more jobs, and waits until everything accepted has run and ``run()`` has nothing left to do. If ``run()`` isn't
    /// running, returns at once: what is inside stays there.
    public func shutdown() async {
        await queue.close()
        state.withLock { $0.isClosed = true }
        change.finish()
        await waitForEnd()
    }

    /// Takes no more jobs; runs what it can in so much time, cancels the jobs that run then, waits for them, and returns those
    /// that weren't begun.
    ///
    /// - Parameter duration: how long jobs may go on; zero or below: those that run are cancelled at once.
    /// - Returns: jobs that were accepted and not begun, oldest first. Run them elsewhere, or let them go: callers of
    ///   ``run(_:)`` are told.
    public func shutdown(within duration: Duration) async -> [PoolJob] {
        await queue.close()
        state.withLock { $0.isClosed = true }
        change.finish()
        let deadline = clock.nanoseconds() + duration.nanosecondsClamped
        let timer = Task { [clock] in
            guard (try? await clock.sleep(untilNanoseconds: deadline)) != nil else { return }
            self.abort()
        }
        await waitForEnd()
        timer.cancel()
        var left = state.withLock { $0.takeLeft() }
        // It is closed, so this ends; and it waits for a push that is under way, which `tryPop` may not see.
        while let job = await queue.pop() { left.append(job) }
        // Where the calling task is cancelled, so is that.
        while let job = await queue.tryPop() { left.append(job) }
        return left
    }

    /// Begins no more jobs and cancels those that run.
    private func abort() {
        change.finish()
        let (idle, jobs) = state.withLock { $0.abort() }
        for worker in idle { worker.cancel() }
        for job in jobs { job.cancel() }
    }

    private func waitForEnd() async {
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
            if state.withLock({ $0.hasEnded(orWakes: waiter) }) { waiter.resume() }
        }
    }
}
