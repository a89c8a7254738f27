public import ConcurrencySupport

/// A bounded queue behind one lock: strict, simple, and the reference that the others are compared with.
///
/// Every operation takes the lock once, for a few instructions; drop handlers and waiters are called after it is
/// released. Linearizable: the order is the order in which the lock was taken. All policies, threads and tasks.
///
/// Tasks that wait are served in order of arrival, before newcomers and before threads. Threads that wait are woken in
/// order of arrival and then compete with whoever comes: handing an element to a thread that must first be woken would
/// cost a context switch for each. So as long as tasks wait for the same thing, threads get none of it.
///
/// - Complexity: push and pop O(1), no allocation; a cancelled or late wait O(waiters).
/// - Memory: `capacity` elements, allocated once.
public final class MutexQueue<Element: Sendable>: BlockingBoundedQueue {
    /// The most elements that can be inside at once: exactly what was asked for.
    public let capacity: Int
    /// What happens to an element that is offered while the queue is full.
    public let policy: OverflowPolicy

    @usableFromInline let state: LockedQueueState<Element, HardwareWord>
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
        state = LockedQueueState(SuspendingQueueState(capacity: capacity, policy: policy, store: store))
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedQueue/tryPush(_:)``.
    @inlinable @inline(__always)
    public func tryPush(_ element: Element) -> PushResult<Element> { state.tryPush(element, effects) }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable @inline(__always)
    public func tryPop() -> Element? { state.tryPop(effects) }

    @usableFromInline typealias PopAction = SuspendingQueueState<Element>.PopAction
    @usableFromInline typealias Change = LockedQueueState<Element, HardwareWord>.Change

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
        let (actions, result) = state.operate { $0.push(contentsOf: batch, result, willWait: willWait) }
        effects.perform(actions)
        return result
    }

    /// Takes the oldest elements that are there now, at most `count`, under one lock. O(elements).
    @inlinable
    public func tryPop(upTo count: Int, into elements: inout [Element]) -> Int {
        let before = elements.count
        let actions = state.operate { $0.pop(upTo: count, into: &elements) }
        effects.perform(actions)
        return elements.count - before
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        state.close(effects)
    }

    /// Counts and depth. See ``QueueStatistics``.
    public func statistics() -> QueueStatistics {
        state.withLock { $0.statistics }
    }
}
