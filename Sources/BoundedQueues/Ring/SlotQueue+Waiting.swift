public import ConcurrencySupport

// Waiting for room and for elements: spin a little, yield a little, then suspend the task or park the thread.
//
// The fast paths stand apart from the slow ones, so that they need no room for what survives a suspension.

extension SlotQueue where Element: ~Copyable, Slots: ~Copyable {
    /// Offers an element; where the policy waits, suspends until there is room. See ``BoundedQueue/push(_:)``.
    @inlinable @inline(__always)
    public func push(_ element: consuming Element) async -> PushResult<Element> {
        guard policy.waitsForRoom else { return tryPush(element) }
        if policy.kind == .throttle { return await waitAndPush(element, expiry: nil) }
        var claim = slots.attemptFree()
        if claim.outcome != .claimed { claim = claimFreeAfterPauses() }
        if claim.outcome == .claimed { return accept(element, claim) }
        return await waitAndPush(element, expiry: nil)
    }

    /// Like ``push(_:)`` with a deadline. See ``BoundedQueue/push(_:until:clock:)``.
    @inlinable
    public func push<C: Clock>(
        _ element: consuming Element,
        until deadline: C.Instant,
        clock: C
    ) async -> PushResult<Element>
    where C.Duration == Duration {
        guard policy.waitsForRoom else { return tryPush(element) }
        if clock.now >= deadline { return pushLate(element) }
        if policy.kind != .throttle {
            let claim = claimFreeAfterPauses()
            if claim.outcome == .claimed { return accept(element, claim) }
        }
        return await waitAndPush(element, expiry: WaitExpiry(deadline, clock))
    }

    /// Takes the oldest element; suspends while there is none. See ``BoundedQueue/pop()``.
    @inlinable @inline(__always)
    public func pop() async -> Element? {
        if let element = tryPop() { return element }
        if let element = popAfterPauses() { return element }
        return await popAfterWaiting()
    }

    /// Like ``pop()`` with a deadline. See ``BoundedQueue/pop(until:clock:)``.
    @inlinable
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Element>
    where C.Duration == Duration {
        if let element = tryPop() { return .element(element) }
        if clock.now >= deadline { return isFinished ? .finished : .timedOut }
        if let element = popAfterPauses() { return .element(element) }
        return await waitAndPop(expiry: WaitExpiry(deadline, clock))
    }

    /// Offers an element; where the policy waits, holds this thread until there is room. See
    /// ``BlockingBoundedQueue/pushBlocking(_:timeout:)``.
    @available(*, noasync, message: "blocks the thread; use push(_:) in a task")
    @inlinable @inline(__always)
    public func pushBlocking(_ element: consuming Element, timeout: Duration? = nil) -> PushResult<Element> {
        guard policy.waitsForRoom else { return tryPush(element) }
        if policy.kind != .throttle {
            let claim = slots.attemptFree()
            if claim.outcome == .claimed { return accept(element, claim) }
        }
        return parkAndPush(element, timeout: timeout)
    }

    /// Takes the oldest element; holds this thread while there is none. See
    /// ``BlockingBoundedQueue/popBlocking(timeout:)``.
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    @inlinable @inline(__always)
    public func popBlocking(timeout: Duration? = nil) -> PopResult<Element> {
        if let element = tryPop() { return .element(element) }
        return parkAndPop(timeout: timeout)
    }

    // What a waiter reads after it was counted.

    @inlinable
    var hasRoomOrIsClosed: Bool {
        slots.orderWaiter()
        return slots.isClosedOrNotFull
    }

    @inlinable
    var hasElementOrIsClosed: Bool {
        slots.orderWaiter()
        return slots.isClosedOrNotEmpty || slots.counter(.stored).loadSequentiallyConsistent() != 0
    }

    /// Closed, and nothing is or will be inside.
    @inlinable
    var isFinished: Bool {
        // In this order: once closed and empty, nothing is stored any more.
        slots.isFinished && slots.counter(.stored).loadSequentiallyConsistent() == 0
    }

    /// One attempt, for whoever has no time to wait.
    @inlinable
    func pushLate(_ element: consuming Element) -> PushResult<Element> {
        var backoff = Backoff()
        while true {
            let claim = slots.claimFree()
            switch claim.outcome {
            case .claimed: return accept(element, claim)
            case .closed: return refuse(element, .closed)
            case .refused, .overtaken:
                // A strict queue says that there is no room only if there is none, at a moment during the call.
                guard isStrict, slots.isClosedOrNotFull else { return refuse(element, .late) }
                Slots.Word.pause(&backoff)
            }
        }
    }

    @usableFromInline
    enum Refusal: Sendable { case closed, late, cancelled }

    @usableFromInline
    func refuse(_ element: consuming Element, _ refusal: Refusal) -> PushResult<Element> {
        add(to: .refused)
        switch refusal {
        case .closed: return .closed(element)
        case .late: return .timedOut(element)
        case .cancelled: return .cancelled(element)
        }
    }

    @usableFromInline
    func countBlocked(since start: UInt64) {
        let now = clock.nanoseconds()
        add(to: .timesBlocked)
        add(UInt(now > start ? now - start : 0), to: .blockedNanoseconds)
    }

    /// Why one who waits for another to be through with an operation has to give up; `nil`: it needn't yet.
    @usableFromInline
    func refusal(_ expiry: WaitExpiry?) -> Refusal? {
        if Task.isCancelled { return .cancelled }
        return expiry?.isPast() == true ? .late : nil
    }

    /// For one who was woken for a slot that another thread is still in the middle of, and gives up instead of waiting for
    /// it: the next in line must be woken in its place, or the slot would be nobody's.
    @usableFromInline
    func passOn(_ wasWoken: Bool, to waiters: WaitList<Slots.Word>) {
        if wasWoken { waiters.notifyOne() }
    }

    // The pauses of one who is about to wait: not in the functions that may suspend, since to call those and return costs
    // more than the wait for somebody who is quick. Between them a consumer looks at its slot and nothing else: what tells
    // whether the queue is finished is the line that the producers write, and each look would take it from the one who is
    // about to.

    @inlinable @inline(never)
    func claimFreeAfterPauses() -> SlotClaim {
        var backoff = Backoff()
        var claim = slots.claimFree()
        while claim.outcome == .refused, backoff.pauseBriefly() { claim = slots.claimFree() }
        return claim
    }

    /// Producers have no such ``Patience``: a full queue empties best while they sleep.
    @inlinable @inline(never)
    func popAfterPauses() -> Element? {
        Patience(slots.counter(.patience)).look(isAlone: consumers.isEmpty) { tryPop() }
    }

    /// To whoever is in the middle of an operation: the system has stopped that thread, which needs a processor. It may take
    /// long, so that now and then (it allocates) other tasks get this one.
    @usableFromInline
    func giveWay(_ stalls: inout Int) async {
        stalls += 1
        Slots.Word.yieldThread()
        if stalls.isMultiple(of: 16) { await Task.yield() }
    }

    @inlinable @inline(never)
    func waitAndPush(_ element: consuming Element, expiry: WaitExpiry?) async -> PushResult<Element> {
        if policy.kind == .throttle, let refusal = await delay(expiry: expiry) { return refuse(element, refusal) }
        var ticket = WaitTicket()
        var wasWoken = false
        var stalls = 0
        while true {
            let claim = slots.claimFree()
            switch claim.outcome {
            case .claimed: return accept(element, claim)
            case .closed: return refuse(element, .closed)
            case .refused, .overtaken: break
            }
            // Room by position though the claim failed: a consumer is about to free the slot.
            if slots.isClosedOrNotFull {
                if let refusal = refusal(expiry) {
                    passOn(wasWoken, to: producers)
                    return refuse(element, refusal)
                }
                let claim = claimFreeAfterPauses()
                if claim.outcome == .claimed { return accept(element, claim) }
                await giveWay(&stalls)
                continue
            }
            let start = clock.nanoseconds()
            let outcome = await producers.wait(ticket: &ticket, expiry: expiry) { hasRoomOrIsClosed }
            countBlocked(since: start)
            switch outcome {
            case .retry: wasWoken = true
            case .cancelled: return refuse(element, .cancelled)
            case .timedOut: return refuse(element, .late)
            }
        }
    }

    // In one piece: were its outcomes told apart in the caller's loop, a generic one would return to its executor after
    // each element, whether or not it had waited.
    @inlinable @inline(never)
    func popAfterWaiting() async -> Element? { await waitAndPop(expiry: nil).takeElement() }

    @inlinable @inline(never)
    func waitAndPop(expiry: WaitExpiry?) async -> PopResult<Element> {
        var ticket = WaitTicket()
        var wasWoken = false
        var stalls = 0
        while true {
            if let element = tryPop() { return .element(element) }
            if isFinished { return .finished }
            // An element by position though the claim failed: a producer is about to fill the slot.
            if slots.isClosedOrNotEmpty {
                if let refusal = refusal(expiry) {
                    passOn(wasWoken, to: consumers)
                    return refusal == .late ? .timedOut : .cancelled
                }
                if let element = popAfterPauses() { return .element(element) }
                await giveWay(&stalls)
                continue
            }
            switch await consumers.wait(ticket: &ticket, expiry: expiry, unless: { hasElementOrIsClosed }) {
            case .retry: wasWoken = true
            case .cancelled: return .cancelled
            case .timedOut: return .timedOut
            }
        }
    }

    /// The delay before a throttled push; `nil`: it goes on.
    @usableFromInline
    func delay(expiry: WaitExpiry?) async -> Refusal? {
        let throttle = Throttle(policy, depth: depth, capacity: capacity, clock: clock)
        guard throttle.nanoseconds > 0, !slots.isClosed else { return nil }
        let start = clock.nanoseconds()
        let interruption = await throttle.sleep(expiry: expiry)
        countBlocked(since: start)
        return interruption.map { $0 == .late ? .late : .cancelled }
    }

    @available(*, noasync)
    @inlinable @inline(never)
    func parkAndPush(_ element: consuming Element, timeout: Duration?) -> PushResult<Element> {
        let deadline = timeout.map { SystemNanosecondClock().nanoseconds() &+ $0.nanosecondsClamped }
        if policy.kind == .throttle {
            let throttle = Throttle(policy, depth: depth, capacity: capacity, clock: clock)
            if throttle.nanoseconds > 0, !slots.isClosed {
                let delayed = clock.nanoseconds()
                throttle.sleepBlocking(timeout: timeout?.nanosecondsClamped)
                countBlocked(since: delayed)
            }
        }
        var ticket = WaitTicket()
        var wasWoken = false
        var backoff = Slots.Word.backoff
        while true {
            let claim = slots.claimFree()
            switch claim.outcome {
            case .claimed: return accept(element, claim)
            case .closed: return refuse(element, .closed)
            case .refused, .overtaken: break
            }
            if let deadline, SystemNanosecondClock().nanoseconds() >= deadline {
                passOn(wasWoken, to: producers)
                return pushLate(element)
            }
            if backoff.pauseOrYield() { continue }
            if slots.isClosedOrNotFull {
                Slots.Word.yieldThread()
                continue
            }
            let parked = clock.nanoseconds()
            // After the deadline the loop makes one more attempt.
            let outcome = producers.park(ticket: &ticket, untilNanoseconds: deadline) { hasRoomOrIsClosed }
            wasWoken = outcome == .retry
            countBlocked(since: parked)
            backoff.reset()
        }
    }

    @available(*, noasync)
    @inlinable @inline(never)
    func parkAndPop(timeout: Duration?) -> PopResult<Element> {
        let deadline = timeout.map { SystemNanosecondClock().nanoseconds() &+ $0.nanosecondsClamped }
        let isPatient = timeout.map { $0 > .zero } ?? true
        if isPatient, let element = popAfterPauses() { return .element(element) }
        var ticket = WaitTicket()
        var wasWoken = false
        var backoff = Slots.Word.backoff
        while true {
            while isPatient, backoff.pauseBriefly() {
                if let element = tryPop() { return .element(element) }
            }
            if let element = tryPop() { return .element(element) }
            if isFinished { return .finished }
            if let deadline, SystemNanosecondClock().nanoseconds() >= deadline {
                passOn(wasWoken, to: consumers)
                return .timedOut
            }
            if backoff.pauseOrYield() { continue }
            if slots.isClosedOrNotEmpty {
                Slots.Word.yieldThread()
                continue
            }
            let outcome = consumers.park(ticket: &ticket, untilNanoseconds: deadline) { hasElementOrIsClosed }
            wasWoken = outcome == .retry
            backoff.reset()
        }
    }
}
