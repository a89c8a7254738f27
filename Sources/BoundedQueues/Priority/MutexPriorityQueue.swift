public import ConcurrencySupport

/// A bounded priority queue behind one lock: strict, simple, and the reference that the others are compared with.
///
/// Every operation takes the lock once, for a few instructions; drop handlers and waiting tasks are called after it is
/// released. Linearizable: the order is the order in which the lock was taken, and all limits, the ageing limit too, hold
/// exactly whoever else pushes and pops. Threads and tasks.
///
/// - Complexity: push and pop O(1), no allocation; a cancelled or late wait O(waiters).
/// - Memory: `capacity` elements and a word for each, allocated once, whatever the tiers.
public final class MutexPriorityQueue<Element: Sendable>: BlockingBoundedPriorityQueue {
    /// The most elements, of all tiers together, that can be inside at once: exactly what was asked for.
    public let capacity: Int
    /// Which tiers are turned away as the queue fills.
    public let overload: OverloadTable
    /// Within how many takes the oldest element of a tier is taken.
    public let ageingLimit: Int

    @usableFromInline let state: Lock<SuspendingPriorityState<Element>>
    @usableFromInline let effects: PriorityEffects<Element>

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - overload: which tiers are turned away as the queue fills.
    ///   - ageingLimit: within how many takes the oldest element of a tier is taken; at least 4, else a precondition fails.
    ///     `Int.max`: urgency alone decides.
    ///   - clock: what the time spent blocked, and the consumers' speed, are measured on.
    ///   - onDrop: receives what the overload table drops.
    public init(
        capacity: Int,
        overload: OverloadTable = OverloadTable(),
        ageingLimit: Int = 64,
        clock: any NanosecondClock = SystemNanosecondClock(),
        onDrop: PriorityDropHandler<Element>? = nil
    ) {
        self.capacity = capacity
        self.overload = overload
        self.ageingLimit = ageingLimit
        effects = PriorityEffects(capacity: capacity, overload: overload, clock: clock, onDrop: onDrop)
        state = Lock(SuspendingPriorityState(capacity: capacity, overload: overload, ageingLimit: ageingLimit))
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedPriorityQueue/tryPush(_:priority:)``.
    @inlinable
    public func tryPush(_ element: Element, priority tier: PriorityTier) -> PushResult<Element> {
        effects.perform(state.withLock { $0.push(element, tier) }, tier)
    }

    /// Takes the next element, or `nil` if there is none now. O(1).
    @inlinable
    public func tryPop() -> Prioritized<Element>? {
        effects.perform(state.withLock { $0.pop() })?.element
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        effects.finish(state.withLock { $0.close() })
    }

    /// Counts and depths. See ``PriorityStatistics``.
    public func statistics() -> PriorityStatistics {
        state.withLock { $0.statistics }
    }
}
