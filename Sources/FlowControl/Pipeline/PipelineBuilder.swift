public import BoundedQueues
public import CircuitBreakers
public import ConcurrencySupport

/// A ``Pipeline`` that isn't complete yet: its stages so far, which make `Output` of `Input`.
///
/// A value; a stage added gives another one.
public struct PipelineBuilder<Input: Sendable, Output: Sendable>: Sendable {
    let settings: StageSettings
    let source: PipelineSource<Input>
    /// Makes the stages so far, given where what comes out of them goes.
    let assemble: @Sendable (Outlet<Output>) -> PipelineAssembly<Input>
    /// Whether the next stage is the first, whose queue is the pipeline's entrance.
    let isFirst: Bool
    let names: [String]

    /// Adds a stage.
    ///
    /// - Parameters:
    ///   - name: what statistics and dead letters call it; no two stages may have the same, else a precondition fails.
    ///   - concurrency: how many elements it works on at once; at least 1, else a precondition fails.
    ///   - capacity: how many elements can wait for it; at least 1, else a precondition fails.
    ///   - keepsOrder: whether elements leave it in the order in which they came, however long each takes. Those that are
    ///     done before their turn occupy their worker. Without it, and with a `concurrency` above 1, elements overtake each
    ///     other.
    ///   - retry: how often an element for which `work` throws is tried, and when again. The worker waits meanwhile. By
    ///     default once: then it is dead-lettered as malformed.
    ///   - work: makes an output of an input. The error ``CircuitBreakers/CircuitOpen`` is no attempt: it is waited out.
    public func stage<Next: Sendable>(
        _ name: String,
        concurrency: Int = 1,
        capacity: Int = 64,
        keepsOrder: Bool = false,
        retry: RetryBackoff = .never,
        _ work: @escaping @Sendable (Output) async throws -> Next
    ) -> PipelineBuilder<Input, Next> {
        add(options(name, concurrency, capacity, keepsOrder, retry)) { Outputs(try await work($0)) }
    }

    /// Adds a stage that lets through only what it is told to; what it doesn't is counted as filtered. Parameters as for
    /// ``stage(_:concurrency:capacity:keepsOrder:retry:_:)``.
    public func filter(
        _ name: String,
        concurrency: Int = 1,
        capacity: Int = 64,
        keepsOrder: Bool = false,
        retry: RetryBackoff = .never,
        _ isIncluded: @escaping @Sendable (Output) async throws -> Bool
    ) -> PipelineBuilder<Input, Output> {
        add(options(name, concurrency, capacity, keepsOrder, retry)) { element in
            try await isIncluded(element) ? Outputs(element) : Outputs(all: [])
        }
    }

    /// Adds a stage that makes an output of an input, or none: then the input is counted as filtered. Parameters as for
    /// ``stage(_:concurrency:capacity:keepsOrder:retry:_:)``.
    public func compactMap<Next: Sendable>(
        _ name: String,
        concurrency: Int = 1,
        capacity: Int = 64,
        keepsOrder: Bool = false,
        retry: RetryBackoff = .never,
        _ work: @escaping @Sendable (Output) async throws -> Next?
    ) -> PipelineBuilder<Input, Next> {
        add(options(name, concurrency, capacity, keepsOrder, retry)) { element in
            try await work(element).map { Outputs($0) } ?? Outputs(all: [])
        }
    }

    /// Adds a stage that makes any number of outputs of an input, which leave it one after the other; an input without any is
    /// counted as filtered. Parameters as for ``stage(_:concurrency:capacity:keepsOrder:retry:_:)``.
    ///
    /// All that it makes of one input is in memory until the next stage has room for it.
    public func flatMap<Next: Sendable>(
        _ name: String,
        concurrency: Int = 1,
        capacity: Int = 64,
        keepsOrder: Bool = false,
        retry: RetryBackoff = .never,
        _ work: @escaping @Sendable (Output) async throws -> [Next]
    ) -> PipelineBuilder<Input, Next> {
        add(options(name, concurrency, capacity, keepsOrder, retry)) { Outputs(all: try await work($0)) }
    }

    private func add<Next: Sendable>(
        _ options: StageOptions,
        _ work: @escaping @Sendable (Output) async throws -> Outputs<Next>
    ) -> PipelineBuilder<Input, Next> {
        PipelineBuilder<Input, Next>(
            settings: settings,
            source: source,
            assemble: { [self] in join(options, outlet: $0, work) },
            isFirst: false,
            names: names + [options.name]
        )
    }

    /// Adds the last stage, which delivers, and completes the pipeline. Parameters as for
    /// ``stage(_:concurrency:capacity:keepsOrder:retry:_:)``.
    public func sink(
        _ name: String = "sink",
        concurrency: Int = 1,
        capacity: Int = 64,
        keepsOrder: Bool = false,
        retry: RetryBackoff = .never,
        _ deliver: @escaping @Sendable (Output) async throws -> Void
    ) -> Pipeline<Input> {
        let options = options(name, concurrency, capacity, keepsOrder, retry)
        let assembly = join(options, outlet: nil) { Outputs(try await deliver($0)) }
        return Pipeline(settings: settings, source: source, entrance: assembly.entrance, stages: assembly.stages)
    }

    private func options(
        _ name: String,
        _ concurrency: Int,
        _ capacity: Int,
        _ keepsOrder: Bool,
        _ retry: RetryBackoff
    ) -> StageOptions {
        precondition(concurrency >= 1, "stage '\(name)' must work on at least one element at once; \(concurrency)")
        precondition(!names.contains(name), "there is a stage '\(name)' already")
        return StageOptions(
            name: name,
            concurrency: concurrency,
            capacity: capacity,
            policy: isFirst ? source.policy : .block,
            keepsOrder: keepsOrder,
            retry: retry
        )
    }

    private func join<Next: Sendable>(
        _ options: StageOptions,
        outlet: Outlet<Next>?,
        _ work: @escaping @Sendable (Output) async throws -> Outputs<Next>
    ) -> PipelineAssembly<Input> {
        let stage = Stage<Output, Next>(
            options,
            settings,
            depth: isFirst ? source.makeDepthSignal() : nil,
            outlet: outlet,
            work: work
        )
        // The first stage's input is the pipeline's.
        if let first = stage as? any PipelineEntrance<Input>, isFirst {
            return PipelineAssembly(entrance: Entrance(first), stages: [stage])
        }
        var assembly = assemble(stage.inlet)
        assembly.stages.append(stage)
        return assembly
    }
}

/// A pipeline's stages, joined, and its entrance.
struct PipelineAssembly<Input: Sendable>: Sendable {
    var entrance: Entrance<Input>
    var stages: [any PipelineStage]
}

/// Where a pipeline's elements come from, and how they enter.
struct PipelineSource<Input: Sendable>: Sendable {
    var policy: OverflowPolicy
    var signals: FlowSignals?
    /// Calls back with each element until that says `false`, it has no more, or the task is cancelled; `nil`: elements are
    /// pushed from outside.
    var pull: (@Sendable (_ each: @Sendable (Input) async -> Bool) async throws -> Void)?

    func makeDepthSignal() -> DepthSignal? {
        signals.map { DepthSignal($0.makeConsumer()) }
    }
}

/// A pipeline's first stage, whatever comes out of it.
protocol PipelineEntrance<Input>: Sendable {
    associatedtype Input: Sendable
    var queue: any BoundedQueue<Timed<Input>> { get }
    func push(_ element: Input) async -> PushResult<Timed<Input>>
    func tryPush(_ element: Input) async -> PushResult<Timed<Input>>
}

extension Stage: PipelineEntrance {}

struct Entrance<Input: Sendable>: Sendable {
    let stage: any PipelineEntrance<Input>

    init(_ stage: any PipelineEntrance<Input>) { self.stage = stage }
}

extension Pipeline {
    /// Begins a pipeline whose elements are pushed from outside: ``push(_:)``, until ``finish()``.
    ///
    /// - Parameters:
    ///   - type: what goes in.
    ///   - policy: what happens to an element that is offered while the first queue is full; not
    ///     ``BoundedQueues/OverflowPolicy/spill``.
    ///   - queues: which queues join the stages.
    ///   - deadLetters: takes what can't be processed.
    ///   - signals: where the depth of the first queue is made known to producers, by ``DepthWatermarks``.
    ///   - clock: what times are measured on.
    public static func source(
        of type: Input.Type,
        policy: OverflowPolicy = .block,
        queues: some StageQueueFactory = .ring,
        deadLetters: some DeadLetterSink<PipelineElement>,
        signals: FlowSignals? = nil,
        clock: any NanosecondClock = SystemNanosecondClock()
    ) -> PipelineBuilder<Input, Input> {
        begin(
            StageSettings(queues: queues, deadLetters: deadLetters, clock: clock),
            PipelineSource(policy: policy, signals: signals)
        )
    }

    /// Begins a pipeline whose elements come from a sequence, which ``run()`` iterates: as fast as the first queue has room,
    /// never ahead of it.
    ///
    /// - Parameters:
    ///   - elements: what goes in. If ``run()`` is cancelled and run again, the sequence is iterated anew, so it should be
    ///     one that goes on where it was.
    ///   - queues: which queues join the stages.
    ///   - deadLetters: takes what can't be processed.
    ///   - signals: asked for permission before each element is taken from the sequence.
    ///   - clock: what times are measured on.
    public static func source<Elements: AsyncSequence & Sendable>(
        _ elements: Elements,
        queues: some StageQueueFactory = .ring,
        deadLetters: some DeadLetterSink<PipelineElement>,
        signals: FlowSignals? = nil,
        clock: any NanosecondClock = SystemNanosecondClock()
    ) -> PipelineBuilder<Input, Input> where Elements.Element == Input {
        let settings = StageSettings(queues: queues, deadLetters: deadLetters, clock: clock)
        return begin(
            settings,
            PipelineSource(policy: .block) { each in
                try await signals?.permission()
                for try await element in elements {
                    guard await each(element) else { return }
                    try await signals?.permission()
                }
            }
        )
    }

    private static func begin(
        _ settings: StageSettings,
        _ source: PipelineSource<Input>
    ) -> PipelineBuilder<Input, Input> {
        PipelineBuilder(
            settings: settings,
            source: source,
            assemble: { _ in preconditionFailure("a pipeline's first stage has none before it") },
            isFirst: true,
            names: []
        )
    }
}
