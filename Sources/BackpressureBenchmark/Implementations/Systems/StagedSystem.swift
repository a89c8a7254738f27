import BoundedQueues
import CircuitBreakers
import FlowControl

/// What the harness asks of a ``StagedSystem``.
public struct StagedSetup: Sendable {
    /// One stage.
    public struct Stage: Sendable {
        /// What it is called.
        public let name: String
        /// How many elements it is to work on at once.
        public let workers: Int
        /// The most elements that may wait for it.
        public let capacity: Int
    }

    /// The first stage first.
    public let stages: [Stage]
    /// The work of a stage, by its index, on an element; throws for one that is malformed. After the last stage's it is
    /// delivered.
    public let work: @Sendable (_ stage: Int, _ element: UInt64) async throws -> Void
    /// Where a malformed element is to go.
    public let deadLetter: @Sendable (_ element: UInt64) -> Void
}

/// Stages that elements go through one after the other.
public protocol StagedSystem: Sendable {
    /// Works until all that entered is through, after ``finish()``.
    func run() async

    /// Offers an element to the first stage; never waits for room.
    ///
    /// - Returns: whether it has entered.
    func offer(_ element: UInt64) async -> Bool

    /// No more elements will come.
    func finish() async

    /// The stage that holds up the others, by name; `nil`: nobody can tell.
    var bottleneck: String? { get async }
}

/// A pipeline; what doesn't find room at its entrance is refused.
struct PipelinedStages: StagedSystem {
    private let pipeline: Pipeline<UInt64>

    init(_ setup: StagedSetup, queues: some StageQueueFactory) {
        precondition(!setup.stages.isEmpty, "a pipeline has a stage at least")
        let letters = Letters(take: setup.deadLetter)
        var builder = Pipeline.source(of: UInt64.self, policy: .reject, queues: queues, deadLetters: letters)
        for (index, stage) in setup.stages.enumerated().dropLast() {
            builder = builder.stage(stage.name, concurrency: stage.workers, capacity: stage.capacity) { element in
                try await setup.work(index, element)
                return element
            }
        }
        let last = setup.stages.count - 1
        let stage = setup.stages[last]
        pipeline = builder.sink(stage.name, concurrency: stage.workers, capacity: stage.capacity) { element in
            try await setup.work(last, element)
        }
    }

    // A source that is pushed into from outside has nothing to throw.
    func run() async { _ = try? await pipeline.run() }

    func offer(_ element: UInt64) async -> Bool { await pipeline.tryPush(element).isAccepted }

    func finish() async { await pipeline.finish() }

    var bottleneck: String? { get async { await pipeline.statistics().bottleneck?.name } }

    private struct Letters: DeadLetterSink {
        let take: @Sendable (UInt64) -> Void

        func accept(_ letter: DeadLetter<PipelineElement>) async -> Bool {
            guard let element = letter.element.value as? UInt64 else { return false }
            take(element)
            return true
        }
    }
}

/// What many programs have between their stages.
struct UnboundedStageQueues: StageQueueFactory {
    func makeQueue<Element: Sendable>(
        of type: Element.Type,
        capacity: Int,
        policy: OverflowPolicy
    ) -> any BoundedQueue<Element> {
        UnboundedQueue<Element>()
    }
}
