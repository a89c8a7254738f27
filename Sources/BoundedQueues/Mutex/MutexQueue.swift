public import ConcurrencySupport

/// A bounded queue behind one lock: strict, simple, and the reference that the others are compared with.
///
/// Every operation takes the lock once, for a few instructions; drop handlers and waiters are called after it is
/// released. Linearizable: the order is the order in which the lock was taken. Whoever waits is served in order of arrival,
/// before newcomers. All policies, threads and tasks.
///
/// - Complexity: push and pop O(1), no allocation; a cancelled or late wait O(waiters).
/// - Memory: `capacity` elements, allocated once.
public final class MutexQueue<Element: Sendable>: BlockingBoundedQueue {
    /// The most elements that can be inside at once: exactly what was asked for.
    public let capacity: Int
    /// What happens to an element that is offered while the queue is full.
    public let policy: OverflowPolicy

    @usableFromInline let state: Lock<SuspendingQueueState<Element>>
    @usableFromInline let effects: QueueEffects<Element>

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - policy: what happens to an element offered while the queue is full; not ``OverflowPolicy/spill``.
    ///   - clock: what delays and the time spent blocked are measured on.
    ///   - onDrop: receives what the policy gives up.
    public convenience init(
        capacity: Int,
        policy: OverflowPolicy = .block,
        clock: any NanosecondClock = SystemNanosecondClock(),
        onDrop: DropHandler<Element>? = nil
    ) {
        self.init(capacity: capacity, policy: policy, store: nil, clock: clock, onDrop: onDrop)
    }

    /// A queue whose overflow goes to a store, from where it re-enters in order: the policy is ``OverflowPolicy/spill``.
    ///
    /// - Parameters:
    ///   - capacity: the most elements inside at once, those in the store apart; at least 1, else a precondition fails.
    ///   - spillStore: where the rest goes; used by nobody else. Called under the lock.
    ///   - clock: what refusals measure the consumers' speed on.
    public convenience init(
        capacity: Int,
        spillStore: some SpillStore<Element>,
        clock: any NanosecondClock = SystemNanosecondClock()
    ) {
        self.init(capacity: capacity, policy: .spill, store: spillStore, clock: clock, onDrop: nil)
    }

    private init(
        capacity: Int,
        policy: OverflowPolicy,
        store: (any SpillStore<Element>)?,
        clock: any NanosecondClock,
        onDrop: DropHandler<Element>?
    ) {
        self.capacity = capacity
        self.policy = policy
        effects = QueueEffects(capacity: capacity, clock: clock, onDrop: onDrop)
        state = Lock(SuspendingQueueState(capacity: capacity, policy: policy, store: store))
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedQueue/tryPush(_:)``.
    @inlinable @inline(__always)
    public func tryPush(_ element: Element) -> PushResult<Element> {
        let action = state.withLock { $0.enterPlainly(element) ? nil : $0.push(element) }
        guard let action else { return .accepted }
        return effects.perform(action)
    }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable @inline(__always)
    public func tryPop() -> Element? {
        let (element, action) = state.withLock { state in
            if let element = state.leavePlainly() { return (Optional(element), Optional<PopAction>.none) }
            return (nil, state.pop())
        }
        guard let action else { return element }
        return effects.perform(action)?.element
    }

    @usableFromInline typealias PopAction = SuspendingQueueState<Element>.PopAction

    /// Offers the elements of a batch in order under one lock. O(elements). See ``BoundedQueue/tryPush(contentsOf:)``.
    @inlinable
    public func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) -> BatchPushResult {
        offer(batch, BatchPushResult(accepted: 0, ending: .complete), willWait: false)
    }

    /// Offers what of a batch hasn't been consumed yet.
    @inlinable
    func offer<Batch: Collection<Element> & Sendable>(
        _ batch: Batch,
        _ result: BatchPushResult,
        willWait: Bool
    ) -> BatchPushResult {
        let (actions, result) = state.withLock { $0.push(contentsOf: batch, result, willWait: willWait) }
        effects.perform(actions)
        return result
    }

    /// Takes the oldest elements that are there now, at most `count`, under one lock. O(elements).
    @inlinable
    public func tryPop(upTo count: Int, into elements: inout [Element]) -> Int {
        let before = elements.count
        let actions = state.withLock { $0.pop(upTo: count, into: &elements) }
        effects.perform(actions)
        return elements.count - before
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        effects.finish(state.withLock { $0.close() })
    }

    /// Counts and depth. See ``QueueStatistics``.
    public func statistics() -> QueueStatistics {
        state.withLock { $0.statistics }
    }
}
