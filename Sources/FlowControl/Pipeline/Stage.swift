internal import BoundedQueues
internal import CircuitBreakers
internal import ConcurrencySupport

/// A stage, whatever goes in and comes out.
protocol PipelineStage: Sendable {
    var name: String { get }
    /// Works until its queue is closed and empty and its hands are too, and then closes the next; `false`: cancelled before.
    func run() async -> Bool
    func statistics(runningNanoseconds: UInt64) async -> StageStatistics
    /// Takes out all that is in its queue and hands, while it doesn't run.
    func giveBack(now: UInt64) async -> [DeadLetter<PipelineElement>]
}

/// Where a stage's outputs go.
struct Outlet<Output: Sendable>: Sendable {
    /// The next stage.
    let name: String
    let push: @Sendable (Output) async -> Bool
    let close: @Sendable () async -> Void
}

/// An element and when it was offered to its stage.
struct Timed<Element: Sendable>: Sendable {
    var element: Element
    var nanoseconds: UInt64
}

/// What all stages of a pipeline have in common.
struct StageSettings: Sendable {
    var queues: any StageQueueFactory
    var deadLetters: any DeadLetterSink<PipelineElement>
    var clock: any NanosecondClock
}

/// What the user said about a stage.
struct StageOptions: Sendable {
    var name: String
    var concurrency: Int
    var capacity: Int
    var policy: OverflowPolicy
    var keepsOrder: Bool
    var retry: RetryBackoff
}

/// What a stage makes of an input: one output, none or several.
struct Outputs<Output: Sendable>: Sendable {
    var first: Output?
    var rest: ArraySlice<Output> = []

    init(_ one: Output) { first = one }

    init(all: some Sequence<Output>) {
        let all = Array(all)
        first = all.first
        rest = all.dropFirst()
    }
}

/// A queue, and workers that take from it, do their work, and hand on what comes of it.
///
/// Each worker has one hand. Whatever it takes is in that hand until it is in the next queue, delivered, or with the
/// dead-letter sink; a worker that is cancelled leaves it there, and the next run goes on with it.
final class Stage<Input: Sendable, Output: Sendable>: PipelineStage {
    struct Hand: Sendable {
        enum Content: Sendable {
            case empty
            case input(Input)
            /// What is to be handed on next, and what after that.
            case output(Output, rest: ArraySlice<Output>)
            case letter(DeadLetter<PipelineElement>)
        }

        var content = Content.empty
        var attempts = 0
        var refusals = 0
        /// Not to be gone on with before.
        var dueNanoseconds: UInt64 = 0
        /// Its place in the order of those that came in.
        var number: UInt64 = 0

        /// Elements in it.
        var count: Int {
            switch content {
            case .empty: 0
            case .input, .letter: 1
            case .output(_, let rest): 1 + rest.count
            }
        }
    }

    private struct State {
        var hands: [Hand]
        var nextNumber: UInt64 = 0
        var generator: BackoffGenerator
        var processed: UInt64 = 0
        var filtered: UInt64 = 0
        var expanded: UInt64 = 0
        var deadLettered: UInt64 = 0
        var failedAttempts: UInt64 = 0
        var wait = TimeSummary()
        var service = TimeSummary()
        var blocked = TimeSummary()
    }

    let options: StageOptions
    let queue: any BoundedQueue<Timed<Input>>
    private let settings: StageSettings
    private let outlet: Outlet<Output>?
    private let work: @Sendable (Input) async throws -> Outputs<Output>
    private let order: OrderGate?
    private let state: Lock<State>
    private let depth: DepthSignal?

    init(
        _ options: StageOptions,
        _ settings: StageSettings,
        depth: DepthSignal?,
        outlet: Outlet<Output>?,
        work: @escaping @Sendable (Input) async throws -> Outputs<Output>
    ) {
        self.options = options
        self.settings = settings
        self.depth = depth
        self.outlet = outlet
        self.work = work
        queue = settings.queues.makeQueue(
            of: Timed<Input>.self,
            capacity: options.capacity,
            policy: options.policy
        )
        order = options.keepsOrder && options.concurrency > 1 ? OrderGate() : nil
        state = Lock(
            State(
                hands: Array(repeating: Hand(), count: options.concurrency),
                generator: BackoffGenerator(seed: options.retry.seed)
            )
        )
    }

    var name: String { options.name }

    /// How the stage before hands its outputs on.
    var inlet: Outlet<Input> {
        Outlet(name: name, push: { await self.push($0).isAccepted }, close: { await self.queue.close() })
    }

    func push(_ element: Input) async -> PushResult<Timed<Input>> {
        let result = await queue.push(Timed(element: element, nanoseconds: now))
        await depth?.update(from: queue)
        return result
    }

    func tryPush(_ element: Input) async -> PushResult<Timed<Input>> {
        let result = await queue.tryPush(Timed(element: element, nanoseconds: now))
        await depth?.update(from: queue)
        return result
    }

    func run() async -> Bool {
        let hasFinished = await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<options.concurrency { group.addTask { await self.run(worker) } }
            return await group.reduce(true) { $0 && $1 }
        }
        if hasFinished { await outlet?.close() }
        return hasFinished
    }

    func statistics(runningNanoseconds: UInt64) async -> StageStatistics {
        let queue = await queue.statistics()
        return state.withLock { state in
            StageStatistics(
                name: name,
                concurrency: options.concurrency,
                queue: queue,
                inFlight: state.hands.reduce(0) { $0 + $1.count },
                processed: state.processed,
                filtered: state.filtered,
                expanded: state.expanded,
                deadLettered: state.deadLettered,
                failedAttempts: state.failedAttempts,
                wait: state.wait,
                service: state.service,
                blocked: state.blocked,
                runningNanoseconds: runningNanoseconds
            )
        }
    }

    func giveBack(now: UInt64) async -> [DeadLetter<PipelineElement>] {
        let hands = state.withLock { state in
            defer { state.hands = Array(repeating: Hand(), count: options.concurrency) }
            guard outlet == nil else { return state.hands }
            // What the last stage has done is delivered, if its task was cancelled before it could say so.
            return state.hands.filter { hand in
                guard case .output = hand.content else { return true }
                state.processed += UInt64(hand.count)
                return false
            }
        }
        var left = hands.sorted { $0.number < $1.number }.flatMap { hand -> [DeadLetter<PipelineElement>] in
            switch hand.content {
            case .empty: []
            case .letter(let letter): [letter]
            case .input(let element): [letter(name, element, .shutDown, attempts: hand.attempts, now)]
            // They have been through this stage.
            case .output(let first, let rest):
                ([first] + rest).map { letter(outlet?.name ?? name, $0, .shutDown, attempts: 0, now) }
            }
        }
        while await queue.statistics().holdsElements {
            let taken = await queue.tryPop(upTo: queue.capacity)
            // A push that is half done hides its element for a moment.
            if taken.isEmpty { await Task.yield() }
            left += taken.map { letter(name, $0.element, .shutDown, attempts: 0, now) }
        }
        await depth?.update(from: queue)
        return left
    }

    // MARK: A worker

    private var now: UInt64 { settings.clock.nanoseconds() }

    /// `false`: cancelled.
    private func run(_ worker: Int) async -> Bool {
        while !Task.isCancelled {
            let hand = state.withLock { $0.hands[worker] }
            let goesOn: Bool
            switch hand.content {
            case .empty:
                guard await take(worker) else { return !Task.isCancelled }
                goesOn = true
            case .input(let element): goesOn = await process(element, hand, worker)
            case .output(let output, let rest): goesOn = await emit(output, rest, hand, worker)
            case .letter(let letter): goesOn = await send(letter, hand, worker)
            }
            guard goesOn else { return false }
        }
        return false
    }

    /// Takes an element into the hand; `false`: cancelled, or there will be none.
    private func take(_ worker: Int) async -> Bool {
        if let order {
            guard await order.turn.takeUnlessCancelled() else { return false }
        }
        defer { order?.turn.giveBack() }
        guard let timed = await queue.pop() else { return false }
        let now = now
        state.withLock { state in
            state.wait.record(from: timed.nanoseconds, to: now)
            state.hands[worker] = Hand(content: .input(timed.element), number: state.nextNumber)
            state.nextNumber += 1
        }
        await depth?.update(from: queue)
        return true
    }

    /// Works on what is in the hand; `false`: cancelled, and it is there still.
    private func process(_ element: Input, _ hand: Hand, _ worker: Int) async -> Bool {
        guard await sleep(hand) else { return false }
        let start = now
        do {
            let outputs = try await work(element)
            let end = now
            state.withLock { state in
                state.service.record(from: start, to: end)
                if let first = outputs.first {
                    state.expanded += UInt64(outputs.rest.count)
                    state.hands[worker].content = .output(first, rest: outputs.rest)
                } else {
                    state.filtered += 1
                    state.hands[worker] = Hand()
                }
            }
            if outputs.first == nil { order?.pass(hand.number) }
            return true
        } catch {
            let end = now
            // What was broken off by a cancellation is no attempt.
            if Task.isCancelled { return false }
            let isGivenUp = state.withLock { state in
                fail(element, error, from: start, to: end, worker, &state)
            }
            if isGivenUp { order?.pass(hand.number) }
            return true
        }
    }

    /// Whether it is given up.
    private func fail(
        _ element: Input,
        _ error: any Error,
        from start: UInt64,
        to end: UInt64,
        _ worker: Int,
        _ state: inout State
    ) -> Bool {
        let retry = options.retry
        if let open = CircuitOpen(error) {
            // Refused unseen: not an attempt.
            let asked = open.retryAfterNanoseconds ?? retry.longestNanoseconds
            state.hands[worker].dueNanoseconds = end &+ max(asked > 0 ? asked : retry.firstNanoseconds, 1)
            return false
        }
        state.service.record(from: start, to: end)
        state.failedAttempts += 1
        state.hands[worker].attempts += 1
        let attempts = state.hands[worker].attempts
        guard attempts >= retry.attempts else {
            state.hands[worker].dueNanoseconds =
                end &+ retry.delayNanoseconds(afterAttempt: attempts, using: &state.generator)
            return false
        }
        let reason: DeadLetterReason = retry.attempts == 1 ? .malformed(words(error)) : .failed(words(error))
        state.hands[worker].content = .letter(letter(name, element, reason, attempts: attempts, end))
        state.hands[worker].dueNanoseconds = 0
        return true
    }

    /// Hands an output on; `false`: cancelled, and it is in the hand still.
    private func emit(_ output: Output, _ rest: ArraySlice<Output>, _ hand: Hand, _ worker: Int) async -> Bool {
        if let order {
            guard await order.wait(for: hand.number) else { return false }
        }
        let start = now
        if let outlet {
            guard await outlet.push(output) else { return false }
        }
        let end = now
        state.withLock { state in
            state.blocked.record(from: start, to: end)
            state.processed += 1
            if let next = rest.first {
                state.hands[worker].content = .output(next, rest: rest.dropFirst())
            } else {
                state.hands[worker] = Hand()
            }
        }
        if rest.isEmpty { order?.pass(hand.number) }
        return true
    }

    /// Offers a letter; `false`: cancelled, and it is in the hand still.
    private func send(_ letter: DeadLetter<PipelineElement>, _ hand: Hand, _ worker: Int) async -> Bool {
        guard await sleep(hand) else { return false }
        let isAccepted = await settings.deadLetters.accept(letter)
        let end = now
        state.withLock { state in
            if isAccepted {
                state.deadLettered += 1
                state.hands[worker] = Hand()
            } else {
                // Kept: this worker does nothing else until there is room.
                state.hands[worker].refusals += 1
                let refusals = state.hands[worker].refusals
                let delay = options.retry.delayNanoseconds(afterAttempt: refusals, using: &state.generator)
                state.hands[worker].dueNanoseconds = end &+ max(delay, 1)
            }
        }
        return true
    }

    private func sleep(_ hand: Hand) async -> Bool {
        guard hand.dueNanoseconds > now else { return true }
        return (try? await settings.clock.sleep(untilNanoseconds: hand.dueNanoseconds)) != nil
    }

    private func letter(
        _ stage: String,
        _ element: some Sendable,
        _ reason: DeadLetterReason,
        attempts: Int,
        _ now: UInt64
    ) -> DeadLetter<PipelineElement> {
        DeadLetter(
            PipelineElement(stage: stage, value: element),
            reason: reason,
            attempts: attempts,
            nanoseconds: now
        )
    }
}
