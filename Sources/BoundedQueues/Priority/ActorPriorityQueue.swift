public import ConcurrencySupport

/// A bounded priority queue behind an actor: the one that reads most like the rest of a program with actors, and the
/// slowest.
///
/// Every operation is a hop to the actor. Strict: the order is the order in which the actor ran the operations, and all
/// limits, the ageing limit too, hold exactly whoever else pushes and pops. Tasks only.
///
/// Declared `final` on purpose: without it the compiler doesn't specialise the methods of a generic actor for callers in
/// other modules.
///
/// - Complexity: push and pop O(1); a cancelled or late wait O(waiters).
/// - Memory: `capacity` elements and a word for each, allocated once, whatever the tiers.
public final actor ActorPriorityQueue<Element: Sendable>: BoundedPriorityQueue {
    /// The most elements, of all tiers together, that can be inside at once: exactly what was asked for.
    public nonisolated let capacity: Int
    /// Which tiers are turned away as the queue fills.
    public nonisolated let overload: OverloadTable
    /// Within how many takes the oldest element of a tier is taken.
    public nonisolated let ageingLimit: Int

    @usableFromInline var state: SuspendingPriorityState<Element>
    @usableFromInline let effects: PriorityEffects<Element>

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - overload: which tiers are turned away as the queue fills.
    ///   - ageingLimit: within how many takes the oldest element of a tier is taken; at least 4, else a precondition fails.
    ///     `Int.max`: urgency alone decides.
    ///   - clock: what the time spent blocked, and the consumers' speed, are measured on.
    ///   - onDrop: receives what the overload table drops, on the actor.
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
        state = SuspendingPriorityState(capacity: capacity, overload: overload, ageingLimit: ageingLimit)
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedPriorityQueue/tryPush(_:priority:)``.
    @inlinable
    public func tryPush(_ element: Element, priority tier: PriorityTier) -> PushResult<Element> {
        effects.perform(state.push(element, tier), tier)
    }

    /// Takes the next element, or `nil` if there is none now. O(1).
    @inlinable
    public func tryPop() -> Prioritized<Element>? {
        effects.perform(state.pop())?.element
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        effects.finish(state.close())
    }

    /// Counts and depths. See ``PriorityStatistics``.
    public func statistics() -> PriorityStatistics {
        state.statistics
    }
}
