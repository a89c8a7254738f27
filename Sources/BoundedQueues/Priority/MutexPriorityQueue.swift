public import ConcurrencySupport

/// A bounded priority queue behind one lock: strict, simple, and the reference that the others are compared with.
///
/// Every operation takes the lock once, for a few instructions; drop handlers and waiting tasks are called after it is
/// released. Linearizable: the order is the order in which the lock was taken, and all limits, the ageing limit too, hold
/// exactly whoever else pushes and pops. Threads and tasks.
///
/// - Complexity: push and pop O(1), no allocation; a cancelled wait O(tasks waiting).
/// - Memory: `capacity` elements and a word for each, allocated once, whatever the tiers.
public final class MutexPriorityQueue<Element: Sendable>: SynchronousBoundedPriorityQueue {
    /// The most elements, of all tiers together, that can be inside at once: exactly what was asked for.
    public let capacity: Int
    /// Which tiers are turned away as the queue fills.
    public let overload: OverloadTable
    /// Within how many takes the oldest element of a tier is taken.
    public let ageingLimit: Int

    @usableFromInline let state: Lock<SuspendingPriorityState<Element>>
    @usableFromInline let onDrop: PriorityDropHandler<Element>?

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - overload: which tiers are turned away as the queue fills.
    ///   - ageingLimit: within how many takes the oldest element of a tier is taken; at least 4, else a precondition fails.
    ///     `Int.max`: urgency alone decides.
    ///   - onDrop: receives what the overload table drops.
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
        state = Lock(SuspendingPriorityState(capacity: capacity, overload: overload, ageingLimit: ageingLimit))
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedPriorityQueue/tryPush(_:priority:)``.
    @inlinable
    public func tryPush(_ element: Element, priority tier: PriorityTier) -> PushResult<Element> {
        SuspendingPriorityState.perform(state.withLock { $0.push(element, tier) }, tier, onDrop: onDrop)
    }

    /// Takes the next element, or `nil` if there is none now. O(1).
    @inlinable
    public func tryPop() -> Prioritized<Element>? {
        SuspendingPriorityState.perform(state.withLock { $0.pop() })
    }

    /// Offers an element; what isn't shed suspends until there is room. See ``BoundedPriorityQueue/push(_:priority:)``.
    @inlinable
    public func push(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element> {
        // The common case suspends nobody and so needs neither continuation nor cancellation handler.
        let (action, id) = state.withLock { $0.pushOrTakeNumber(element, tier) }
        if let action { return SuspendingPriorityState.perform(action, tier, onDrop: onDrop) }
        return await waitAndPush(element, tier, id: id)
    }

    /// Takes the next element; suspends while there is none. See ``BoundedPriorityQueue/pop()``.
    @inlinable
    public func pop() async -> Prioritized<Element>? {
        let (action, id) = state.withLock { $0.popOrTakeNumber() }
        if let action { return SuspendingPriorityState.perform(action) }
        return await waitAndPop(id: id)
    }

    @inlinable @inline(never)
    func waitAndPush(_ element: Element, _ tier: PriorityTier, id: UInt64) async -> PushResult<Element> {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                // A cancellation before the lock is taken has run its handler in vain and is seen here; a later one
                // finds the producer in the line.
                let outcome = state.withLock { state -> SuspendingPriorityState<Element>.SuspendedPushAction? in
                    if Task.isCancelled {
                        state.cancelOffer(tier)
                        return nil
                    }
                    return state.pushOrWait(element, tier, id: id, token: continuation)
                }
                switch outcome {
                case nil: continuation.resume(returning: .cancelled(element))
                case .wait: break
                case .finish(let action):
                    continuation.resume(returning: SuspendingPriorityState.perform(action, tier, onDrop: onDrop))
                }
            }
        } onCancel: {
            let cancelled = state.withLock { $0.cancelProducer(id: id, tier) }
            if let (element, producer) = cancelled { producer.resume(returning: .cancelled(element)) }
        }
    }

    @inlinable @inline(never)
    func waitAndPop(id: UInt64) async -> Prioritized<Element>? {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let action = state.withLock { state in
                    Task.isCancelled ? .finished : state.popOrWait(id: id, token: continuation)
                }
                if let action { continuation.resume(returning: SuspendingPriorityState.perform(action)) }
            }
        } onCancel: {
            state.withLock { $0.cancelConsumer(id: id) }?.resume(returning: nil)
        }
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        SuspendingPriorityState.finish(state.withLock { $0.close() })
    }

    /// Counts and depths. See ``PriorityStatistics``.
    public func statistics() -> PriorityStatistics {
        state.withLock { $0.statistics }
    }
}
