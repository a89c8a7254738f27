public import CConcurrencySupport
public import ConcurrencySupport

/// A bounded queue without a lock, over one of two kinds of slots: see ``RingQueue`` and ``SingleRingQueue``, which are
/// how to name it.
///
/// This type moves elements in and out of slots and adds what both kinds share: policies, waiting tasks and threads,
/// batches, counts. What only the policies need is off the path of a push that finds room.
public final class SlotQueue<Element: ~Copyable & Sendable, Slots: SlotSource & ~Copyable>: Sendable {
    /// What happens to an element that is offered while the queue is full.
    public let policy: OverflowPolicy
    /// How far apart the slots lie.
    public let spacing: SlotSpacing
    /// Whether a refusal may mean that another operation is half done.
    public let consistency: RingConsistency

    @usableFromInline let slots: Slots
    @usableFromInline let producers: WaitList<Slots.Word>
    @usableFromInline let consumers: WaitList<Slots.Word>
    @usableFromInline let onDrop: DropHandler<Element>?
    /// The policy has its say before a slot is looked for.
    @usableFromInline let looksBeforePushing: Bool
    @usableFromInline let isStrict: Bool
    @usableFromInline let clock: any NanosecondClock
    @usableFromInline let drain = DrainRate()
    @usableFromInline let spill: SpillLine<Element>?

    /// With slots of the caller's, on words of a model; a full queue makes its producers wait.
    package convenience init(modelledOn slots: consuming Slots, consistency: RingConsistency) {
        self.init(
            slots: slots,
            policy: .block,
            spacing: .dense,
            consistency: consistency,
            clock: SystemNanosecondClock(),
            spill: nil,
            onDrop: nil
        )
    }

    /// The same whose overflow goes to a store.
    package convenience init(
        modelledOn slots: consuming Slots,
        consistency: RingConsistency,
        spillStore: some SpillStore<Element>
    ) where Element: Copyable {
        self.init(
            slots: slots,
            policy: .spill,
            spacing: .dense,
            consistency: consistency,
            clock: SystemNanosecondClock(),
            spill: SpillLine(spillStore),
            onDrop: nil
        )
    }

    init(
        slots: consuming Slots,
        policy: OverflowPolicy,
        spacing: SlotSpacing,
        consistency: RingConsistency,
        clock: any NanosecondClock,
        spill: SpillLine<Element>?,
        onDrop: DropHandler<Element>?
    ) {
        precondition(
            (policy.kind == .spill) == (spill != nil),
            "the policy 'spill' and a spill store go together; the policy is '\(policy)'"
        )
        self.policy = policy
        self.spacing = spacing
        self.consistency = consistency
        self.clock = clock
        self.onDrop = onDrop
        self.spill = spill
        looksBeforePushing = policy.kind == .sample || policy.kind == .spill
        isStrict = consistency == .strict
        producers = WaitList(waitingWord: slots.counter(.waitingProducers))
        consumers = WaitList(waitingWord: slots.counter(.waitingConsumers))
        self.slots = slots
        // What a durable store still has from before counts as accepted now, and is older than anything to come.
        let stored = UInt(spill?.count ?? 0)
        self.slots.counter(.stored).storeSequentiallyConsistent(stored)
        add(stored, to: .spilled)
    }

    deinit {
        // Nobody else can reach the queue any more, so every claimed slot is published.
        while true {
            let claim = slots.claimFilled()
            guard claim.outcome == .claimed else { break }
            _ = empty(claim)
        }
    }

    /// The most elements that can be inside at once: exactly what was asked for.
    @inlinable
    public var capacity: Int { Int(slots.capacity) }

    /// The bytes of the queue's one allocation of slots and counters.
    public var storageBytes: Int { slots.byteCount }

    /// Offers an element without waiting for room. O(1). See ``BoundedQueue/tryPush(_:)``.
    @inlinable @inline(__always)
    public func tryPush(_ element: consuming Element) -> PushResult<Element> {
        // What is rare is marked as such, here and in the slots: else the compiler keeps registers free for it, and puts those
        // of a caller's loop on the stack.
        if _slowPath(looksBeforePushing) { return lookAndPush(element) }
        let claim = slots.attemptFree()
        if _fastPath(claim.outcome == .claimed) { return accept(element, claim) }
        return pushOnSecondLook(element, claim.outcome)
    }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable @inline(__always)
    public func tryPop() -> Element? {
        let claim = slots.attemptFilled()
        if _fastPath(claim.outcome == .claimed) { return take(claim) }
        // One consumer alone saw all there is to see.
        guard Slots.isShared else { return nil }
        // None of these is common; a strict queue waits for the push that is half done, a spilling one looks further.
        return isStrict || spill != nil || claim.outcome == .overtaken ? popOnSecondLook(after: claim.outcome) : nil
    }

    /// Empties a slot that was claimed, and wakes a producer if one waits.
    @inlinable @inline(__always)
    func take(_ claim: SlotClaim) -> Element {
        let element = empty(claim)
        if _slowPath(slots.hasWaitingProducers) { producers.notifyOne() }
        return element
    }

    /// Puts an element into a slot that was claimed, publishes it, and wakes a consumer if one waits.
    @inlinable @inline(__always)
    func accept(_ element: consuming Element, _ claim: SlotClaim) -> PushResult<Element> {
        store(element, at: slots.address(claim))
        slots.publish(claim)
        if _slowPath(slots.hasWaitingConsumers(after: claim)) { consumers.notifyOne() }
        return .accepted
    }

    @inlinable @inline(__always)
    func store(_ element: consuming Element, at address: UnsafeMutableRawPointer) {
        address.assumingMemoryBound(to: Element.self).initialize(to: element)
        // A consumer may take the element and release it the moment it is published, so the retain of this copy must come
        // before; without the barrier the optimiser puts it after. Words and the like have none.
        if !_isPOD(Element.self) { backpressure_reference_barrier() }
    }

    /// Takes the element out of a slot that was claimed, and gives the slot back.
    @inlinable @inline(__always)
    func empty(_ claim: SlotClaim) -> Element {
        let element = slots.address(claim).assumingMemoryBound(to: Element.self).move()
        slots.release(claim)
        return element
    }

    /// What comes after an attempt that another consumer was quicker than; and what a strict queue, or one with a store, does
    /// when no slot is filled.
    @inlinable
    @inline(never)
    func popOnSecondLook(after outcome: SlotClaim.Outcome = .refused) -> Element? {
        if outcome == .overtaken {
            Slots.Word.stepBack()
            let claim = slots.claimFilled()
            if claim.outcome == .claimed { return take(claim) }
            guard isStrict || spill != nil else { return nil }
        }
        var backoff = Backoff()
        while true {
            while policy.kind == .dropOldest ? !slots.isEmptyWithoutReplacement : !slots.isEmpty {
                // A push is half done. Without a store it would be alright to say so, in a relaxed queue; but what is in
                // the store is younger.
                let claim = slots.claimFilled()
                if claim.outcome == .claimed { return take(claim) }
                Slots.Word.pause(&backoff)
            }
            var hasOlderInSlots = false
            if let element = popStored(unless: &hasOlderInSlots) { return element }
            if !hasOlderInSlots { return nil }
        }
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        if let spill {
            slots.counter(.stored).willLock()
            spill.withLock { slots.close() }
            slots.counter(.stored).didUnlock()
        } else {
            slots.close()
        }
        producers.notifyAll()
        consumers.notifyAll()
    }

    /// Counts and depth. See ``QueueStatistics``. O(1).
    public func statistics() -> QueueStatistics {
        let (pushed, popped) = slots.counts
        let evicted = count(.evicted)
        let stored = count(.stored)
        let fromStore = count(.takenFromStore)
        var statistics = QueueStatistics(
            accepted: pushed + fromStore + stored,
            refused: count(.refused),
            taken: fromStore + (popped >= evicted ? popped - evicted : 0),
            dropped: count(.dropped),
            evicted: evicted,
            depth: Int(min(pushed - popped, UInt64(slots.capacity))),
            peakDepth: nil,
            capacity: capacity
        )
        statistics.sampledOut = count(.sampledOut)
        statistics.spilled = count(.spilled)
        statistics.stored = Int(stored)
        statistics.timesBlocked = count(.timesBlocked)
        statistics.blockedNanoseconds = count(.blockedNanoseconds)
        return statistics
    }

    private func count(_ counter: SlotCounter) -> UInt64 { UInt64(slots.counter(counter).loadRelaxed()) }

    @usableFromInline
    func add(_ amount: UInt = 1, to counter: SlotCounter) { slots.counter(counter).addRelaxed(amount) }

    /// Elements inside, as near as can be said while others push and pop.
    @usableFromInline
    var depth: Int {
        let (pushed, popped) = slots.counts
        return Int(min(pushed - popped, UInt64(slots.capacity)))
    }
}

/// What a refusal of a lock-free queue means.
@frozen
public enum RingConsistency: Sendable, Hashable {
    /// Full or empty may also mean that another operation on the oldest or the next slot is half done. Waits for nobody,
    /// but for whoever is taking the element that ``OverflowPolicy/dropOldest`` would evict, and with
    /// ``OverflowPolicy/spill`` for pushes that are half done: what is in the store is younger.
    case relaxed
    /// Full and empty mean just that, at a moment during the call: linearizable. A refusal costs a look at the other end
    /// of the queue, and waits for an operation that is half done.
    case strict
}
