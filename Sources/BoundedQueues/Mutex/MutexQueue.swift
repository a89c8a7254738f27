public import ConcurrencySupport

/// A bounded queue behind one lock: strict, simple, and the reference that the others are compared with.
///
/// Every operation takes the lock once, for a few instructions; drop handlers and waiting tasks are called after it is
/// released. Linearizable: the order is the order in which the lock was taken. All policies, threads and tasks.
///
/// - Complexity: push and pop O(1), no allocation; a cancelled wait O(tasks waiting).
/// - Memory: `capacity` elements, allocated once.
public final class MutexQueue<Element: Sendable>: SynchronousBoundedQueue {
    /// The most elements that can be inside at once: exactly what was asked for.
    public let capacity: Int
    /// What happens to an element that is offered while the queue is full.
    public let policy: OverflowPolicy

    @usableFromInline let state: Lock<SuspendingQueueState<Element>>
    @usableFromInline let onDrop: DropHandler<Element>?

    /// - Parameters:
    ///   - capacity: the most elements inside at once; at least 1, else a precondition fails.
    ///   - policy: what happens to an element offered while the queue is full.
    ///   - onDrop: receives what the policy gives up.
    public init(capacity: Int, policy: OverflowPolicy = .block, onDrop: DropHandler<Element>? = nil) {
        self.capacity = capacity
        self.policy = policy
        self.onDrop = onDrop
        state = Lock(SuspendingQueueState(capacity: capacity, policy: policy))
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedQueue/tryPush(_:)``.
    @inlinable
    public func tryPush(_ element: Element) -> PushResult<Element> {
        SuspendingQueueState.perform(state.withLock { $0.push(element) }, onDrop: onDrop)
    }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable
    public func tryPop() -> Element? {
        SuspendingQueueState.perform(state.withLock { $0.pop() })
    }

    /// Offers an element; with ``OverflowPolicy/block`` suspends until there is room. See ``BoundedQueue/push(_:)``.
    @inlinable
    public func push(_ element: Element) async -> PushResult<Element> {
        // The common case suspends nobody and so needs neither continuation nor cancellation handler.
        let (action, id) = state.withLock { $0.pushOrTakeNumber(element) }
        if let action { return SuspendingQueueState.perform(action, onDrop: onDrop) }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                // A cancellation before the lock is taken has run its handler in vain and is seen here; a later one
                // finds the producer in the line.
                let outcome = state.withLock { state -> SuspendingQueueState<Element>.SuspendedPushAction? in
                    if Task.isCancelled {
                        state.cancelOffer()
                        return nil
                    }
                    return state.pushOrWait(element, id: id, token: continuation)
                }
                switch outcome {
                case nil: continuation.resume(returning: .cancelled(element))
                case .wait: break
                case .finish(let action):
                    continuation.resume(returning: SuspendingQueueState.perform(action, onDrop: onDrop))
                }
            }
        } onCancel: {
            let cancelled = state.withLock { $0.cancelProducer(id: id) }
            if let (element, producer) = cancelled { producer.resume(returning: .cancelled(element)) }
        }
    }

    /// Takes the oldest element; suspends while there is none. See ``BoundedQueue/pop()``.
    @inlinable
    public func pop() async -> Element? {
        let (action, id) = state.withLock { $0.popOrTakeNumber() }
        if let action { return SuspendingQueueState.perform(action) }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let action = state.withLock { state in
                    Task.isCancelled ? .finished : state.popOrWait(id: id, token: continuation)
                }
                if let action { continuation.resume(returning: SuspendingQueueState.perform(action)) }
            }
        } onCancel: {
            state.withLock { $0.cancelConsumer(id: id) }?.resume(returning: nil)
        }
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        SuspendingQueueState.finish(state.withLock { $0.close() })
    }

    /// Counts and depth. See ``QueueStatistics``.
    public func statistics() -> QueueStatistics {
        state.withLock { $0.statistics }
    }
}
