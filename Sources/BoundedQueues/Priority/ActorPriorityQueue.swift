/// A bounded priority queue behind an actor: the one that reads most like the rest of a program with actors, and the
/// slowest.
///
/// Every operation is a hop to the actor. Strict: the order is the order in which the actor ran the operations, and all
/// limits, the ageing limit too, hold exactly whoever else pushes and pops. Tasks only.
///
/// Declared `final` on purpose: without it the compiler doesn't specialise the methods of a generic actor for callers in
/// other modules.
///
/// - Complexity: push and pop O(1); a cancelled wait O(tasks waiting).
/// - Memory: `capacity` elements and a word for each, allocated once, whatever the tiers.
public final actor ActorPriorityQueue<Element: Sendable>: BoundedPriorityQueue {
    /// The most elements, of all tiers together, that can be inside at once: exactly what was asked for.
    public nonisolated let capacity: Int
    /// Which tiers are turned away as the queue fills.
    public nonisolated let overload: OverloadTable
    /// Within how many takes the oldest element of a tier is taken.
    public nonisolated let ageingLimit: Int

    @usableFromInline var state: SuspendingPriorityState<Element>
    @usableFromInline let onDrop: PriorityDropHandler<Element>?

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - overload: which tiers are turned away as the queue fills.
    ///   - ageingLimit: within how many takes the oldest element of a tier is taken; at least 4, else a precondition fails.
    ///     `Int.max`: urgency alone decides.
    ///   - onDrop: receives what the overload table drops, on the actor.
    public init(
        capacity: Int,
        overload: OverloadTable = OverloadTable(),
        ageingLimit: Int = 64,
        onDrop: PriorityDropHandler<Element>? = nil
    ) {
        self.capacity = capacity
        self.overload = overload
        self.ageingLimit = ageingLimit
        self.onDrop = onDrop
        state = SuspendingPriorityState(capacity: capacity, overload: overload, ageingLimit: ageingLimit)
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedPriorityQueue/tryPush(_:priority:)``.
    @inlinable
    public func tryPush(_ element: Element, priority tier: PriorityTier) -> PushResult<Element> {
        SuspendingPriorityState.perform(state.push(element, tier), tier, onDrop: onDrop)
    }

    /// Takes the next element, or `nil` if there is none now. O(1).
    @inlinable
    public func tryPop() -> Prioritized<Element>? {
        SuspendingPriorityState.perform(state.pop())
    }

    /// Offers an element; what isn't shed suspends until there is room. See ``BoundedPriorityQueue/push(_:priority:)``.
    @inlinable
    public func push(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element> {
        let (action, id) = state.pushOrTakeNumber(element, tier)
        if let action { return SuspendingPriorityState.perform(action, tier, onDrop: onDrop) }
        return await waitAndPush(element, tier, id: id)
    }

    /// Takes the next element; suspends while there is none. See ``BoundedPriorityQueue/pop()``.
    @inlinable
    public func pop() async -> Prioritized<Element>? {
        let (action, id) = state.popOrTakeNumber()
        if let action { return SuspendingPriorityState.perform(action) }
        return await waitAndPop(id: id)
    }

    // Up to their suspension these run on the actor without a break, and a cancellation comes as a message to the actor:
    // it finds the producer or consumer in the line, or finds that it has left.

    @inlinable @inline(never)
    func waitAndPush(_ element: Element, _ tier: PriorityTier, id: UInt64) async -> PushResult<Element> {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if Task.isCancelled {
                    state.cancelOffer(tier)
                    continuation.resume(returning: .cancelled(element))
                } else if case .finish(let action) = state.pushOrWait(element, tier, id: id, token: continuation) {
                    continuation.resume(returning: SuspendingPriorityState.perform(action, tier, onDrop: onDrop))
                }
            }
        } onCancel: {
            Task { await self.cancelProducer(id: id, tier) }
        }
    }

    @inlinable @inline(never)
    func waitAndPop(id: UInt64) async -> Prioritized<Element>? {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: nil)
                } else if let action = state.popOrWait(id: id, token: continuation) {
                    continuation.resume(returning: SuspendingPriorityState.perform(action))
                }
            }
        } onCancel: {
            Task { await self.cancelConsumer(id: id) }
        }
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        SuspendingPriorityState.finish(state.close())
    }

    /// Counts and depths. See ``PriorityStatistics``.
    public func statistics() -> PriorityStatistics {
        state.statistics
    }

    @usableFromInline
    func cancelProducer(id: UInt64, _ tier: PriorityTier) {
        if let (element, producer) = state.cancelProducer(id: id, tier) {
            producer.resume(returning: .cancelled(element))
        }
    }

    @usableFromInline
    func cancelConsumer(id: UInt64) {
        state.cancelConsumer(id: id)?.resume(returning: nil)
    }
}
