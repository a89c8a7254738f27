public import ConcurrencySupport

/// The slots of ``RingQueue``: each with a stamp that says whose turn it is.
///
/// After Dmitry Vyukov's bounded MPMC queue, with positions that count laps as crossbeam's `ArrayQueue` does, so that
/// any capacity is kept exactly without a division. A position is a lap and an index; `lap` is a power of two above
/// `capacity`. The slot at index i is free for the producer at position p when its stamp is p, holds an element for the
/// consumer at p when its stamp is p + 1, and is free again for the next lap when its stamp is p + lap. The top bit of
/// the tail says that the queue is closed.
///
/// Memory orderings. The stamp carries the element: it is stored releasing after the element was written (or moved out)
/// and loaded acquiring before the element is touched. The compare-exchanges of head and tail are sequentially
/// consistent not for the elements' sake, where relaxed would do, but for the waiters' (see ``WaitList``): on x86 that
/// costs nothing, since every compare-exchange is a full barrier.
///
/// Contention. Whoever finds that another has moved the head or the tail first leaves it alone for a microsecond
/// (``AtomicWord/stepBack()``): with two producers on two processors the line of the tail would otherwise change hands for each
/// element. Batches try again at once, as one exchange is for all of a batch.
@frozen
public struct SharedSlots<Word: AtomicWord>: SlotSource, ~Copyable, @unchecked Sendable {
    // @unchecked Sendable because it is a set of addresses. The words behind them are atomic, and an element's memory is
    // touched only by the thread that claimed its slot, between the acquiring load and the releasing store of the slot's stamp.

    // Header: tail, head and the counters on cache lines of their own, then the slots.
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let slots: UnsafeMutableRawPointer
    /// The number of slots.
    public let capacity: UInt
    @usableFromInline let lap: UInt
    @usableFromInline let layout: SlotLayout
    /// The bytes of the one allocation.
    public let byteCount: Int
    /// Whether slots are fetched ahead. What lies behind the last slot may be anyone's: fetching it once in a lap does no harm,
    /// unless laps are short.
    @usableFromInline let fetchesAhead: Bool

    @inlinable static var closedBit: UInt { 1 << (UInt.bitWidth - 1) }
    @inlinable static var headerBytes: Int { 2 * 128 + SlotCounter.byteCount }

    /// Any number of producers and consumers.
    @inlinable public static var isShared: Bool { true }

    package init(capacity: Int, layout: SlotLayout) {
        precondition(capacity > 0, "a bounded queue must hold at least one element; capacity was \(capacity)")
        precondition(capacity <= 1 << 40, "a ring of \(capacity) slots does not fit in memory")
        self.capacity = UInt(capacity)
        var lap: UInt = 2
        while lap <= self.capacity { lap <<= 1 }
        self.lap = lap
        self.layout = layout
        byteCount = Self.headerBytes + layout.stride * capacity
        fetchesAhead = Word.gainsByFetchingAhead && layout.stride >= 64 && capacity > 16
        base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 128)
        slots = base + Self.headerBytes
        tail.initialize(to: 0)
        head.initialize(to: 0)
        for counter in SlotCounter.allCases { self.counter(counter).initialize(to: 0) }
        for index in 0..<self.capacity { stamp(index).initialize(to: index) }
    }

    @inlinable
    deinit {
        base.deallocate()
    }

    @inlinable @inline(__always) var tail: Word { Word(at: base) }
    @inlinable @inline(__always) var head: Word { Word(at: base + 128) }

    /// One of the queue's counters.
    @inlinable @inline(__always)
    public func counter(_ counter: SlotCounter) -> Word { Word(at: base + (256 + counter.byteOffset)) }

    @inlinable @inline(__always)
    func slot(_ position: UInt) -> UnsafeMutableRawPointer {
        slots + Int(bitPattern: position & (lap &- 1)) &* layout.stride
    }

    @inlinable @inline(__always)
    func stamp(_ position: UInt) -> Word { Word(at: slot(position)) }

    /// A claim remembers how far its slot is from the first in bytes, which takes a multiplication to tell.
    @inlinable @inline(__always)
    func claimed(_ position: UInt, at slot: UnsafeMutableRawPointer) -> SlotClaim {
        .claimed(position, mark: UInt(bitPattern: slot - slots))
    }

    @inlinable @inline(__always)
    func slot(of claim: SlotClaim) -> UnsafeMutableRawPointer { slots + Int(bitPattern: claim.mark) }

    /// The memory for the element of a claim.
    @inlinable @inline(__always)
    public func address(_ claim: SlotClaim) -> UnsafeMutableRawPointer { element(at: slot(of: claim)) }

    @inlinable @inline(__always)
    func element(at slot: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let address = slot + layout.elementOffset
        Word.willTouch(address)
        return address
    }

    /// The position that follows: the next index, or index 0 of the next lap.
    @inlinable @inline(__always)
    func next(_ position: UInt) -> UInt {
        let index = position & (lap &- 1)
        return index &+ 1 < capacity ? position &+ 1 : (position &- index) &+ lap
    }

    /// How many positions come before this one: what was ever pushed, for the tail; popped, for the head.
    @usableFromInline
    func ordinal(_ position: UInt) -> UInt64 {
        let open = position & ~Self.closedBit
        return UInt64(open / lap) * UInt64(capacity) + UInt64(open & (lap &- 1))
    }

    /// Claims the tail's slot, if it is free.
    ///
    /// Relaxed: a refusal may mean that the consumer before has claimed the slot and not yet moved its element out.
    @inlinable @inline(__always)
    public func attemptFree() -> SlotClaim {
        let position = tail.loadRelaxed()
        let slot = slot(position)
        guard _fastPath(Word(at: slot).loadAcquiring() == position) else {
            guard tail.loadRelaxed() == position else { return .overtaken }
            return position & Self.closedBit == 0 ? .refused : .closed
        }
        prefetch(after: slot)
        let claim = tail.weakCompareExchangeSequentiallyConsistent(expected: position, desired: next(position))
        return _fastPath(claim.exchanged) ? claimed(position, at: slot) : .overtaken
    }

    /// Claims the head's slot, if it is filled.
    ///
    /// Relaxed: a refusal may mean that the producer before has claimed the slot and not yet filled it.
    @inlinable @inline(__always)
    public func attemptFilled() -> SlotClaim {
        let position = head.loadRelaxed()
        let slot = slot(position)
        guard _fastPath(Word(at: slot).loadAcquiring() == position &+ 1) else {
            return head.loadRelaxed() == position ? .refused : .overtaken
        }
        prefetch(after: slot)
        let claim = head.weakCompareExchangeSequentiallyConsistent(expected: position, desired: next(position))
        return _fastPath(claim.exchanged) ? claimed(position, at: slot) : .overtaken
    }

    /// Begins to fetch the slot that this end will come to fourth from here.
    ///
    /// Where each slot has a line of its own, an operation's price is that line's way from the other processor, and where the
    /// compare-exchange that follows holds up loads (``AtomicWord/gainsByFetchingAhead``) the fetch runs beside it. Both ends do
    /// it or neither, else the one that does takes lines that the other is about to need; and no further ahead than the way is
    /// long, or where a consumer is close behind its producer they take them from each other. Dense slots share the line that was
    /// fetched for the last one.
    @inlinable @inline(__always)
    func prefetch(after slot: UnsafeMutableRawPointer) {
        guard fetchesAhead else { return }
        Word.prefetchForWriting(slot + 4 &* layout.stride)
    }

    /// Claims the slots from the tail's on that are free, with one compare-exchange: a slot that was seen free stays so
    /// until the tail has passed it.
    @inlinable
    public func claimFree(upTo count: UInt) -> SlotRun {
        claim(upTo: count, from: tail, stampOffset: 0)
    }

    /// Claims the slots from the head's on that are filled, likewise.
    @inlinable
    public func claimFilled(upTo count: UInt) -> SlotRun {
        claim(upTo: count, from: head, stampOffset: 1)
    }

    @inlinable @inline(__always)
    func claim(upTo count: UInt, from end: Word, stampOffset: UInt) -> SlotRun {
        let limit = min(count, capacity)
        var position = end.loadRelaxed()
        while true {
            // The others' lines are left alone as long as the first one's turn has not come.
            guard limit > 0, stamp(position).loadAcquiring() == position &+ stampOffset else {
                let current = end.loadRelaxed()
                if current == position { return SlotRun(position: position, count: 0) }
                position = current
                continue
            }
            let straight = min(limit, capacity &- (position & (lap &- 1)))
            // If somebody has taken the first one since, the exchange fails.
            var found = 1 &+ leading(from: position &+ 1, upTo: straight &- 1, stampOffset: stampOffset)
            if found == straight, straight < limit {
                found &+= leading(
                    from: self.position(position, plus: found),
                    upTo: limit &- straight,
                    stampOffset: stampOffset
                )
            }
            let claim = end.weakCompareExchangeSequentiallyConsistent(
                expected: position,
                desired: self.position(position, plus: found)
            )
            if claim.exchanged { return SlotRun(position: position, count: found) }
            position = claim.original
        }
    }

    /// The position that follows after `count`, no more than there are slots.
    @inlinable @inline(__always)
    func position(_ position: UInt, plus count: UInt) -> UInt {
        let index = position & (lap &- 1)
        return index &+ count < capacity ? position &+ count : position &+ count &+ lap &- capacity
    }

    /// How many slots have the stamps of their turn, from one on that isn't followed by the end, looking at four at a time.
    @inlinable @inline(__always)
    func leading(from position: UInt, upTo count: UInt, stampOffset: UInt) -> UInt {
        let stride = layout.stride
        var slot = self.slot(position)
        var expected = position &+ stampOffset
        let end = expected &+ count
        while end &- expected >= 4 {
            let first = Word(at: slot).loadAcquiring() ^ expected
            let second = Word(at: slot + stride).loadAcquiring() ^ (expected &+ 1)
            let third = Word(at: slot + 2 &* stride).loadAcquiring() ^ (expected &+ 2)
            let fourth = Word(at: slot + 3 &* stride).loadAcquiring() ^ (expected &+ 3)
            guard first | second | third | fourth == 0 else { break }
            slot += 4 &* stride
            expected &+= 4
        }
        while expected != end, Word(at: slot).loadAcquiring() == expected {
            slot += stride
            expected &+= 1
        }
        return expected &- (position &+ stampOffset)
    }

    /// Publishes a filled slot.
    @inlinable @inline(__always)
    public func publish(_ claim: SlotClaim) { Word(at: slot(of: claim)).storeReleasing(claim.position &+ 1) }

    /// Gives an emptied slot back for the next lap.
    @inlinable @inline(__always)
    public func release(_ claim: SlotClaim) { Word(at: slot(of: claim)).storeReleasing(claim.position &+ lap) }

    // The first slot of a run changes hands last. Others look at a run from its first slot on: so they find it as a whole, and
    // don't follow this thread from slot to slot, where each would cost both a cache line's way between the processors.

    /// Fills slots in order and publishes them, the first one last.
    @inlinable @inline(__always)
    public func publish(_ run: SlotRun, filling fill: (UnsafeMutableRawPointer) -> Void) {
        pass(run, addingToStamps: 1, fill)
    }

    /// Empties slots in order and gives them back, the first one last.
    @inlinable @inline(__always)
    public func release(_ run: SlotRun, emptying empty: (UnsafeMutableRawPointer) -> Void) {
        pass(run, addingToStamps: lap, empty)
    }

    @inlinable @inline(__always)
    func pass(_ run: SlotRun, addingToStamps step: UInt, _ body: (UnsafeMutableRawPointer) -> Void) {
        let straight = min(run.count, capacity &- (run.position & (lap &- 1)))
        let first = slot(run.position)
        body(element(at: first))
        pass(from: run.position &+ 1, at: first + layout.stride, count: straight &- 1, addingToStamps: step, body)
        if straight < run.count {
            let wrapped = position(run.position, plus: straight)
            pass(from: wrapped, at: slots, count: run.count &- straight, addingToStamps: step, body)
        }
        Word(at: first).storeReleasing(run.position &+ step)
    }

    /// Hands slots over that lie side by side.
    @inlinable @inline(__always)
    func pass(
        from position: UInt,
        at start: UnsafeMutableRawPointer,
        count: UInt,
        addingToStamps step: UInt,
        _ body: (UnsafeMutableRawPointer) -> Void
    ) {
        let (stride, offset) = (layout.stride, layout.elementOffset)
        var slot = start
        var stamp = position &+ step
        for _ in 0..<count {
            Word.willTouch(slot + offset)
            body(slot + offset)
            Word(at: slot).storeReleasing(stamp)
            slot += stride
            stamp &+= 1
        }
    }

    /// Claims the oldest element's slot if the ring is full.
    ///
    /// The slot of the oldest element *is* the tail's next slot when the ring is full. Whoever claims it from the head
    /// owns it: no other producer can pass before its stamp changes, so nobody takes the room that was made, and nobody
    /// evicts a second element for it.
    @inlinable
    public func claimReplacement() -> SlotReplacement {
        let last = tail.loadSequentiallyConsistent()
        if last & Self.closedBit != 0 { return .closed }
        let first = head.loadSequentiallyConsistent()
        // Full by position (positions only grow, so if the claim below succeeds it was full at that moment), and
        // the oldest element is published.
        let slot = slot(first)
        guard last == first &+ lap, Word(at: slot).loadAcquiring() == first &+ 1,
            head.compareExchangeSequentiallyConsistent(expected: first, desired: next(first)).exchanged
        else { return .retry }
        return .claimed(oldest: claimed(first, at: slot), newest: claimed(last, at: slot))
    }

    /// Moves the tail past the slot; only ``close()`` can have changed the tail meanwhile.
    @inlinable
    public func completeReplacement(_ replacement: SlotReplacement) -> Bool {
        guard case .claimed(let oldest, let newest) = replacement else { return false }
        let last = newest.position
        if tail.compareExchangeSequentiallyConsistent(expected: last, desired: next(last)).exchanged { return true }
        Word(at: slot(of: oldest)).storeReleasing(last)
        return false
    }

    /// Sets the closed bit: every claim from then on fails.
    @inlinable
    public func close() {
        _ = tail.fetchOrSequentiallyConsistent(Self.closedBit)
    }

    /// Whether the closed bit is set.
    @inlinable
    public var isClosed: Bool { tail.loadSequentiallyConsistent() & Self.closedBit != 0 }

    /// By position: had the tail not moved past the head when it was read?
    @inlinable
    public var isEmpty: Bool {
        // The head first: it may only be behind, so that equal means equal when the tail was read.
        let first = head.loadSequentiallyConsistent()
        return tail.loadSequentiallyConsistent() & ~Self.closedBit == first
    }

    /// By position, and by the stamp of the slot that is next: one that is being replaced isn't free, nor becomes so for this
    /// position.
    @inlinable
    public var isEmptyWithoutReplacement: Bool {
        let first = head.loadSequentiallyConsistent()
        let last = tail.loadSequentiallyConsistent() & ~Self.closedBit
        return last == first && stamp(last).loadAcquiring() == last
    }

    /// By position: has the tail moved past the head?
    @inlinable
    public var isClosedOrNotEmpty: Bool {
        // The head first: had it been passed by the tail after that, the difference would show all the same.
        let first = head.loadSequentiallyConsistent()
        let last = tail.loadSequentiallyConsistent()
        return last & Self.closedBit != 0 || last != first
    }

    /// By position: are fewer than a lap's positions between head and tail?
    @inlinable
    public var isClosedOrNotFull: Bool {
        let last = tail.loadSequentiallyConsistent()
        return last != head.loadSequentiallyConsistent() &+ lap
    }

    /// By position: closed, and the head has reached the tail.
    @inlinable
    public var isFinished: Bool {
        // Read the head first: it may only be behind.
        let first = head.loadSequentiallyConsistent()
        return tail.loadSequentiallyConsistent() == first | Self.closedBit
    }

    /// What was ever pushed and popped.
    public var counts: (pushed: UInt64, popped: UInt64) {
        // The head first, so that the difference is never negative.
        let popped = ordinal(head.loadSequentiallyConsistent())
        return (ordinal(tail.loadSequentiallyConsistent()), popped)
    }

    // The compare-exchange of the claim, sequentially consistent as these loads, orders them after it.

    /// Whether a consumer waits.
    @inlinable @inline(__always)
    public func hasWaitingConsumers(after claim: SlotClaim) -> Bool { hasWaitingConsumers }

    /// Whether a consumer waits.
    @inlinable @inline(__always)
    public var hasWaitingConsumers: Bool { counter(.waitingConsumers).loadSequentiallyConsistent() != 0 }

    /// Whether a producer waits.
    @inlinable @inline(__always)
    public var hasWaitingProducers: Bool { counter(.waitingProducers).loadSequentiallyConsistent() != 0 }

    /// Nothing to do: what a waiter reads are head and tail, by sequentially consistent loads.
    @inlinable @inline(__always)
    public func orderWaiter() {}
}
