public import ConcurrencySupport

// Waiting for room and for elements: spin a little, yield a little, then suspend the task or park the thread.
//
// The fast paths stand apart from the slow ones, so that they need no room for what survives a suspension.

extension TieredRings {
    /// Offers an element; what isn't shed suspends until there is room. See ``BoundedPriorityQueue/push(_:priority:)``.
    @inlinable @inline(__always)
    public func push(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element> {
        switch attempt(element, tier) {
        case .reserved: .accepted
        case .full: await waitAndPush(element, tier, expiry: nil)
        case .shed(let depth): shed(element, tier, depth: depth)
        case .closed: refuse(element, tier, .closed)
        }
    }

    /// Like ``push(_:priority:)`` with a deadline. See ``BoundedPriorityQueue/push(_:priority:until:clock:)``.
    @inlinable
    public func push<C: Clock>(
        _ element: Element,
        priority tier: PriorityTier,
        until deadline: C.Instant,
        clock: C
    ) async -> PushResult<Element> where C.Duration == Duration {
        switch attempt(element, tier) {
        case .reserved: return .accepted
        case .full: break
        case .shed(let depth): return shed(element, tier, depth: depth)
        case .closed: return refuse(element, tier, .closed)
        }
        if clock.now >= deadline { return refuse(element, tier, .late) }
        return await waitAndPush(element, tier, expiry: WaitExpiry(deadline, clock))
    }

    /// Takes the next element; suspends while there is none. See ``BoundedPriorityQueue/pop()``.
    @inlinable @inline(__always)
    public func pop() async -> Prioritized<Element>? {
        if let next = tryPop() { return next }
        if let next = popAfterPauses() { return next }
        return await waitAndPop(expiry: nil).element
    }

    /// Like ``pop()`` with a deadline. See ``BoundedPriorityQueue/pop(until:clock:)``.
    @inlinable
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Prioritized<Element>>
    where C.Duration == Duration {
        if let next = tryPop() { return .element(next) }
        if clock.now >= deadline { return words.isFinished ? .finished : .timedOut }
        if let next = popAfterPauses() { return .element(next) }
        return await waitAndPop(expiry: WaitExpiry(deadline, clock))
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
        var ticket = WaitTicket()
        var backoff = Word.backoff
        var wait = Wait()
        while true {
            switch attempt(element, tier) {
            case .reserved: return end(wait, .accepted)
            case .shed(let depth): return end(wait, shed(element, tier, depth: depth))
            case .closed: return refuse(element, tier, .closed)
            case .full: break
            }
            if let deadline, SystemNanosecondClock().nanoseconds() >= deadline {
                return end(wait, refuse(element, tier, .late))
            }
            if backoff.pauseOrYield() { continue }
            if words.isClosedOrNotFull {
                Word.yieldThread()
                continue
            }
            begin(&wait, tier)
            let parked = effects.clock.nanoseconds()
            // After the deadline the loop makes one more attempt.
            _ = producers[tier].park(ticket: &ticket, untilNanoseconds: deadline) { words.isClosedOrNotFull }
            countBlocked(tier, since: parked)
            backoff.reset()
        }
    }

    /// Takes the next element; holds this thread while there is none. See
    /// ``BlockingBoundedPriorityQueue/popBlocking(timeout:)``.
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    @inlinable
    public func popBlocking(timeout: Duration? = nil) -> PopResult<Prioritized<Element>> {
        let deadline = timeout.map { SystemNanosecondClock().nanoseconds() &+ $0.nanosecondsClamped }
        let isPatient = timeout.map { $0 > .zero } ?? true
        if isPatient, let next = popAfterPauses() { return .element(next) }
        var ticket = WaitTicket()
        var backoff = Word.backoff
        while true {
            if let next = tryPop() { return .element(next) }
            if words.isFinished { return .finished }
            if let deadline, SystemNanosecondClock().nanoseconds() >= deadline {
                passOn()
                return .timedOut
            }
            if backoff.pauseOrYield() { continue }
            if words.isClosedOrNotEmpty {
                Word.yieldThread()
                continue
            }
            _ = consumers.park(ticket: &ticket, untilNanoseconds: deadline) { words.isClosedOrNotEmpty }
            backoff.reset()
        }
    }

    /// Not in the functions that may suspend, and without a look at whether the queue is finished, which is the line that
    /// producers write.
    @inlinable @inline(never)
    func popAfterPauses() -> Prioritized<Element>? {
        Patience(words.patience).look(isAlone: consumers.isEmpty) { tryPop() }
    }

    @inlinable @inline(never)
    func waitAndPush(_ element: Element, _ tier: PriorityTier, expiry: WaitExpiry?) async -> PushResult<Element> {
        var ticket = WaitTicket()
        var backoff = Backoff()
        var wait = Wait()
        while true {
            switch attempt(element, tier) {
            case .reserved: return end(wait, .accepted)
            case .shed(let depth): return end(wait, shed(element, tier, depth: depth))
            case .closed: return refuse(element, tier, .closed)
            case .full: break
            }
            if backoff.pauseBriefly() { continue }
            // Room by count though the attempt failed: a consumer is about to free the slot.
            if words.isClosedOrNotFull {
                if Task.isCancelled { return end(wait, refuse(element, tier, .cancelled)) }
                if expiry?.isPast() == true { return end(wait, refuse(element, tier, .late)) }
                await Task.yield()
                continue
            }
            begin(&wait, tier)
            let start = effects.clock.nanoseconds()
            let outcome = await producers[tier].wait(ticket: &ticket, expiry: expiry) { words.isClosedOrNotFull }
            countBlocked(tier, since: start)
            switch outcome {
            case .retry: continue
            case .cancelled: return end(wait, refuse(element, tier, .cancelled))
            case .timedOut: return end(wait, refuse(element, tier, .late))
            }
        }
    }

    @inlinable @inline(never)
    func waitAndPop(expiry: WaitExpiry?) async -> PopResult<Prioritized<Element>> {
        var ticket = WaitTicket()
        while true {
            if let next = tryPop() { return .element(next) }
            if words.isFinished { return .finished }
            // An element by count though the attempt failed: a producer is about to enter, or a consumer about to count.
            if words.isClosedOrNotEmpty {
                let isCancelled = Task.isCancelled
                if isCancelled || expiry?.isPast() == true {
                    passOn()
                    return isCancelled ? .cancelled : .timedOut
                }
                await Task.yield()
                continue
            }
            switch await consumers.wait(ticket: &ticket, expiry: expiry, unless: { words.isClosedOrNotEmpty }) {
            case .retry: continue
            case .cancelled: return .cancelled
            case .timedOut: return .timedOut
            }
        }
    }

    /// Called by a consumer that gives up. It may have been woken for an element that lies behind one whose push is half
    /// done; then the next in line must be woken in its place, or the element would be nobody's.
    @usableFromInline
    func passOn() {
        if words.isClosedOrNotEmpty { consumers.notifyOne() }
    }

    /// Whether a push has been in the line.
    @usableFromInline
    struct Wait {
        @usableFromInline var hasBegun = false

        @inlinable
        init() {}
    }

    /// Counts the push that joins the line for the first time.
    @usableFromInline
    func begin(_ wait: inout Wait, _ tier: PriorityTier) {
        if !wait.hasBegun { words.counter(.timesBlocked, tier).addRelaxed(1) }
        wait.hasBegun = true
    }

    /// Called by a producer that leaves the line: passes on what it may have kept from the others.
    ///
    /// Each tier has a line of its own. A take that sees this producer in its line notifies that line, but another take may
    /// have done so already, or the producer has left by itself: then the notification finds nobody, and those in the
    /// lines of other tiers would wait on although there is room.
    @usableFromInline
    func end(_ wait: Wait, _ result: PushResult<Element>) -> PushResult<Element> {
        if wait.hasBegun, words.isClosedOrNotFull { wakeProducer() }
        return result
    }

    @usableFromInline
    func countBlocked(_ tier: PriorityTier, since start: UInt64) {
        words.counter(.blockedNanoseconds, tier).addRelaxed(UInt(effects.nanoseconds(since: start)))
    }
}
