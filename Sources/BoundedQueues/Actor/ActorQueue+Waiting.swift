public import ConcurrencySupport

// Waiting for room and for elements. Up to their suspension these run on the actor without a break, and a cancellation or
// a deadline comes as a message to the actor: it finds the producer or consumer in the line, or finds that it has left.

extension ActorQueue {
    /// Offers an element; where the policy waits, suspends until there is room. See ``BoundedQueue/push(_:)``.
    @inlinable
    public func push(_ element: Element) async -> PushResult<Element> {
        if policy.kind != .throttle, state.enterPlainly(element) { return .accepted }
        return await pushOrWait(element)
    }

    // Of their own, so that what is left is short enough to become part of the caller: a call would cost a frame on the task's
    // stack and a jump to it.
    @inlinable @inline(never)
    func pushOrWait(_ element: Element) async -> PushResult<Element> {
        if policy.kind == .throttle, let late = await throttle(element, expiry: nil) { return late }
        let (action, id) = state.pushOrTakeNumber(element)
        state.settle()
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
        if state.enterPlainly(element) { return .accepted }
        let (action, id) = state.pushOrTakeNumber(element)
        state.settle()
        if let action { return effects.perform(action) }
        if clock.now >= deadline {
            state.cancelOffer()
            return .timedOut(element)
        }
        return await waitAndPush(element, id: id, expiry: expiry)
    }

    /// Takes the oldest element; suspends while there is none. See ``BoundedQueue/pop()``.
    @inlinable
    public func pop() async -> Element? {
        if let element = state.leavePlainly() { return element }
        return await popOrWait()
    }

    @inlinable @inline(never)
    func popOrWait() async -> Element? {
        let (action, id) = state.popOrTakeNumber()
        state.settle()
        if let action { return effects.perform(action)?.element }
        return await waitAndPop(id: id, expiry: nil).element
    }

    /// Like ``pop()`` with a deadline. See ``BoundedQueue/pop(until:clock:)``.
    @inlinable
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Element>
    where C.Duration == Duration {
        if let element = state.leavePlainly() { return .element(element) }
        let (action, id) = state.popOrTakeNumber()
        state.settle()
        if let action, let result = effects.perform(action) { return result }
        if clock.now >= deadline { return .timedOut }
        return await waitAndPop(id: id, expiry: WaitExpiry(deadline, clock))
    }

    /// Offers the elements of a batch in order; where the policy waits, suspends until all are in. One visit to the actor
    /// for as many as find room.
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

    /// Takes the oldest elements, at most `count`, in one visit to the actor; suspends while there is none.
    @inlinable
    public func pop(upTo count: Int) async -> [Element] {
        let elements = take(upTo: count)
        guard elements.isEmpty, let first = await pop() else { return elements }
        return count > 1 ? [first] + take(upTo: count - 1) : [first]
    }

    @inlinable @inline(never)
    func waitAndPush(_ element: Element, id: UInt64, expiry: WaitExpiry?) async -> PushResult<Element> {
        let start = effects.clock.nanoseconds()
        let result = await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<PushResult<Element>, Never>) in
                if Task.isCancelled {
                    state.cancelOffer()
                    continuation.resume(returning: .cancelled(element))
                    return
                }
                switch state.pushOrWait(element, id: id, token: .task(continuation)) {
                case .finish(let action):
                    continuation.resume(returning: effects.perform(action))
                case .wait:
                    timer = expiry.map { expiry in
                        Task.detached {
                            if await expiry.sleep() { await self.endPush(id: id) { PushResult.timedOut($0) } }
                        }
                    }
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            Task { await self.endPush(id: id) { PushResult.cancelled($0) } }
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
                if Task.isCancelled {
                    continuation.resume(returning: .cancelled)
                } else if let action = state.popOrWait(id: id, token: .task(continuation)),
                    let result = effects.perform(action)
                {
                    continuation.resume(returning: result)
                } else {
                    timer = expiry.map { expiry in
                        Task.detached { if await expiry.sleep() { await self.endPop(id: id, PopResult.timedOut) } }
                    }
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            Task { await self.endPop(id: id, PopResult.cancelled) }
        }
    }

    @usableFromInline
    func endPush(id: UInt64, _ result: @Sendable (Element) -> PushResult<Element>) {
        if let (element, producer) = state.cancelProducer(id: id) { producer.resume(returning: result(element)) }
    }

    @usableFromInline
    func endPop(id: UInt64, _ result: PopResult<Element>) {
        state.cancelConsumer(id: id)?.resume(returning: result)
    }

    @usableFromInline
    func countBlocked(since start: UInt64) {
        let now = effects.clock.nanoseconds()
        state.countBlocked(nanoseconds: now > start ? now - start : 0)
    }

    /// The delay before a push; what ends it early is the push's result.
    @usableFromInline
    func throttle(_ element: Element, expiry: WaitExpiry?) async -> PushResult<Element>? {
        let throttle = Throttle(policy, state, clock: effects.clock)
        guard throttle.nanoseconds > 0 else { return nil }
        let start = effects.clock.nanoseconds()
        let interruption = await throttle.sleep(expiry: expiry)
        countBlocked(since: start)
        guard let interruption else { return nil }
        state.cancelOffer()
        return interruption == .late ? .timedOut(element) : .cancelled(element)
    }
}
