public import ConcurrencySupport

/// The slots of ``SingleRingQueue``: one producer, one consumer, and no compare-exchange.
///
/// Each slot carries its own state, full or empty; producer and consumer keep their positions to themselves and never
/// read the other's, so the only cache lines that travel are those of the slots. The positions are written where
/// statistics can read them; a line that nobody else reads costs its owner next to nothing.
///
/// Memory orderings. A slot's state is stored releasing after its element was written (or moved out) and loaded acquiring
/// before the element is touched. Who waits is found out with an asymmetric pair of fences: the fast path has the light
/// half between publishing a slot and reading the waiter count, the waiter the heavy half between being counted and
/// reading the slot's state. Where the system has no heavy half, a bit in the words that are read behind a light one sends
/// every operation off the fast path, to a full fence and a second look.
///
/// Closing. The producer's position is odd while a push is under way: it is made odd before the producer looks whether the
/// queue is closed (with the light fence in between) and even after the element is published. ``close()`` says closed,
/// passes the heavy fence and then waits until the position is even: from then on no push can enter. A producer that the
/// system stops in the middle of a push holds up `close()` until it runs again.
@frozen
public struct SingleSlots<Element: ~Copyable, Word: AtomicWord>: SlotSource, ~Copyable, @unchecked Sendable {
    // @unchecked Sendable because it is a set of addresses, as in `SharedSlots`. Positions are written by their one owner.

    // Header: the producer's line, the consumer's line, the counters, the closed state; then the slots.
    @usableFromInline let base: UnsafeMutableRawPointer
    /// The number of slots.
    public let capacity: UInt
    /// The bytes of the one allocation.
    public let byteCount: Int
    @usableFromInline let fetchesAhead: Bool

    @inlinable static var headerBytes: Int { 2 * 128 + SlotCounter.byteCount }
    // Not kept but reckoned from the type, so that where that is known it costs no load: neighbours always share a line.
    @inlinable @inline(__always) var layout: SlotLayout { SlotLayout(for: Element.self, spacing: .dense) }
    @inlinable @inline(__always) var slots: UnsafeMutableRawPointer { base + Self.headerBytes }
    @inlinable static var filled: UInt { 1 }
    @inlinable static var closing: UInt { 1 }
    @inlinable static var closedForGood: UInt { 2 }
    /// In the closed state and in the waiter counts: a light fence orders nothing here.
    @inlinable static var fencing: UInt { 1 << 63 }
    static var open: UInt { Word.hasHeavyFence ? 0 : fencing }

    /// One producer and one consumer.
    @inlinable public static var isShared: Bool { false }

    package init(capacity: Int) {
        precondition(capacity > 0, "a bounded queue must hold at least one element; capacity was \(capacity)")
        precondition(capacity <= 1 << 40, "a ring of \(capacity) slots does not fit in memory")
        self.capacity = UInt(capacity)
        let layout = SlotLayout(for: Element.self, spacing: .dense)
        byteCount = Self.headerBytes + layout.stride * capacity
        fetchesAhead = Word.gainsByFetchingAhead
        base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 128)
        for end in [tail, head] {
            end.count.initialize(to: 0)
            end.offset.initialize(to: 0)
        }
        let open = Self.open
        closed.initialize(to: open)
        for counter in SlotCounter.allCases {
            let isLookedAt = counter == .waitingConsumers || counter == .waitingProducers
            self.counter(counter).initialize(to: isLookedAt ? open : 0)
        }
        for index in 0..<capacity { Word(at: slots + index * layout.stride).initialize(to: 0) }
    }

    @inlinable
    deinit {
        base.deallocate()
    }

    /// One side's position: how far its slot is from the first in bytes, and how many it has passed, times two, plus one
    /// while an operation is under way.
    @usableFromInline
    struct End {
        @usableFromInline let base: UnsafeMutableRawPointer
        @inlinable @inline(__always)
        init(base: UnsafeMutableRawPointer) { self.base = base }
        @inlinable @inline(__always) var count: Word { Word(at: base) }
        @inlinable @inline(__always) var offset: Word { Word(at: base + 8) }
    }

    @inlinable @inline(__always) var tail: End { End(base: base) }
    @inlinable @inline(__always) var head: End { End(base: base + 128) }
    // Beside the waiter counts: read by every operation, written once.
    @inlinable @inline(__always) var closed: Word { Word(at: base + (256 + 24)) }

    /// One of the queue's counters.
    @inlinable @inline(__always)
    public func counter(_ counter: SlotCounter) -> Word { Word(at: base + (256 + counter.byteOffset)) }

    // A position is the slot's distance from the first in bytes: nothing to multiply, nothing to divide.

    @inlinable @inline(__always)
    func state(_ position: UInt) -> Word { Word(at: slots + Int(bitPattern: position)) }

    /// The memory for the element of a claim.
    @inlinable @inline(__always)
    public func address(_ claim: SlotClaim) -> UnsafeMutableRawPointer {
        let address = slots + (Int(bitPattern: claim.position) &+ layout.elementOffset)
        Word.willTouch(address)
        return address
    }

    /// The position that follows.
    @inlinable @inline(__always)
    func next(_ position: UInt) -> UInt {
        let next = position &+ UInt(bitPattern: layout.stride)
        // A branch that is guessed right but once a round, rather than a conditional move that the next position waits for.
        if _fastPath(next < UInt(bitPattern: byteCount &- Self.headerBytes)) { return next }
        return 0
    }

    /// Claims the next slot for the producer, if it is free.
    @inlinable @inline(__always)
    public func attemptFree() -> SlotClaim {
        let position = tail.offset.loadRelaxed()
        guard _fastPath(state(position).loadAcquiring() == 0) else {
            return closed.loadRelaxed() & ~Self.fencing == 0 ? .refused : .closed
        }
        let count = tail.count.loadRelaxed()
        return _fastPath(beginPush(count)) ? .claimed(position, mark: count) : .closed
    }

    /// Marks a push as under way; `false`: the queue is closed.
    @inlinable @inline(__always)
    func beginPush(_ count: UInt) -> Bool {
        tail.count.storeRelaxed(count &+ 1)
        Word.lightFence()
        return _fastPath(closed.loadRelaxed() == 0) || beginPushOnSecondLook(count)
    }

    @inlinable
    @inline(never)
    func beginPushOnSecondLook(_ count: UInt) -> Bool {
        if !Word.hasHeavyFence { Word.fullFence() }
        if closed.loadRelaxed() & ~Self.fencing == 0 { return true }
        tail.count.storeReleasing(count)
        return false
    }

    /// Claims the free slots from the producer's on.
    @inlinable
    public func claimFree(upTo count: UInt) -> SlotRun {
        let position = tail.offset.loadRelaxed()
        let found = run(from: position, upTo: count, in: 0)
        guard found > 0, beginPush(tail.count.loadRelaxed()) else { return SlotRun(position: position, count: 0) }
        return SlotRun(position: position, count: found)
    }

    /// Publishes the producer's slot; the push is over.
    @inlinable @inline(__always)
    public func publish(_ claim: SlotClaim) {
        state(claim.position).storeReleasing(Self.filled)
        tail.offset.storeRelaxed(next(claim.position))
        tail.count.storeReleasing(claim.mark &+ 2)
    }

    /// Fills and publishes the producer's slots in order; then the push is over.
    @inlinable @inline(__always)
    public func publish(_ run: SlotRun, filling fill: (UnsafeMutableRawPointer) -> Void) {
        tail.offset.storeRelaxed(pass(run, settingStatesTo: Self.filled, fill))
        tail.count.storeReleasing(tail.count.loadRelaxed() &+ (2 &* run.count &- 1))
    }

    /// Claims the next slot for the consumer, if it is filled.
    @inlinable @inline(__always)
    public func attemptFilled() -> SlotClaim {
        let position = head.offset.loadRelaxed()
        return _fastPath(state(position).loadAcquiring() == Self.filled) ? .claimed(position) : .refused
    }

    /// Claims the filled slots from the consumer's on.
    @inlinable
    public func claimFilled(upTo count: UInt) -> SlotRun {
        let position = head.offset.loadRelaxed()
        return SlotRun(position: position, count: run(from: position, upTo: count, in: Self.filled))
    }

    /// How many slots from a position on are in a state, up to a number.
    @inlinable @inline(__always)
    func run(from position: UInt, upTo count: UInt, in wanted: UInt) -> UInt {
        let limit = min(count, capacity)
        guard limit > 0, state(position).loadAcquiring() == wanted else { return 0 }
        let straight = slotsBeforeEnd(from: position, upTo: limit)
        let found = leading(from: position, upTo: straight, in: wanted)
        return found == straight && straight < limit
            ? found &+ leading(from: 0, upTo: limit &- straight, in: wanted) : found
    }

    /// How many of `count` slots from a position on lie side by side, before the first slot follows the last.
    @inlinable @inline(__always)
    func slotsBeforeEnd(from position: UInt, upTo count: UInt) -> UInt {
        let stride = UInt(bitPattern: layout.stride)
        let bytes = UInt(bitPattern: byteCount &- Self.headerBytes) &- position
        // A division for one run of many only.
        return count &* stride <= bytes ? count : bytes / stride
    }

    /// How many slots are in a state from one on that isn't followed by the end, looking at four at a time.
    @inlinable @inline(__always)
    func leading(from position: UInt, upTo count: UInt, in wanted: UInt) -> UInt {
        let stride = layout.stride
        var slot = slots + Int(bitPattern: position)
        var found: UInt = 0
        while found &+ 4 <= count {
            let first = Word(at: slot).loadAcquiring() ^ wanted
            let second = Word(at: slot + stride).loadAcquiring() ^ wanted
            let third = Word(at: slot + 2 &* stride).loadAcquiring() ^ wanted
            let fourth = Word(at: slot + 3 &* stride).loadAcquiring() ^ wanted
            guard first | second | third | fourth == 0 else { break }
            slot += 4 &* stride
            found &+= 4
        }
        while found < count, Word(at: slot).loadAcquiring() == wanted {
            slot += stride
            found &+= 1
        }
        return found
    }

    /// Gives the consumer's emptied slot back.
    @inlinable @inline(__always)
    public func release(_ claim: SlotClaim) {
        state(claim.position).storeReleasing(0)
        head.offset.storeRelaxed(next(claim.position))
        head.count.storeRelaxed(head.count.loadRelaxed() &+ 2)
    }

    /// Empties the consumer's slots and gives them back in order.
    @inlinable @inline(__always)
    public func release(_ run: SlotRun, emptying empty: (UnsafeMutableRawPointer) -> Void) {
        head.offset.storeRelaxed(pass(run, settingStatesTo: 0, empty))
        head.count.storeRelaxed(head.count.loadRelaxed() &+ 2 &* run.count)
    }

    /// Hands the slots over, the first one last, so that the other side finds the run as a whole (see `SharedSlots`).
    /// Returns the position after the run, which has at least one slot.
    @inlinable @inline(__always)
    func pass(_ run: SlotRun, settingStatesTo value: UInt, _ body: (UnsafeMutableRawPointer) -> Void) -> UInt {
        prefetch(runAfterNext: run)
        let first = slots + Int(bitPattern: run.position)
        let straight = slotsBeforeEnd(from: run.position, upTo: run.count)
        Word.willTouch(first + layout.elementOffset)
        body(first + layout.elementOffset)
        var slot = pass(from: first + layout.stride, count: straight &- 1, settingStatesTo: value, body)
        if straight < run.count { slot = pass(from: slots, count: run.count &- straight, settingStatesTo: value, body) }
        Word(at: first).storeReleasing(value)
        return slot == base + byteCount ? 0 : UInt(bitPattern: slot - slots)
    }

    /// Hands slots over that lie side by side; returns the address after them.
    @inlinable @inline(__always)
    func pass(
        from start: UnsafeMutableRawPointer,
        count: UInt,
        settingStatesTo value: UInt,
        _ body: (UnsafeMutableRawPointer) -> Void
    ) -> UnsafeMutableRawPointer {
        let (stride, offset) = (layout.stride, layout.elementOffset)
        var slot = start
        for _ in 0..<count {
            Word.willTouch(slot + offset)
            body(slot + offset)
            Word(at: slot).storeReleasing(value)
            slot += stride
        }
        return slot
    }

    /// Begins to fetch the slots that this side will come to after as many as it has in hand, which the other side may have by
    /// then; where that pays (``AtomicWord/gainsByFetchingAhead``), for runs that are worth it, and of which the queue holds
    /// more than two.
    @inlinable @inline(__always)
    func prefetch(runAfterNext run: SlotRun) {
        guard fetchesAhead, run.count >= 8, run.count &* 2 < capacity else { return }
        let bytes = Int(bitPattern: run.count) &* layout.stride
        var slot = slots + (Int(bitPattern: run.position) &+ 2 &* bytes)
        let end = base + byteCount
        var left = bytes
        while left > 0 {
            if slot >= end { slot -= byteCount &- Self.headerBytes }
            Word.prefetchForWriting(slot)
            slot += 64
            left &-= 64
        }
    }

    /// A producer can't take an element out here: that is the consumer's.
    public func claimReplacement() -> SlotReplacement {
        preconditionFailure("a queue with one consumer can't replace its oldest element")
    }

    /// See ``claimReplacement()``.
    public func completeReplacement(_ replacement: SlotReplacement) -> Bool {
        preconditionFailure("a queue with one consumer can't replace its oldest element")
    }

    /// Lets no push begin any more, and waits until the one that may be under way is over.
    public func close() {
        let open = Self.open
        guard closed.compareExchangeSequentiallyConsistent(expected: open, desired: open | Self.closing).exchanged
        else { return }
        Word.heavyFence()
        var backoff = Backoff()
        while tail.count.loadAcquiring() & 1 != 0 { Word.pause(&backoff) }
        closed.storeSequentiallyConsistent(Self.closedForGood)
    }

    /// Whether ``close()`` was called.
    @inlinable
    public var isClosed: Bool { closed.loadSequentiallyConsistent() & ~Self.fencing != 0 }

    /// For the consumer: is its slot empty?
    @inlinable
    public var isEmpty: Bool { state(head.offset.loadRelaxed()).loadAcquiring() != Self.filled }

    /// The same: nothing is replaced here.
    @inlinable
    public var isEmptyWithoutReplacement: Bool { isEmpty }

    /// For the consumer: is its slot filled, or will none ever be?
    @inlinable
    public var isClosedOrNotEmpty: Bool {
        closed.loadSequentiallyConsistent() == Self.closedForGood
            || state(head.offset.loadRelaxed()).loadAcquiring() == Self.filled
    }

    /// For the producer: is its slot free, or is the queue closed?
    @inlinable
    public var isClosedOrNotFull: Bool {
        isClosed || state(tail.offset.loadRelaxed()).loadAcquiring() == 0
    }

    /// For the consumer: no push can enter any more, and its slot is empty.
    @inlinable
    public var isFinished: Bool {
        closed.loadSequentiallyConsistent() == Self.closedForGood
            && state(head.offset.loadRelaxed()).loadAcquiring() != Self.filled
    }

    /// What was ever pushed and popped.
    public var counts: (pushed: UInt64, popped: UInt64) {
        let popped = UInt64(head.count.loadAcquiring() / 2)
        // A push that is published and not yet counted may have been popped already.
        return (max(UInt64(tail.count.loadAcquiring() / 2), popped), popped)
    }

    /// Whether the consumer waits; ordered after the publication by the light fence.
    @inlinable @inline(__always)
    public var hasWaitingConsumers: Bool {
        mayWait(.waitingConsumers)
    }

    /// Whether the producer waits, likewise.
    @inlinable @inline(__always)
    public var hasWaitingProducers: Bool {
        mayWait(.waitingProducers)
    }

    @inlinable @inline(__always)
    func mayWait(_ waiting: SlotCounter) -> Bool {
        Word.lightFence()
        return _slowPath(counter(waiting).loadRelaxed() != 0) && waitsOnSecondLook(waiting)
    }

    @inlinable
    @inline(never)
    func waitsOnSecondLook(_ waiting: SlotCounter) -> Bool {
        if !Word.hasHeavyFence { Word.fullFence() }
        return counter(waiting).loadRelaxed() & ~Self.fencing != 0
    }

    /// The heavy fence: what the other side wrote before it looked for waiters, this one sees.
    public func orderWaiter() { Word.heavyFence() }
}
