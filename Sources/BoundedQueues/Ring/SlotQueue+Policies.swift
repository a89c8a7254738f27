public import ConcurrencySupport

// What the policies do, apart from the path of a push that finds room.

extension SlotQueue where Element: ~Copyable, Slots: ~Copyable {
    /// What comes after an attempt that found no room, or that another producer was quicker than.
    @inlinable
    @inline(never)
    func pushOnSecondLook(_ element: consuming Element, _ outcome: SlotClaim.Outcome) -> PushResult<Element> {
        guard outcome == .overtaken else { return overflow(element, outcome) }
        Slots.Word.stepBack()
        let claim = slots.claimFree()
        return claim.outcome == .claimed ? accept(element, claim) : overflow(element, claim.outcome)
    }

    /// What the policy says of an element that found no room.
    @inlinable
    @inline(never)
    func overflow(_ element: consuming Element, _ outcome: SlotClaim.Outcome) -> PushResult<Element> {
        if outcome == .closed { return refuseClosed(element) }
        if isStrict {
            // Full only if it is full; else room is about to be made.
            var backoff = Backoff()
            while slots.isClosedOrNotFull {
                let claim = slots.claimFree()
                switch claim.outcome {
                case .claimed:
                    return accept(element, claim)
                case .closed:
                    return refuseClosed(element)
                case .refused, .overtaken:
                    Slots.Word.pause(&backoff)
                }
            }
        }
        switch policy.kind {
        case .dropOldest:
            return replaceOldest(element)
        case .dropNewest, .sample:
            return drop(element, .full)
        case .reject, .spill:
            add(to: .refused)
            return .rejected(element, fullError())
        case .block, .throttle:
            add(to: .refused)
            return .full(element)
        }
    }

    /// The policies that look at the depth, or at the store, before they look for a slot.
    @inlinable
    @inline(never)
    func lookAndPush(_ element: consuming Element) -> PushResult<Element> {
        if policy.kind == .spill { return pushOrSpill(element) }
        if depth >= policy.samplingDepth(capacity: capacity),
            slots.counter(.offersSampled).fetchAddRelaxed(1) % policy.interval != 0
        {
            if slots.isClosed { return refuseClosed(element) }
            return drop(element, .sampledOut)
        }
        let claim = slots.claimFree()
        guard claim.outcome == .claimed else { return overflow(element, claim.outcome) }
        return accept(element, claim)
    }

    @usableFromInline
    func drop(_ element: consuming Element, _ reason: DropReason) -> PushResult<Element> {
        add(to: .refused)
        add(to: .dropped)
        if reason == .sampledOut { add(to: .sampledOut) }
        onDrop?(element, reason)
        return .dropped
    }

    @usableFromInline
    func refuseClosed(_ element: consuming Element) -> PushResult<Element> {
        add(to: .refused)
        return .closed(element)
    }

    @usableFromInline
    func fullError() -> QueueFullError {
        let taken = slots.counts.popped
        return QueueFullError(
            depth: depth,
            capacity: capacity,
            retryAfterNanoseconds: drain.nanosecondsPerElement(taken: taken, now: clock.nanoseconds())
        )
    }

    @inlinable
    func replaceOldest(_ element: consuming Element) -> PushResult<Element> {
        var backoff = Backoff()
        while true {
            let replacement = slots.claimReplacement()
            switch replacement {
            case .claimed(let oldest, let newest):
                add(to: .evicted)
                let evicted = slots.address(oldest).assumingMemoryBound(to: Element.self).move()
                guard slots.completeReplacement(replacement) else {
                    onDrop?(evicted, .evicted)
                    return refuseClosed(element)
                }
                let result = accept(element, newest)
                onDrop?(evicted, .evicted)
                return result
            case .closed:
                return refuseClosed(element)
            case .retry:
                let claim = slots.claimFree()
                switch claim.outcome {
                case .claimed:
                    return accept(element, claim)
                case .closed:
                    return refuseClosed(element)
                case .refused, .overtaken:
                    Slots.Word.pause(&backoff)
                }
            }
        }
    }

    /// Pushes, or puts the element into the store: always the latter while anything is in there, for the order's sake.
    @usableFromInline
    func pushOrSpill(_ element: consuming Element) -> PushResult<Element> {
        guard let spill else { preconditionFailure("a queue that spills has a store") }
        if slots.counter(.stored).loadSequentiallyConsistent() == 0 {
            let claim = slots.claimFree()
            if claim.outcome == .claimed { return accept(element, claim) }
            if claim.outcome == .closed { return refuseClosed(element) }
        }
        // Closing takes the same lock, so that nothing is stored once the queue is closed.
        slots.counter(.stored).willLock()
        let returned = spill.append(
            element,
            unless: { slots.isClosed },
            stored: { slots.counter(.stored).storeSequentiallyConsistent(UInt($0)) }
        )
        slots.counter(.stored).didUnlock()
        if let returned {
            if slots.isClosed { return refuseClosed(returned) }
            add(to: .refused)
            return .rejected(returned, fullError())
        }
        add(to: .spilled)
        if slots.hasWaitingConsumers { consumers.notifyOne() }
        return .accepted
    }

    /// Takes the oldest element from the store, unless there is an older one in the slots.
    @usableFromInline
    func popStored(unless hasOlderInSlots: inout Bool) -> Element? {
        guard let spill, slots.counter(.stored).loadSequentiallyConsistent() != 0 else { return nil }
        slots.counter(.stored).willLock()
        defer { slots.counter(.stored).didUnlock() }
        return spill.removeFirst(
            unless: {
                // Under the lock: that the slots were empty a moment ago says nothing, since the store may have been
                // emptied, the slots filled and the store begun anew meanwhile. Here it can't be emptied, and as long as it
                // isn't, what enters the slots was offered before.
                hasOlderInSlots = !slots.isEmpty
                return hasOlderInSlots
            },
            removed: {
                slots.counter(.stored).storeSequentiallyConsistent(UInt($0))
                // Counted where nobody can see the element in neither place.
                add(to: .takenFromStore)
            }
        )
    }
}
