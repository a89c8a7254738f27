/// A bounded queue behind an actor: the one that reads most like the rest of a program with actors, and the slowest.
///
/// Every operation is a hop to the actor: some 50 ns when nobody else is there, a microsecond and more when others are.
/// Strict: the order is the order in which the actor ran the operations. All policies; tasks only.
///
/// Declared `final` on purpose: without it the compiler doesn't specialise the methods of a generic actor for callers in
/// other modules, and an uncontended push and pop takes ten times as long.
///
/// - Complexity: push and pop O(1); a cancelled wait O(tasks waiting).
/// - Memory: `capacity` elements, allocated once.
public final actor ActorQueue<Element: Sendable>: BoundedQueue {
    /// The most elements that can be inside at once: exactly what was asked for.
    public nonisolated let capacity: Int
    /// What happens to an element that is offered while the queue is full.
    public nonisolated let policy: OverflowPolicy

    @usableFromInline var state: SuspendingQueueState<Element>
    @usableFromInline let onDrop: DropHandler<Element>?

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - policy: what happens to an element offered while the queue is full.
    ///   - onDrop: receives what the policy gives up, on the actor.
    public init(capacity: Int, policy: OverflowPolicy = .block, onDrop: DropHandler<Element>? = nil) {
        self.capacity = capacity
        self.policy = policy
        self.onDrop = onDrop
        state = SuspendingQueueState(capacity: capacity, policy: policy)
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedQueue/tryPush(_:)``.
    @inlinable
    public func tryPush(_ element: Element) -> PushResult<Element> {
        SuspendingQueueState.perform(state.push(element), onDrop: onDrop)
    }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable
    public func tryPop() -> Element? {
        SuspendingQueueState.perform(state.pop())
    }

    /// Offers an element; with ``OverflowPolicy/block`` suspends until there is room. See ``BoundedQueue/push(_:)``.
    @inlinable
    public func push(_ element: Element) async -> PushResult<Element> {
        let (action, id) = state.pushOrTakeNumber(element)
        if let action { return SuspendingQueueState.perform(action, onDrop: onDrop) }
        return await waitAndPush(element, id: id)
    }

    /// Takes the oldest element; suspends while there is none. See ``BoundedQueue/pop()``.
    @inlinable
    public func pop() async -> Element? {
        let (action, id) = state.popOrTakeNumber()
        if let action { return SuspendingQueueState.perform(action) }
        return await waitAndPop(id: id)
    }

    // Up to their suspension these run on the actor without a break, and a cancellation comes as a message to the actor:
    // it finds the producer or consumer in the line, or finds that it has left.

    @inlinable @inline(never)
    func waitAndPush(_ element: Element, id: UInt64) async -> PushResult<Element> {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if Task.isCancelled {
                    state.cancelOffer()
                    continuation.resume(returning: .cancelled(element))
                } else if case .finish(let action) = state.pushOrWait(element, id: id, token: continuation) {
                    continuation.resume(returning: SuspendingQueueState.perform(action, onDrop: onDrop))
                }
            }
        } onCancel: {
            Task { await self.cancelProducer(id: id) }
        }
    }

    @inlinable @inline(never)
    func waitAndPop(id: UInt64) async -> Element? {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: nil)
                } else if let action = state.popOrWait(id: id, token: continuation) {
                    continuation.resume(returning: SuspendingQueueState.perform(action))
                }
            }
        } onCancel: {
            Task { await self.cancelConsumer(id: id) }
        }
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        SuspendingQueueState.finish(state.close())
    }

    /// Counts and depth. See ``QueueStatistics``.
    public func statistics() -> QueueStatistics {
        state.statistics
    }

    @usableFromInline
    func cancelProducer(id: UInt64) {
        if let (element, producer) = state.cancelProducer(id: id) {
            producer.resume(returning: .cancelled(element))
        }
    }

    @usableFromInline
    func cancelConsumer(id: UInt64) {
        state.cancelConsumer(id: id)?.resume(returning: nil)
    }
}
