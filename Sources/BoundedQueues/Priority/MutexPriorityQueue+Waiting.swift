public import ConcurrencySupport

// Waiting for room and for elements. The common case waits for nothing and so needs neither continuation nor handler.

extension MutexPriorityQueue {
    /// Offers an element; what isn't shed suspends until there is room. See ``BoundedPriorityQueue/push(_:priority:)``.
    @inlinable
    public func push(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element> {
        let (action, id) = state.withLock { $0.pushOrTakeNumber(element, tier) }
        if let action { return effects.perform(action, tier) }
        return await waitAndPush(element, tier, id: id, expiry: nil)
    }

    /// Like ``push(_:priority:)`` with a deadline. See ``BoundedPriorityQueue/push(_:priority:until:clock:)``.
    @inlinable
    public func push<C: Clock>(
        _ element: Element,
        priority tier: PriorityTier,
        until deadline: C.Instant,
        clock: C
    ) async -> PushResult<Element> where C.Duration == Duration {
        let (action, id) = state.withLock { $0.pushOrTakeNumber(element, tier) }
        if let action { return effects.perform(action, tier) }
        if clock.now >= deadline {
            state.withLock { $0.cancelOffer(tier) }
            return .timedOut(element)
        }
        return await waitAndPush(element, tier, id: id, expiry: WaitExpiry(deadline, clock))
    }

    /// Takes the next element; suspends while there is none. See ``BoundedPriorityQueue/pop()``.
    @inlinable
    public func pop() async -> Prioritized<Element>? {
        let (action, id) = state.withLock { $0.popOrTakeNumber() }
        if let action { return effects.perform(action)?.element }
        return await waitAndPop(id: id, expiry: nil).element
    }

    /// Like ``pop()`` with a deadline. See ``BoundedPriorityQueue/pop(until:clock:)``.
    @inlinable
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Prioritized<Element>>
    where C.Duration == Duration {
        let (action, id) = state.withLock { $0.popOrTakeNumber() }
        if let action, let result = effects.perform(action) { return result }
        if clock.now >= deadline { return .timedOut }
        return await waitAndPop(id: id, expiry: WaitExpiry(deadline, clock))
    }

    /// Offers an element; what isn't shed holds this thread until there is room. See
    /// ``BlockingBoundedPriorityQueue/pushBlocking(_:priority:timeout:)``.
    @available(*, noasync, message: "blocks the thread; use push(_:priority:) in a task")
    @inlinable
    public func pushBlocking(
        _ element: Element,
        priority tier: PriorityTier,
        timeout: Duration? = nil
    ) -> PushResult<Element> {
        let deadline = timeout.map { SystemNanosecondClock().nanoseconds() &+ $0.nanosecondsClamped }
        var backoff = Backoff()
        while true {
            let (action, id) = state.withLock { $0.pushOrTakeNumber(element, tier) }
            if let action { return effects.perform(action, tier) }
            let now = SystemNanosecondClock().nanoseconds()
            if let deadline, now >= deadline {
                state.withLock { $0.cancelOffer(tier) }
                return .timedOut(element)
            }
            if backoff.pauseOrYield() { continue }
            let thread = ParkedThread<PushResult<Element>>()
            if case .finish(let action) = state.withLock({
                $0.pushOrWait(element, tier, id: id, token: .thread(thread))
            }) {
                return effects.perform(action, tier)
            }
            let parked = effects.clock.nanoseconds()
            let result = thread.wait(nanoseconds: deadline.map { $0 - now })
            countBlocked(tier, since: parked)
            if let result { return result }
            // Too late, unless the value is on its way.
            if state.withLock({ $0.cancelProducer(id: id, tier) }) != nil { return .timedOut(element) }
            return thread.wait(nanoseconds: nil)!
        }
    }

    /// Takes the next element; holds this thread while there is none. See
    /// ``BlockingBoundedPriorityQueue/popBlocking(timeout:)``.
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    @inlinable
    public func popBlocking(timeout: Duration? = nil) -> PopResult<Prioritized<Element>> {
        let deadline = timeout.map { SystemNanosecondClock().nanoseconds() &+ $0.nanosecondsClamped }
        var backoff = Backoff()
        while true {
            let (action, id) = state.withLock { $0.popOrTakeNumber() }
            if let action, let result = effects.perform(action) { return result }
            let now = deadline == nil ? 0 : SystemNanosecondClock().nanoseconds()
            if let deadline, now >= deadline { return .timedOut }
            if backoff.pauseOrYield() { continue }
            let thread = ParkedThread<PopResult<Prioritized<Element>>>()
            if let action = state.withLock({ $0.popOrWait(id: id, token: .thread(thread)) }),
                let result = effects.perform(action)
            {
                return result
            }
            if let result = thread.wait(nanoseconds: deadline.map { $0 - now }) { return result }
            if state.withLock({ $0.cancelConsumer(id: id) }) != nil { return .timedOut }
            return thread.wait(nanoseconds: nil)!
        }
    }

    @inlinable @inline(never)
    func waitAndPush(
        _ element: Element,
        _ tier: PriorityTier,
        id: UInt64,
        expiry: WaitExpiry?
    ) async -> PushResult<Element> {
        let start = effects.clock.nanoseconds()
        let result = await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<PushResult<Element>, Never>) in
                // A cancellation before the lock is taken has run its handler in vain and is seen here; a later one
                // finds the producer in the line.
                let outcome = state.withLock { state -> SuspendingPriorityState<Element>.SuspendedPushAction? in
                    if Task.isCancelled {
                        state.cancelOffer(tier)
                        return nil
                    }
                    return state.pushOrWait(element, tier, id: id, token: .task(continuation))
                }
                switch outcome {
                case nil: continuation.resume(returning: .cancelled(element))
                case .wait:
                    // Only now, so that it can't expire before the producer is in the line.
                    timer = expiry.map { expiry in
                        Task { if await expiry.sleep() { self.endPush(id: id, tier) { PushResult.timedOut($0) } } }
                    }
                case .finish(let action):
                    continuation.resume(returning: effects.perform(action, tier))
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            endPush(id: id, tier) { PushResult.cancelled($0) }
        }
        countBlocked(tier, since: start)
        return result
    }

    @inlinable @inline(never)
    func waitAndPop(id: UInt64, expiry: WaitExpiry?) async -> PopResult<Prioritized<Element>> {
        await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<PopResult<Prioritized<Element>>, Never>) in
                let (action, isCancelled) = state.withLock { state in
                    Task.isCancelled ? (nil, true) : (state.popOrWait(id: id, token: .task(continuation)), false)
                }
                if isCancelled {
                    continuation.resume(returning: .cancelled)
                } else if let action, let result = effects.perform(action) {
                    continuation.resume(returning: result)
                } else {
                    timer = expiry.map { expiry in Task { if await expiry.sleep() { self.endPop(id: id, .timedOut) } } }
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            endPop(id: id, .cancelled)
        }
    }

    @usableFromInline
    func endPush(id: UInt64, _ tier: PriorityTier, _ result: (Element) -> PushResult<Element>) {
        if let (element, producer) = state.withLock({ $0.cancelProducer(id: id, tier) }) {
            producer.resume(returning: result(element))
        }
    }

    @usableFromInline
    func endPop(id: UInt64, _ result: PopResult<Prioritized<Element>>) {
        state.withLock { $0.cancelConsumer(id: id) }?.resume(returning: result)
    }

    @usableFromInline
    func countBlocked(_ tier: PriorityTier, since start: UInt64) {
        let nanoseconds = effects.nanoseconds(since: start)
        state.withLock { $0.countBlocked(tier, nanoseconds: nanoseconds) }
    }
}
