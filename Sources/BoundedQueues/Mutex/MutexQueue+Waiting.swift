public import ConcurrencySupport

// Waiting for room and for elements. The common case waits for nothing and so needs neither continuation nor handler.

extension MutexQueue {
    /// Offers an element; where the policy waits, suspends until there is room. See ``BoundedQueue/push(_:)``.
    @inlinable
    public func push(_ element: Element) async -> PushResult<Element> {
        if policy.kind == .throttle, let late = await throttle(element, expiry: nil) { return late }
        let change = state.withLock { $0.enterPlainly(element) ? nil : state.finish($0.pushOrTakeNumber(element), &$0) }
        guard let change else { return .accepted }
        let (action, id) = state.wake(change)
        if let action { return effects.perform(action) }
        return await waitAndPush(element, id: id, expiry: nil)
    }

    /// Like ``push(_:)`` with a deadline. See ``BoundedQueue/push(_:until:clock:)``.
    @inlinable
    public func push<C: Clock>(_ element: Element, until deadline: C.Instant, clock: C) async -> PushResult<Element>
    where C.Duration == Duration {
        let expiry = WaitExpiry(deadline, clock)
        if policy.kind == .throttle, clock.now < deadline, let late = await throttle(element, expiry: expiry) {
            return late
        }
        let change = state.withLock { $0.enterPlainly(element) ? nil : state.finish($0.pushOrTakeNumber(element), &$0) }
        guard let change else { return .accepted }
        let (action, id) = state.wake(change)
        if let action { return effects.perform(action) }
        if clock.now >= deadline {
            state.withLock { $0.cancelOffer() }
            return .timedOut(element)
        }
        return await waitAndPush(element, id: id, expiry: expiry)
    }

    /// Takes the oldest element; suspends while there is none. See ``BoundedQueue/pop()``.
    @inlinable
    public func pop() async -> Element? {
        let (element, change) = state.withLock { state -> (Element?, Change<(PopAction?, id: UInt64)>?) in
            if let element = state.leavePlainly() { return (element, nil) }
            return (nil, self.state.finish(state.popOrTakeNumber(), &state))
        }
        guard let change else { return element }
        let (action, id) = state.wake(change)
        if let action { return effects.perform(action)?.element }
        return await waitAndPop(id: id, expiry: nil).element
    }

    /// Like ``pop()`` with a deadline. See ``BoundedQueue/pop(until:clock:)``.
    @inlinable
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Element>
    where C.Duration == Duration {
        let (action, id) = state.operate { $0.popOrTakeNumber() }
        if let action, let result = effects.perform(action) { return result }
        if clock.now >= deadline { return .timedOut }
        return await waitAndPop(id: id, expiry: WaitExpiry(deadline, clock))
    }

    /// Offers the elements of a batch in order; where the policy waits, suspends until all are in. One lock for as many as
    /// find room.
    @inlinable
    public func push<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        var total = BatchPushResult(accepted: 0, ending: .complete)
        // Throttled pushes are delayed one by one.
        while policy.kind != .throttle {
            total = offer(batch, total, willWait: true)
            guard total.ending == .full, policy.waitsForRoom else { return total }
            let next = batch[batch.index(batch.startIndex, offsetBy: total.consumed)]
            guard total.count(await push(next)) else { return total }
        }
        for element in batch {
            guard total.count(await push(element)) else { return total }
        }
        return total
    }

    /// Offers an element; where the policy waits, holds this thread until there is room. See
    /// ``BlockingBoundedQueue/pushBlocking(_:timeout:)``.
    @available(*, noasync, message: "blocks the thread; use push(_:) in a task")
    @inlinable @inline(__always)
    public func pushBlocking(_ element: Element, timeout: Duration? = nil) -> PushResult<Element> {
        if policy.kind == .throttle { return throttleAndPush(element, timeout: timeout) }
        return state.pushBlocking(element, timeout: timeout, effects)
    }

    /// Takes the oldest element; holds this thread while there is none. See
    /// ``BlockingBoundedQueue/popBlocking(timeout:)``.
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    @inlinable @inline(__always)
    public func popBlocking(timeout: Duration? = nil) -> PopResult<Element> {
        state.popBlocking(timeout: timeout, effects)
    }

    @available(*, noasync)
    @usableFromInline
    func throttleAndPush(_ element: Element, timeout: Duration?) -> PushResult<Element> {
        let deadline = timeout.map { LockedQueueState<Element, HardwareWord>.deadline(after: $0) }
        let throttle = state.withLock { Throttle(policy, $0, clock: effects.clock) }
        if throttle.nanoseconds > 0 {
            let delayed = effects.clock.nanoseconds()
            throttle.sleepBlocking(timeout: timeout?.nanosecondsClamped)
            countBlocked(since: delayed)
        }
        return state.parkAndPush(element, untilNanoseconds: deadline, effects)
    }

    @inlinable @inline(never)
    func waitAndPush(_ element: Element, id: UInt64, expiry: WaitExpiry?) async -> PushResult<Element> {
        let start = effects.clock.nanoseconds()
        let result = await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<PushResult<Element>, Never>) in
                // A cancellation before the lock is taken has run its handler in vain and is seen here; a later one
                // finds the producer in the line.
                let outcome = state.operate { state -> SuspendingQueueState<Element>.SuspendedPushAction? in
                    if Task.isCancelled {
                        state.cancelOffer()
                        return nil
                    }
                    return state.pushOrWait(element, id: id, token: .task(continuation))
                }
                switch outcome {
                case nil: continuation.resume(returning: .cancelled(element))
                case .wait:
                    // Only now, so that it can't expire before the producer is in the line.
                    timer = expiry.map { expiry in
                        Task { if await expiry.sleep() { self.endPush(id: id) { PushResult.timedOut($0) } } }
                    }
                case .finish(let action):
                    continuation.resume(returning: effects.perform(action))
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            endPush(id: id) { PushResult.cancelled($0) }
        }
        countBlocked(since: start)
        return result
    }

    @inlinable @inline(never)
    func waitAndPop(id: UInt64, expiry: WaitExpiry?) async -> PopResult<Element> {
        await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<PopResult<Element>, Never>) in
                let (action, isCancelled) = state.operate { state in
                    Task.isCancelled ? (nil, true) : (state.popOrWait(id: id, token: .task(continuation)), false)
                }
                if isCancelled {
                    continuation.resume(returning: .cancelled)
                } else if let action, let result = effects.perform(action) {
                    continuation.resume(returning: result)
                } else {
                    timer = expiry.map { expiry in
                        Task { if await expiry.sleep() { self.endPop(id: id, PopResult.timedOut) } }
                    }
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            endPop(id: id, .cancelled)
        }
    }

    @usableFromInline
    func endPush(id: UInt64, _ result: (Element) -> PushResult<Element>) {
        if let (element, producer) = state.withLock({ $0.cancelProducer(id: id) }) {
            producer.resume(returning: result(element))
        }
    }

    @usableFromInline
    func endPop(id: UInt64, _ result: PopResult<Element>) {
        state.withLock { $0.cancelConsumer(id: id) }?.resume(returning: result)
    }

    @usableFromInline
    func countBlocked(since start: UInt64) { state.countBlocked(since: start, effects) }

    /// The delay before a push; what ends it early is the push's result.
    @usableFromInline
    func throttle(_ element: Element, expiry: WaitExpiry?) async -> PushResult<Element>? {
        let throttle = state.withLock { Throttle(policy, $0, clock: effects.clock) }
        guard throttle.nanoseconds > 0 else { return nil }
        let start = effects.clock.nanoseconds()
        let interruption = await throttle.sleep(expiry: expiry)
        countBlocked(since: start)
        guard let interruption else { return nil }
        state.withLock { $0.cancelOffer() }
        return interruption == .late ? .timedOut(element) : .cancelled(element)
    }
}
