public import ConcurrencySupport

/// The slots of ``SingleRingQueue``: one producer, one consumer, and no compare-exchange.
///
/// Each slot carries its own state, full or empty; producer and consumer keep their positions to themselves and never
/// read the other's, so the only cache lines that travel are those of the slots. The positions are written where
/// statistics can read them; a line that nobody else reads costs its owner next to nothing.
///
/// Memory orderings. A slot's state is stored releasing after its element was written (or moved out) and loaded acquiring
/// before the element is touched. Who waits, and whether the queue is closed, is found out with asymmetric pairs of fences:
/// the fast path has the light half between a store that others can see and the look at a gate, whoever waits or closes has
/// the heavy half between the change of the gate and its own look. Where the system has no heavy half, a bit in the gates
/// sends every operation off the fast path, to a full fence and a second look.
///
/// The gates. The producer's position is odd while a push is under way: it is made odd before the producer looks at its gate,
/// once for all that may be there (closed, a consumer that waits), and even after the element is published. ``close()`` says
/// closed, passes the heavy fence and then waits until the position is even: from then on no push can enter. A producer that
/// the system stops in the middle of a push holds up `close()` until it runs again. A consumer that is about to wait and finds
/// the position odd doesn't: that push may have passed the gate before the consumer was counted there. The consumer looks at
/// its own gate, whether the producer waits, when it has given the slot back.
///
/// What was passed is reckoned from a position and the number of laps before it, which is odd while a lap ends.
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
    // In the gates, above the numbers of those who wait: closed; closed, and no push is under way any more; light fences order
    // nothing here.
    @inlinable static var closing: UInt { 1 << 61 }
    @inlinable static var closedForGood: UInt { 1 << 62 }
    @inlinable static var fencing: UInt { 1 << 63 }
    @inlinable static var waiting: UInt { closing &- 1 }

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
            end.offset.initialize(to: 0)
            end.laps.initialize(to: 0)
        }
        for counter in SlotCounter.allCases {
            let isGate = counter == .waitingConsumers || counter == .waitingProducers
            self.counter(counter).initialize(to: isGate && !Word.hasHeavyFence ? Self.fencing : 0)
        }
        for index in 0..<capacity { Word(at: slots + index * layout.stride).initialize(to: 0) }
    }

    @inlinable
    deinit {
        base.deallocate()
    }

    /// One side's position: how far its slot is from the first in bytes, plus one while a push is under way; and how many laps
    /// it has ended, times two, plus one while it ends another.
    @usableFromInline
    struct End {
        @usableFromInline let base: UnsafeMutableRawPointer
        @inlinable @inline(__always)
        init(base: UnsafeMutableRawPointer) { self.base = base }
        @inlinable @inline(__always) var offset: Word { Word(at: base) }
        @inlinable @inline(__always) var laps: Word { Word(at: base + 8) }

        /// Begins a new lap, at `position`, once all slots before it have been passed.
        ///
        /// Whoever sees the old laps with the new position, or the other way round, sees by the laps that they don't belong
        /// together.
        @inlinable
        @inline(never)
        func beginLap(at position: UInt = 0) {
            let ended = laps.loadRelaxed()
            laps.storeReleasing(ended &+ 1)
            offset.storeReleasing(0)
            laps.storeReleasing(ended &+ 2)
            if position != 0 { offset.storeReleasing(position) }
        }

        /// How many slots of a ring this side has passed.
        func passed(capacity: UInt, stride: UInt) -> UInt64 {
            while true {
                let laps = laps.loadAcquiring()
                let index = offset.loadAcquiring() / stride
                guard self.laps.loadAcquiring() == laps else { continue }
                // A lap that is being ended is over once the position is the first.
                let ended = laps / 2 &+ (index == 0 ? laps & 1 : 0)
                return UInt64(ended) &* UInt64(capacity) &+ UInt64(index)
            }
        }
    }

    @inlinable @inline(__always) var tail: End { End(base: base) }
    @inlinable @inline(__always) var head: End { End(base: base + 128) }
    @inlinable @inline(__always) var producersGate: Word { counter(.waitingConsumers) }
    @inlinable @inline(__always) var consumersGate: Word { counter(.waitingProducers) }

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

    /// The position that follows, unless a new lap begins.
    @inlinable @inline(__always)
    func next(_ position: UInt) -> UInt? {
        let next = position &+ UInt(bitPattern: layout.stride)
        return _fastPath(next < UInt(bitPattern: byteCount &- Self.headerBytes)) ? next : nil
    }

    /// Claims the next slot for the producer, if it is free.
    @inlinable @inline(__always)
    public func attemptFree() -> SlotClaim {
        let position = tail.offset.loadRelaxed()
        guard _fastPath(state(position).loadAcquiring() == 0) else {
            return producersGate.loadRelaxed() & Self.closing == 0 ? .refused : .closed
        }
        let news = beginPush(position)
        return _fastPath(news & Self.closing == 0) ? .claimed(position, mark: news) : .closed
    }

    /// Marks a push as under way, and looks at the gate; if that says closed, it isn't under way any more.
    @inlinable @inline(__always)
    func beginPush(_ position: UInt) -> UInt {
        tail.offset.storeRelaxed(position &+ 1)
        let news = Self.look(at: producersGate)
        if _slowPath(news & Self.closing != 0) { tail.offset.storeReleasing(position) }
        return news
    }

    /// What a gate says, 0 as a rule, after this side has stored what those who change the gate look at.
    @inlinable @inline(__always)
    static func look(at gate: Word) -> UInt {
        Word.lightFence()
        return _fastPath(gate.loadRelaxed() == 0) ? 0 : lookAgain(at: gate)
    }

    // Of the type and not of a value, whose properties would have to be loaded to be handed over.
    @inlinable
    @inline(never)
    static func lookAgain(at gate: Word) -> UInt {
        if !Word.hasHeavyFence { Word.fullFence() }
        return gate.loadRelaxed() & ~fencing
    }

    /// Claims the free slots from the producer's on.
    @inlinable
    public func claimFree(upTo count: UInt) -> SlotRun {
        let position = tail.offset.loadRelaxed()
        let found = run(from: position, upTo: count, in: 0)
        guard found > 0, beginPush(position) & Self.closing == 0 else { return SlotRun(position: position, count: 0) }
        return SlotRun(position: position, count: found)
    }

    /// Publishes the producer's slot; the push is over.
    @inlinable @inline(__always)
    public func publish(_ claim: SlotClaim) {
        state(claim.position).storeReleasing(Self.filled)
        if let next = next(claim.position) { tail.offset.storeReleasing(next) } else { tail.beginLap() }
    }

    /// Fills and publishes the producer's slots in order; then the push is over.
    @inlinable @inline(__always)
    public func publish(_ run: SlotRun, filling fill: (UnsafeMutableRawPointer) -> Void) {
        let next = pass(run, settingStatesTo: Self.filled, fill)
        if next > run.position { tail.offset.storeReleasing(next) } else { tail.beginLap(at: next) }
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
        if let next = next(claim.position) { head.offset.storeRelaxed(next) } else { head.beginLap() }
    }

    /// Empties the consumer's slots and gives them back in order.
    @inlinable @inline(__always)
    public func release(_ run: SlotRun, emptying empty: (UnsafeMutableRawPointer) -> Void) {
        let next = pass(run, settingStatesTo: 0, empty)
        if next > run.position { head.offset.storeRelaxed(next) } else { head.beginLap(at: next) }
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
        guard producersGate.fetchOrSequentiallyConsistent(Self.closing) & Self.closing == 0 else { return }
        Word.heavyFence()
        var backoff = Backoff()
        while isPushing { Word.pause(&backoff) }
        _ = producersGate.fetchOrSequentiallyConsistent(Self.closedForGood)
    }

    /// Whether a push is under way.
    @inlinable @inline(__always)
    var isPushing: Bool { tail.offset.loadAcquiring() & 1 != 0 }

    /// Whether ``close()`` was called.
    @inlinable
    public var isClosed: Bool { producersGate.loadSequentiallyConsistent() & Self.closing != 0 }

    @inlinable
    var isClosedForGood: Bool { producersGate.loadSequentiallyConsistent() & Self.closedForGood != 0 }

    /// For the consumer: is its slot empty?
    @inlinable
    public var isEmpty: Bool { state(head.offset.loadRelaxed()).loadAcquiring() != Self.filled }

    /// The same: nothing is replaced here.
    @inlinable
    public var isEmptyWithoutReplacement: Bool { isEmpty }

    /// For the consumer: is its slot filled or may be in a moment, or will none ever be?
    @inlinable
    public var isClosedOrNotEmpty: Bool { isClosedForGood || isPushing || !isEmpty }

    /// For the producer: is its slot free, or is the queue closed?
    @inlinable
    public var isClosedOrNotFull: Bool {
        isClosed || state(tail.offset.loadRelaxed()).loadAcquiring() == 0
    }

    /// For the consumer: no push can enter any more, and its slot is empty.
    @inlinable
    public var isFinished: Bool {
        isClosedForGood && isEmpty
    }

    /// What was ever pushed and popped.
    public var counts: (pushed: UInt64, popped: UInt64) {
        let stride = UInt(bitPattern: layout.stride)
        let popped = head.passed(capacity: capacity, stride: stride)
        // A push that is published and not yet counted may have been popped already.
        return (max(tail.passed(capacity: capacity, stride: stride), popped), popped)
    }

    /// What the producer found at its gate while the push was under way.
    @inlinable @inline(__always)
    public func hasWaitingConsumers(after claim: SlotClaim) -> Bool { claim.mark & Self.waiting != 0 }

    /// After the publication of a run.
    @inlinable @inline(__always)
    public var hasWaitingConsumers: Bool { Self.look(at: producersGate) & Self.waiting != 0 }

    /// After a slot was given back.
    @inlinable @inline(__always)
    public var hasWaitingProducers: Bool { Self.look(at: consumersGate) & Self.waiting != 0 }

    /// The heavy fence: what the other side wrote before it looked for waiters, this one sees.
    public func orderWaiter() { Word.heavyFence() }
}
