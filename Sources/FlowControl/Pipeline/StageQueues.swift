public import BoundedQueues

/// Which queues join the stages of a ``Pipeline``.
///
/// One factory for all of them; whoever conforms decides by the element type, the capacity or nothing at all.
public protocol StageQueueFactory: Sendable {
    /// A queue for elements on their way to a stage.
    ///
    /// - Parameters:
    ///   - type: what it holds.
    ///   - capacity: the most elements inside at once.
    ///   - policy: what happens to an element offered while it is full; ``BoundedQueues/OverflowPolicy/block`` for all but
    ///     the first queue of a pipeline.
    func makeQueue<Element: Sendable>(
        of type: Element.Type,
        capacity: Int,
        policy: OverflowPolicy
    ) -> any BoundedQueue<Element>
}

/// A ``BoundedQueues/MutexQueue`` before each stage.
public struct MutexStageQueues: StageQueueFactory {
    /// All are alike.
    public init() {}

    /// A queue behind a lock.
    public func makeQueue<Element: Sendable>(
        of type: Element.Type,
        capacity: Int,
        policy: OverflowPolicy
    ) -> any BoundedQueue<Element> {
        MutexQueue<Element>(capacity: capacity, policy: policy)
    }
}

/// A ``BoundedQueues/RingQueue`` before each stage.
public struct RingStageQueues: StageQueueFactory {
    /// All are alike.
    public init() {}

    /// A ring without a lock.
    public func makeQueue<Element: Sendable>(
        of type: Element.Type,
        capacity: Int,
        policy: OverflowPolicy
    ) -> any BoundedQueue<Element> {
        RingQueue<Element>(capacity: capacity, policy: policy)
    }
}

/// An ``BoundedQueues/ActorQueue`` before each stage.
public struct ActorStageQueues: StageQueueFactory {
    /// All are alike.
    public init() {}

    /// A queue behind an actor.
    public func makeQueue<Element: Sendable>(
        of type: Element.Type,
        capacity: Int,
        policy: OverflowPolicy
    ) -> any BoundedQueue<Element> {
        ActorQueue<Element>(capacity: capacity, policy: policy)
    }
}

extension StageQueueFactory where Self == MutexStageQueues {
    /// Queues behind a lock.
    public static var mutex: Self { Self() }
}

extension StageQueueFactory where Self == RingStageQueues {
    /// Rings without a lock.
    public static var ring: Self { Self() }
}

extension StageQueueFactory where Self == ActorStageQueues {
    /// Queues behind actors.
    public static var actor: Self { Self() }
}
