public import BoundedQueues
public import CircuitBreakers
internal import ConcurrencySupport
internal import Synchronization

/// Stages joined by bounded queues: each works on so many elements at once, and no faster than the next one takes them.
///
/// ```swift
/// let pipeline = Pipeline.source(of: Data.self, deadLetters: undeliverable)
///     .stage("parse", concurrency: 2, capacity: 64) { try Event($0) }
///     .stage("enrich", concurrency: 8, capacity: 64) { try await directory.enrich($0) }
///     .sink("store", concurrency: 2) { try await database.insert($0) }
///
/// async let running = pipeline.run()
/// for await data in connection { await pipeline.push(data) }
/// await pipeline.finish()
/// _ = try await running
/// ```
///
/// What it promises:
/// - **Bounded.** At most the capacities and the concurrencies of its stages, added up, are inside, and with each worker of a
///   ``PipelineBuilder/flatMap(_:concurrency:capacity:keepsOrder:retry:_:)`` what it has made of one element. A stage
///   that is slow fills its queue, then stops the stage before it, and so on up to the source.
/// - **Nothing lost, nothing twice.** Each element that entered is delivered, filtered, dead-lettered, given back by
///   ``drain(within:)``, or inside; ``PipelineStatistics`` balances. Work that a cancellation broke off is done again.
/// - **Malformed elements** don't stop anything: one for which a stage throws goes to the dead-letter sink, with the stage's name
///   and the error, and the worker takes the next. If that sink is full, the worker keeps the letter and offers it again.
/// - **Order.** Elements leave a stage in the order in which they came if its concurrency is 1 or it keeps the order.
/// - **Cancellation.** ``run()`` can be cancelled anywhere; what is in queues and hands stays there, and the next ``run()``
///   goes on with it. Tasks that a stage's work starts are the work's own business.
///
/// - Complexity: each stage costs an element a push, a pop and some short locks.
public final class Pipeline<Input: Sendable>: Sendable {
    private let source: PipelineSource<Input>
    private let entrance: Entrance<Input>
    private let stages: [any PipelineStage]
    private let clock: any NanosecondClock
    private let turn = Turn()
    private let abort = LatestValue<Bell, HardwareWord>(Bell())
    private let finishing = LatestValue<Finishing, HardwareWord>(Finishing())
    private let progress = Lock(Progress())

    /// Whether the sequence is to be iterated no further.
    private struct Finishing: TaggedValue {
        var isFinishing = false
        var tag: UInt { isFinishing ? 1 : 0 }
    }

    private struct Progress {
        /// An element from the sequence whose push was cancelled.
        var held: Input?
        /// How often that has happened.
        var takenBack: UInt64 = 0
        var givenBack: UInt64 = 0
        var isFinished = false
        var isGivenUp = false
        /// How the sequence's iteration has ended; the first queue is closed since.
        var sourceEnding: Ending?
        var startNanoseconds: UInt64?
        var runningNanoseconds: UInt64 = 0
    }

    init(
        settings: StageSettings,
        source: PipelineSource<Input>,
        entrance: Entrance<Input>,
        stages: [any PipelineStage]
    ) {
        clock = settings.clock
        self.source = source
        self.entrance = entrance
        self.stages = stages
    }

    /// Offers an element to the first stage; what happens when its queue is full is the policy's choice. After ``finish()``
    /// it comes back as `.closed`. See ``BoundedQueues/BoundedQueue/push(_:)``.
    @discardableResult
    public func push(_ element: Input) async -> PushResult<Input> {
        await entrance.stage.push(element).untimed()
    }

    /// Offers an element without ever waiting for room. See ``BoundedQueues/BoundedQueue/tryPush(_:)``.
    public func tryPush(_ element: Input) async -> PushResult<Input> {
        await entrance.stage.tryPush(element).untimed()
    }

    /// Says that no more elements will come: ``run()`` returns when all that are inside are through. Producers that wait for
    /// room get their elements back.
    ///
    /// The iteration of a source's sequence is cancelled; an element that was taken from it enters yet.
    public func finish() async {
        if source.pull == nil {
            await entrance.stage.queue.close()
        } else {
            // Whoever iterates closes the queue.
            finishing.change { finishing in
                finishing.isFinishing = true
                return ((), true)
            }
        }
    }

    /// Works until the source has ended (its sequence, or by ``finish()``) and everything is through, or until the task is
    /// cancelled: then what is inside stays there. All tasks are this task's children.
    ///
    /// If somebody else runs it already, waits for its turn.
    ///
    /// - Returns: whether everything is through; `false`: cancelled, or given up by ``drain(within:)``.
    /// - Throws: what the source's sequence throws, when all that came before it is through.
    @discardableResult
    public func run() async throws -> Bool {
        guard await turn.takeUnlessCancelled() else { return false }
        defer { turn.giveBack() }
        let broken = abort.stamp
        let state = progress.withLock { (isFinished: $0.isFinished, isGivenUp: $0.isGivenUp) }
        guard !state.isFinished, !state.isGivenUp else { return state.isFinished }
        progress.withLock { $0.startNanoseconds = clock.nanoseconds() }
        defer {
            let now = clock.nanoseconds()
            progress.withLock { progress in
                progress.runningNanoseconds += now.less(progress.startNanoseconds ?? now)
                progress.startNanoseconds = nil
            }
        }
        let ending = await withTaskGroup(of: Ending?.self) { group in
            group.addTask { await self.runAll() }
            group.addTask { [abort] in
                _ = await abort.changed(since: broken)
                return nil
            }
            var ending: Ending?
            while ending == nil, let next = await group.next() {
                // Given up: cancelled, and waited for all the same.
                if next == nil { group.cancelAll() }
                ending = next
            }
            group.cancelAll()
            return ending
        }
        guard let ending, ending.isFinished else { return false }
        progress.withLock { $0.isFinished = true }
        if let error = ending.error { throw error }
        return true
    }

    /// Says that no more elements will come, and works until everything is through: by whoever runs the pipeline, or in this
    /// task. Once it is, does nothing.
    ///
    /// A source's sequence is iterated no further; what it hasn't given yet stays in it.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before; what is left stays inside.
    public func drain() async throws(CancellationError) {
        await finish()
        guard await drainToTheEnd() else { throw CancellationError() }
    }

    /// The same within a time: what isn't through when it is over, or when the task is cancelled, is given back: the last
    /// stage's elements first, each with the stage it was to go through next. Work under way is cancelled then and waited
    /// for.
    public func drain(within time: Duration) async -> [DeadLetter<PipelineElement>] {
        let deadline = clock.nanoseconds() &+ time.nanosecondsClamped
        await finish()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock] in try? await clock.sleep(untilNanoseconds: deadline) }
            group.addTask { _ = await self.drainToTheEnd() }
            await group.next()
            group.cancelAll()
        }
        progress.withLock { $0.isGivenUp = true }
        abort.ring()
        await turn.take()
        defer { turn.giveBack() }
        await entrance.stage.queue.close()
        var left: [DeadLetter<PipelineElement>] = []
        let now = clock.nanoseconds()
        for stage in stages.reversed() { left += await stage.giveBack(now: now) }
        progress.withLock { progress in
            progress.givenBack += UInt64(left.count)
            guard let held = progress.held else { return }
            // Its last refusal was its end.
            progress.held = nil
            progress.takenBack -= 1
            let element = PipelineElement(stage: stages[0].name, value: held)
            left.append(DeadLetter(element, reason: .shutDown, attempts: 0, nanoseconds: now))
        }
        return left
    }

    /// Counts and times, stage by stage; the counts balance at rest.
    public func statistics() async -> PipelineStatistics {
        let now = clock.nanoseconds()
        let progress = progress.withLock { $0 }
        let running = progress.runningNanoseconds + now.less(progress.startNanoseconds ?? now)
        var all: [StageStatistics] = []
        for stage in stages { all.append(await stage.statistics(runningNanoseconds: running)) }
        let first = all[0].queue
        return PipelineStatistics(
            stages: all,
            offered: first.offered.less(progress.takenBack),
            delivered: all[all.count - 1].processed,
            deadLettered: all.reduce(0) { $0 + $1.deadLettered },
            filtered: all.reduce(0) { $0 + $1.filtered },
            expanded: all.reduce(0) { $0 + $1.expanded },
            dropped: first.dropped + first.evicted,
            returned: first.refused.less(first.dropped).less(progress.takenBack) + progress.givenBack,
            inside: all.reduce(0) { $0 + $1.queue.depth + $1.queue.stored + $1.inFlight }
        )
    }

    // MARK: Running

    private struct Ending: Sendable {
        var isFinished: Bool
        var error: (any Error)?
    }

    private func runAll() async -> Ending {
        await withTaskGroup(of: Ending.self) { group in
            for stage in stages { group.addTask { Ending(isFinished: await stage.run()) } }
            if let pull = source.pull { group.addTask { await self.iterate(pull) } }
            var all = Ending(isFinished: true)
            for await ending in group {
                all.isFinished = all.isFinished && ending.isFinished
                all.error = all.error ?? ending.error
            }
            return all
        }
    }

    private func iterate(
        _ pull: @escaping @Sendable (@Sendable (Input) async -> Bool) async throws -> Void
    ) async -> Ending {
        // By an earlier run, which was cancelled before all that came was through.
        if let ending = progress.withLock({ $0.sourceEnding }) { return ending }
        guard await enterHeld() else { return Ending(isFinished: false) }
        let error = finishing.stamp.tag == 0 ? await iterateUntilFinishing(pull) : nil
        // What was taken from the sequence when that was broken off.
        guard !Task.isCancelled, await enterHeld() else { return Ending(isFinished: false) }
        await entrance.stage.queue.close()
        let ending = Ending(isFinished: true, error: error)
        progress.withLock { $0.sourceEnding = ending }
        return ending
    }

    /// - Returns: what the sequence has thrown.
    private func iterateUntilFinishing(
        _ pull: @escaping @Sendable (@Sendable (Input) async -> Bool) async throws -> Void
    ) async -> (any Error)? {
        await withTaskGroup(of: Pulled.self) { group in
            group.addTask {
                do {
                    try await pull { await self.enter($0) }
                    return .ended(nil)
                } catch {
                    return .ended(Task.isCancelled ? nil : error)
                }
            }
            group.addTask { [finishing] in
                while true {
                    // Read once: a change between two looks would be waited for in vain.
                    let stamp = finishing.stamp
                    guard stamp.tag == 0, await finishing.changed(since: stamp) else { return .finishing }
                }
            }
            defer { group.cancelAll() }
            while let pulled = await group.next() {
                if case .ended(let error) = pulled { return error }
                group.cancelAll()
            }
            return nil
        }
    }

    private enum Pulled: Sendable {
        /// There is no more, or the iteration was cancelled.
        case ended((any Error)?)
        /// No more is wanted.
        case finishing
    }

    private func enterHeld() async -> Bool {
        guard let held = progress.withLock({ $0.held }) else { return true }
        return await enter(held)
    }

    /// Pushes an element of the sequence; `false`: cancelled, and it is held.
    private func enter(_ element: Input) async -> Bool {
        let result = await entrance.stage.push(element)
        progress.withLock { progress in
            progress.held = result.isAccepted ? nil : element
            if !result.isAccepted { progress.takenBack += 1 }
        }
        return result.isAccepted
    }

    /// `false`: cancelled before.
    private func drainToTheEnd() async -> Bool {
        while true {
            // What the sequence throws concerns whoever runs the pipeline; here it ends like any other.
            let isFinished = (try? await run()) ?? true
            if isFinished || progress.withLock({ $0.isGivenUp }) { return true }
            if Task.isCancelled { return false }
        }
    }
}

/// An element inside a ``Pipeline``, as dead letters have it.
public struct PipelineElement: Sendable {
    /// The stage that it didn't get through.
    public var stage: String
    /// What went into that stage.
    public var value: any Sendable

    /// An element that didn't get through a stage.
    public init(stage: String, value: any Sendable) {
        self.stage = stage
        self.value = value
    }
}

extension UInt64 {
    /// The difference, or 0: of two counts that are read one after the other the later may have grown past the earlier, and a
    /// clock may have been set back.
    func less(_ other: UInt64) -> UInt64 { self - Swift.min(self, other) }
}

extension PushResult {
    /// The result without the time at which the element was offered.
    fileprivate func untimed<Plain: Sendable>() -> PushResult<Plain> where Element == Timed<Plain> {
        switch self {
        case .accepted: .accepted
        case .dropped: .dropped
        case .full(let timed): .full(timed.element)
        case .rejected(let timed, let error): .rejected(timed.element, error)
        case .closed(let timed): .closed(timed.element)
        case .cancelled(let timed): .cancelled(timed.element)
        case .timedOut(let timed): .timedOut(timed.element)
        }
    }
}
