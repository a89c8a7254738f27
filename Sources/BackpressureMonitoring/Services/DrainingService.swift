public import ConcurrencySupport
public import Logging
public import ServiceLifecycle

/// Makes a `Service` of something that accepts work: it runs until a graceful shutdown begins, then drains: all that was
/// accepted is done, within a grace period.
///
/// What it promises:
/// - `drain` is called once, as soon as shutdown begins or `work` ends by itself; what was accepted before isn't given up
///   while the grace period lasts.
/// - When that has passed, `abandon` is called, which must hand over what is left (to a dead-letter sink, a file), so that
///   even then nothing vanishes unseen; then the tasks of work and drain are cancelled, and ``Overdue`` is thrown.
/// - When the service's own task is cancelled (a `ServiceGroup` does so when its patience is over), so are work and drain,
///   and `abandon` is called. So it is when work or drain have failed. It may find nothing left.
///
/// ```swift
/// let service = DrainingService("orders", grace: .seconds(20), logger: logger) {
///     for await order in orders.elements { await handle(order) }
/// } drain: {
///     orders.close()                     // no more; the loop above ends when it is empty
/// }
/// ```
public struct DrainingService: Service {
    /// The grace period has passed and there was still something left.
    public struct Overdue: Error, Hashable, Sendable, CustomStringConvertible {
        /// What was draining.
        public var name: String
        /// How long it was given.
        public var grace: Duration

        /// `name` had not drained after `grace`.
        public init(name: String, grace: Duration) {
            self.name = name
            self.grace = grace
        }

        /// The above in words.
        public var description: String { "'\(name)' had not drained after \(grace)" }
    }

    private let name: String
    private let grace: Duration
    private let clock: any NanosecondClock
    private let logger: Logger
    private let work: @Sendable () async throws -> Void
    private let drain: @Sendable () async throws -> Void
    private let abandon: @Sendable () async -> Void

    /// A service.
    ///
    /// - Parameters:
    ///   - name: how it is called in logs.
    ///   - grace: how long draining may take; less than the `maximumGracefulShutdownDuration` of the group.
    ///   - clock: where that is measured.
    ///   - logger: where beginning and end of the drain are logged.
    ///   - work: runs until it is drained.
    ///   - drain: makes `work` accept no more and end when all that it has accepted is done; may return before that.
    ///   - abandon: called when not all could be done: accepts no more and hands over what is left. At most once, in a task
    ///     that isn't cancelled; `work` and `drain` may still be running.
    public init(
        _ name: String,
        grace: Duration,
        clock: some NanosecondClock = SystemNanosecondClock(),
        logger: Logger,
        work: @escaping @Sendable () async throws -> Void,
        drain: @escaping @Sendable () async throws -> Void,
        abandon: @escaping @Sendable () async -> Void = {}
    ) {
        self.name = name
        self.grace = grace
        self.clock = clock
        self.logger = logger
        self.work = work
        self.drain = drain
        self.abandon = abandon
    }
}

extension DrainingService {
    private enum Event: Sendable {
        case worked((any Error)?)
        case shutDown
        case cancelled
        case drained((any Error)?)
        case late
        case timerEnded
    }

    /// Works until a graceful shutdown begins, then drains. See the type.
    ///
    /// - Throws: what `work` or `drain` throw, after draining; ``Overdue``; `CancellationError` when the task was cancelled
    ///   before all was done.
    public func run() async throws {
        var progress = Progress()
        await withTaskGroup(of: Event.self) { group in
            group.addTask { .worked(await Self.failure(of: work)) }
            group.addTask {
                // Throws if, and only if, the task is cancelled.
                (try? await gracefulShutdown()) == nil ? .cancelled : .shutDown
            }
            while !progress.isDone, let event = await group.next() {
                await handle(event, &progress, &group)
            }
            group.cancelAll()
        }
        if let error = progress.error { throw error }
    }

    private struct Progress: Sendable {
        var hasWorked = false
        var isDraining = false
        var hasDrained = false
        var isAbandoned = false
        var error: (any Error)?

        var isDone: Bool { hasWorked && hasDrained }
    }

    private func handle(_ event: Event, _ progress: inout Progress, _ group: inout TaskGroup<Event>) async {
        switch event {
        case .worked(let error):
            progress.hasWorked = true
            progress.error = progress.error ?? error
            beginDrain(&progress, &group)
            // Work that was cancelled may well end as if it were done.
            if Task.isCancelled { await giveUp(&progress, because: CancellationError()) }
            await giveUpIfFailed(&progress)
        case .shutDown:
            beginDrain(&progress, &group)
        case .drained(let error):
            progress.hasDrained = true
            progress.error = progress.error ?? error
            await giveUpIfFailed(&progress)
            if progress.isDone, progress.error == nil { logger.info("drained", metadata: ["name": "\(name)"]) }
        case .late:
            await giveUp(&progress, because: Overdue(name: name, grace: grace))
            group.cancelAll()
        case .cancelled:
            beginDrain(&progress, &group)
            await giveUp(&progress, because: CancellationError())
        case .timerEnded:
            break
        }
    }

    private func beginDrain(_ progress: inout Progress, _ group: inout TaskGroup<Event>) {
        guard !progress.isDraining else { return }
        progress.isDraining = true
        logger.info("draining", metadata: ["name": "\(name)", "grace": "\(grace)"])
        group.addTask { .drained(await Self.failure(of: drain)) }
        group.addTask {
            // The clock throws if, and only if, the task is cancelled.
            let end = clock.nanoseconds() + grace.nanosecondsClamped
            return (try? await clock.sleep(untilNanoseconds: end)) == nil ? .timerEnded : .late
        }
    }

    /// Work that has failed leaves behind what it had accepted; once nothing more is accepted that is handed over.
    private func giveUpIfFailed(_ progress: inout Progress) async {
        guard progress.isDone, let error = progress.error else { return }
        await giveUp(&progress, because: error)
    }

    private func giveUp(_ progress: inout Progress, because error: any Error) async {
        guard !progress.isAbandoned else { return }
        progress.isAbandoned = true
        progress.error = progress.error ?? error
        logger.error("gave up draining", metadata: ["name": "\(name)", "reason": "\(error)"])
        // In a task of its own: where this one is cancelled, what is left has to be handed over all the same.
        await Task { await abandon() }.value
    }

    private static func failure(of body: @Sendable () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch { return error }
    }
}
