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

    @usableFromInline let state: Lock<SuspendingQueueState<Element>>
    @usableFromInline let effects: QueueEffects<Element>
    @usableFromInline let threads = ParkedThreads()

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
        let change = state.withLock { $0.enterPlainly(element) ? nil : finish($0.push(element), &$0) }
        guard let change else { return .accepted }
        return effects.perform(wake(change))
    }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable @inline(__always)
    public func tryPop() -> Element? {
        let (element, change) = state.withLock { state -> (Element?, Change<PopAction>?) in
            if let element = state.leavePlainly() { return (element, nil) }
            return (nil, finish(state.pop(), &state))
        }
        guard let change else { return element }
        return effects.perform(wake(change))?.element
    }

    @usableFromInline typealias PushAction = SuspendingQueueState<Element>.PushAction
    @usableFromInline typealias PopAction = SuspendingQueueState<Element>.PopAction

    // Every change of the state is either plain, which needs nobody's attention, or ends with `finish` under the lock and
    // with `wake` outside of it.

    /// What came of a change of the state, and whom it gives reason to try again.
    @usableFromInline
    struct Change<Result: Sendable>: Sendable {
        @usableFromInline let result: Result
        @usableFromInline let openings: ParkedThreads.Openings

        @inlinable
        init(_ result: Result, _ openings: ParkedThreads.Openings) {
            self.result = result
            self.openings = openings
        }
    }

    @inlinable @inline(__always)
    func finish<Result: Sendable>(_ result: Result, _ state: inout SuspendingQueueState<Element>) -> Change<Result> {
        let nobodyIsParked = threads.isEmpty
        state.isPlain = nobodyIsParked && state.isPlainNow
        return Change(result, nobodyIsParked ? [] : threads.openings(state))
    }

    /// For a thread that has just been counted as parked: the last look at the state before it sleeps. From then on no
    /// operation is plain.
    @inlinable @inline(never)
    func lookBeforeParking(_ isWorthTrying: (borrowing SuspendingQueueState<Element>) -> Bool) -> Bool {
        state.withLock { state in
            state.isPlain = false
            return isWorthTrying(state)
        }
    }

    @inlinable @inline(__always)
    func wake<Result: Sendable>(_ change: consuming Change<Result>) -> Result {
        if !change.openings.isEmpty { threads.wake(change.openings) }
        return change.result
    }

    /// Changes the state under the lock, and wakes the parked threads that then have reason to try again.
    @inlinable @inline(__always)
    func operate<Result: Sendable>(_ change: (inout SuspendingQueueState<Element>) -> Result) -> Result {
        let change = state.withLock { state in
            let result = change(&state)
            return finish(result, &state)
        }
        return wake(change)
    }

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
        let (actions, result) = operate { $0.push(contentsOf: batch, result, willWait: willWait) }
        effects.perform(actions)
        return result
    }

    /// Takes the oldest elements that are there now, at most `count`, under one lock. O(elements).
    @inlinable
    public func tryPop(upTo count: Int, into elements: inout [Element]) -> Int {
        let before = elements.count
        let actions = operate { $0.pop(upTo: count, into: &elements) }
        effects.perform(actions)
        return elements.count - before
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        effects.finish(state.withLock { $0.close() })
        threads.wakeAll()
    }

    /// Counts and depth. See ``QueueStatistics``.
    public func statistics() -> QueueStatistics {
        state.withLock { $0.statistics }
    }
}
