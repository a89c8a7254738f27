public import ConcurrencySupport

// Up to their suspension these run on the actor without a break, and a cancellation or a passed deadline comes as a message
// to the actor: it finds the producer or consumer in the line, or finds that it has left.

extension ActorPriorityQueue {
    /// Offers an element; what isn't shed suspends until there is room. See ``BoundedPriorityQueue/push(_:priority:)``.
    @inlinable
    public func push(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element> {
        let (action, id) = state.pushOrTakeNumber(element, tier)
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
        let (action, id) = state.pushOrTakeNumber(element, tier)
        if let action { return effects.perform(action, tier) }
        if clock.now >= deadline {
            state.cancelOffer(tier)
            return .timedOut(element)
        }
        return await waitAndPush(element, tier, id: id, expiry: WaitExpiry(deadline, clock))
    }

    /// Takes the next element; suspends while there is none. See ``BoundedPriorityQueue/pop()``.
    @inlinable
    public func pop() async -> Prioritized<Element>? {
        let (action, id) = state.popOrTakeNumber()
        if let action { return effects.perform(action)?.element }
        return await waitAndPop(id: id, expiry: nil).element
    }

    /// Like ``pop()`` with a deadline. See ``BoundedPriorityQueue/pop(until:clock:)``.
    @inlinable
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Prioritized<Element>>
    where C.Duration == Duration {
        let (action, id) = state.popOrTakeNumber()
        if let action, let result = effects.perform(action) { return result }
        if clock.now >= deadline { return .timedOut }
        return await waitAndPop(id: id, expiry: WaitExpiry(deadline, clock))
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
                if Task.isCancelled {
                    state.cancelOffer(tier)
                    continuation.resume(returning: .cancelled(element))
                    return
                }
                switch state.pushOrWait(element, tier, id: id, token: .task(continuation)) {
                case .finish(let action):
                    continuation.resume(returning: effects.perform(action, tier))
                case .wait:
                    timer = expiry.map { expiry in
                        Task.detached {
                            if await expiry.sleep() { await self.endPush(id: id, tier) { PushResult.timedOut($0) } }
                        }
                    }
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            Task { await self.endPush(id: id, tier) { PushResult.cancelled($0) } }
        }
        state.countBlocked(tier, nanoseconds: effects.nanoseconds(since: start))
        return result
    }

    @inlinable @inline(never)
    func waitAndPop(id: UInt64, expiry: WaitExpiry?) async -> PopResult<Prioritized<Element>> {
        await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let result = await withUnsafeContinuation {
                (continuation: UnsafeContinuation<PopResult<Prioritized<Element>>, Never>) in
                if Task.isCancelled {
                    continuation.resume(returning: .cancelled)
                } else if let action = state.popOrWait(id: id, token: .task(continuation)),
                    let result = effects.perform(action)
                {
                    continuation.resume(returning: result)
                } else {
                    timer = expiry.map { expiry in
                        Task.detached { if await expiry.sleep() { await self.endPop(id: id, .timedOut) } }
                    }
                }
            }
            timer?.cancel()
            return result
        } onCancel: {
            Task { await self.endPop(id: id, .cancelled) }
        }
    }

    @usableFromInline
    func endPush(id: UInt64, _ tier: PriorityTier, _ result: @Sendable (Element) -> PushResult<Element>) {
        if let (element, producer) = state.cancelProducer(id: id, tier) { producer.resume(returning: result(element)) }
    }

    @usableFromInline
    func endPop(id: UInt64, _ result: PopResult<Prioritized<Element>>) {
        state.cancelConsumer(id: id)?.resume(returning: result)
    }
}
