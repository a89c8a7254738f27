public import ConcurrencySupport

// Waiting for room and for elements. The common case waits for nothing and so needs neither continuation nor handler.

extension MutexQueue {
    /// Offers an element; where the policy waits, suspends until there is room. See ``BoundedQueue/push(_:)``.
    @inlinable
    public func push(_ element: Element) async -> PushResult<Element> {
        if policy.kind == .throttle, let late = await throttle(element, expiry: nil) { return late }
        let (action, id) = state.withLock { $0.pushOrTakeNumber(element) }
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
        let (action, id) = state.withLock { $0.pushOrTakeNumber(element) }
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
        let (action, id) = state.withLock { $0.popOrTakeNumber() }
        if let action { return effects.perform(action)?.element }
        return await waitAndPop(id: id, expiry: nil).element
    }

    /// Like ``pop()`` with a deadline. See ``BoundedQueue/pop(until:clock:)``.
    @inlinable
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Element>
    where C.Duration == Duration {
        let (action, id) = state.withLock { $0.popOrTakeNumber() }
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
    public func pushBlocking(_ element: Element, timeout: Duration? = nil) -> PushResult<Element> {
        let deadline = timeout.map { SystemNanosecondClock().nanoseconds() &+ $0.nanosecondsClamped }
        if policy.kind == .throttle {
            let throttle = state.withLock { Throttle(policy, $0, clock: effects.clock) }
            if throttle.nanoseconds > 0 {
                let delayed = effects.clock.nanoseconds()
                throttle.sleepBlocking(timeout: timeout?.nanosecondsClamped)
                countBlocked(since: delayed)
            }
        }
        var backoff = Backoff()
        while true {
            let (action, id) = state.withLock { $0.pushOrTakeNumber(element) }
            if let action { return effects.perform(action) }
            let now = deadline == nil ? 0 : SystemNanosecondClock().nanoseconds()
            if let deadline, now >= deadline {
                state.withLock { $0.cancelOffer() }
                return .timedOut(element)
            }
            if backoff.pauseOrYield() { continue }
            let thread = ParkedThread<PushResult<Element>>()
            switch state.withLock({ $0.pushOrWait(element, id: id, token: .thread(thread)) }) {
            case .finish(let action): return effects.perform(action)
            case .wait: break
            }
            let parked = effects.clock.nanoseconds()
            let result = thread.wait(nanoseconds: deadline.map { $0 - now })
            countBlocked(since: parked)
            if let result { return result }
            // Too late, unless the value is on its way.
            if state.withLock({ $0.cancelProducer(id: id) }) != nil { return .timedOut(element) }
            return thread.wait(nanoseconds: nil)!
        }
    }

    /// Takes the oldest element; holds this thread while there is none. See
    /// ``BlockingBoundedQueue/popBlocking(timeout:)``.
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    public func popBlocking(timeout: Duration? = nil) -> PopResult<Element> {
        let deadline = timeout.map { SystemNanosecondClock().nanoseconds() &+ $0.nanosecondsClamped }
        var backoff = Backoff()
        while true {
            let (action, id) = state.withLock { $0.popOrTakeNumber() }
            if let action, let result = effects.perform(action) { return result }
            let now = deadline == nil ? 0 : SystemNanosecondClock().nanoseconds()
            if let deadline, now >= deadline { return .timedOut }
            if backoff.pauseOrYield() { continue }
            let thread = ParkedThread<PopResult<Element>>()
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
    func waitAndPush(_ element: Element, id: UInt64, expiry: WaitExpiry?) async -> PushResult<Element> {
        let start = effects.clock.nanoseconds()
        let result = await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<PushResult<Element>, Never>) in
                // A cancellation before the lock is taken has run its handler in vain and is seen here; a later one
                // finds the producer in the line.
                let outcome = state.withLock { state -> SuspendingQueueState<Element>.SuspendedPushAction? in
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
                let (action, isCancelled) = state.withLock { state in
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
    func countBlocked(since start: UInt64) {
        let now = effects.clock.nanoseconds()
        state.withLock { $0.countBlocked(nanoseconds: now > start ? now - start : 0) }
    }

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
