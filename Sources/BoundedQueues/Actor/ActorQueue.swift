public import ConcurrencySupport

/// A bounded queue behind an actor: the one that reads most like the rest of a program with actors, and the slowest.
///
/// Every operation is a hop to the actor: some 100 ns when nobody else is there, a microsecond and more when others are.
/// Strict: the order is the order in which the actor ran the operations; whoever waits is served in order of arrival,
/// before newcomers. All policies; tasks only.
///
/// Declared `final` on purpose: without it the compiler doesn't specialise the methods of a generic actor for callers in
/// other modules, and an uncontended push and pop takes ten times as long.
///
/// - Complexity: push and pop O(1); a cancelled or late wait O(waiters).
/// - Memory: `capacity` elements, allocated once.
public final actor ActorQueue<Element: Sendable>: BoundedQueue {
    /// The most elements that can be inside at once: exactly what was asked for.
    public nonisolated let capacity: Int
    /// What happens to an element that is offered while the queue is full.
    public nonisolated let policy: OverflowPolicy

    @usableFromInline var state: SuspendingQueueState<Element>
    @usableFromInline let effects: QueueEffects<Element>

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - policy: what happens to an element offered while the queue is full; not ``OverflowPolicy/spill``.
    ///   - clock: what delays and the time spent blocked are measured on.
    ///   - onDrop: receives what the policy gives up, on the actor.
    public init(
        capacity: Int,
        policy: OverflowPolicy = .block,
        clock: any NanosecondClock = SystemNanosecondClock(),
        onDrop: DropHandler<Element>? = nil
    ) {
        self.capacity = capacity
        self.policy = policy
        effects = QueueEffects(capacity: capacity, clock: clock, onDrop: onDrop)
        state = SuspendingQueueState(capacity: capacity, policy: policy)
    }

    /// A queue whose overflow goes to a store, from where it re-enters in order: the policy is ``OverflowPolicy/spill``.
    ///
    /// - Parameters:
    ///   - capacity: the most elements inside at once, those in the store apart; at least 1, else a precondition fails.
    ///   - spillStore: where the rest goes; used by nobody else. Called on the actor.
    ///   - clock: what refusals measure the consumers' speed on.
    public init(
        capacity: Int,
        spillStore: some SpillStore<Element>,
        clock: any NanosecondClock = SystemNanosecondClock()
    ) {
        self.capacity = capacity
        policy = .spill
        effects = QueueEffects(capacity: capacity, clock: clock, onDrop: nil)
        state = SuspendingQueueState(capacity: capacity, policy: .spill, store: spillStore)
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedQueue/tryPush(_:)``.
    @inlinable
    public func tryPush(_ element: Element) -> PushResult<Element> {
        if state.enterPlainly(element) { return .accepted }
        defer { state.settle() }
        return effects.perform(state.push(element))
    }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable
    public func tryPop() -> Element? {
        if let element = state.leavePlainly() { return element }
        defer { state.settle() }
        return effects.perform(state.pop())?.element
    }

    /// Offers the elements of a batch in order in one visit to the actor. O(elements).
    @inlinable
    public func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) -> BatchPushResult {
        offer(batch, BatchPushResult(accepted: 0, ending: .complete), willWait: false)
    }

    /// Offers what of a batch hasn't been consumed yet.
    @inlinable
    func offer<Batch: Collection<Element>>(
        _ batch: Batch,
        _ result: BatchPushResult,
        willWait: Bool
    ) -> BatchPushResult {
        let (actions, result) = state.push(contentsOf: batch, result, willWait: willWait)
        effects.perform(actions)
        return result
    }

    /// Takes the oldest elements that are there now, at most `count`, in one visit to the actor. O(elements).
    @inlinable
    public func tryPop(upTo count: Int) -> [Element] { take(upTo: count) }

    @inlinable
    func take(upTo count: Int) -> [Element] {
        var elements: [Element] = []
        effects.perform(state.pop(upTo: count, into: &elements))
        return elements
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        effects.finish(state.close())
    }

    /// Counts and depth. See ``QueueStatistics``.
    public func statistics() -> QueueStatistics {
        state.statistics
    }
}
