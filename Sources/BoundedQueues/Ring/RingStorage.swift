public import CConcurrencySupport
public import ConcurrencySupport

/// The lock-free core of ``RingQueue``: a ring of slots, each with a stamp that says whose turn it is.
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
/// Generic over the atomic word so that the same code runs on the machine and under a model checker.
@usableFromInline
struct RingStorage<Element, Word: AtomicWord>: ~Copyable {
    /// Header: tail, head and the waiter counts each on cache lines of their own (128 bytes: two lines, because
    /// processors fetch them in pairs), then the slots.
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let slots: UnsafeMutableRawPointer
    @usableFromInline let capacity: UInt
    @usableFromInline let lap: UInt
    @usableFromInline let stride: Int
    @usableFromInline let byteCount: Int

    @inlinable static var closedBit: UInt { 1 << (UInt.bitWidth - 1) }
    @inlinable static var headerBytes: Int { 4 * 128 }

    @inlinable static var elementOffset: Int {
        let alignment = MemoryLayout<Element>.alignment
        return (MemoryLayout<UInt>.size + alignment - 1) & ~(alignment - 1)
    }

    @usableFromInline
    init(capacity: Int, spacing: SlotSpacing) {
        precondition(capacity > 0, "a bounded queue must hold at least one element; capacity was \(capacity)")
        precondition(MemoryLayout<Element>.alignment <= 64, "elements aligned to more than 64 bytes are not supported")
        precondition(capacity <= 1 << 40, "a ring of \(capacity) slots does not fit in memory")
        self.capacity = UInt(capacity)
        var lap: UInt = 2
        while lap <= self.capacity { lap <<= 1 }
        self.lap = lap
        let bytes = Self.elementOffset + MemoryLayout<Element>.size
        let rounding = spacing == .padded ? 64 : max(16, MemoryLayout<Element>.alignment)
        stride = (bytes + rounding - 1) & ~(rounding - 1)
        byteCount = Self.headerBytes + stride * capacity
        base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 128)
        slots = base + Self.headerBytes
        tail.initialize(to: 0)
        head.initialize(to: 0)
        waitingConsumers.initialize(to: 0)
        waitingProducers.initialize(to: 0)
        refused.initialize(to: 0)
        dropped.initialize(to: 0)
        evicted.initialize(to: 0)
        for index in 0..<self.capacity { stamp(index).initialize(to: index) }
    }

    deinit {
        // Nobody else can reach the ring any more, so every claimed slot is published.
        while let element = tryPop() { _ = consume element }
        base.deallocate()
    }

    @inlinable var tail: Word { Word(at: base) }
    @inlinable var head: Word { Word(at: base + 128) }
    // Read by every operation, written only when a task starts or stops waiting.
    @inlinable var waitingConsumers: Word { Word(at: base + 256) }
    @inlinable var waitingProducers: Word { Word(at: base + 264) }
    // Written by refusals and evictions only: what is accepted and taken follows from tail and head.
    @inlinable var refused: Word { Word(at: base + 384) }
    @inlinable var dropped: Word { Word(at: base + 392) }
    @inlinable var evicted: Word { Word(at: base + 400) }

    @inlinable @inline(__always)
    func slot(_ position: UInt) -> UnsafeMutableRawPointer {
        slots + Int(bitPattern: position & (lap &- 1)) &* stride
    }

    @inlinable @inline(__always)
    func stamp(_ position: UInt) -> Word { Word(at: slot(position)) }

    @inlinable @inline(__always)
    func element(_ position: UInt) -> UnsafeMutablePointer<Element> {
        (slot(position) + Self.elementOffset).assumingMemoryBound(to: Element.self)
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

    @usableFromInline
    enum TryPush { case pushed, full, closed }

    /// Claims the tail's slot and fills it, if that slot is free.
    ///
    /// Relaxed: `.full` may mean that the consumer before has claimed its slot and not yet moved its element out.
    @inlinable @inline(__always)
    func tryPush(_ value: Element) -> TryPush {
        var position = tail.loadRelaxed()
        while true {
            if stamp(position).loadAcquiring() == position {
                let claim = tail.weakCompareExchangeSequentiallyConsistent(expected: position, desired: next(position))
                if claim.exchanged {
                    fill(position, with: value)
                    return .pushed
                }
                position = claim.original
            } else {
                let current = tail.loadRelaxed()
                if current == position { return position & Self.closedBit == 0 ? .full : .closed }
                position = current
            }
        }
    }

    /// Claims the head's slot and empties it, if that slot is filled.
    ///
    /// Relaxed: `nil` may mean that the producer before has claimed its slot and not yet filled it.
    @inlinable @inline(__always)
    func tryPop() -> Element? {
        var position = head.loadRelaxed()
        while true {
            if stamp(position).loadAcquiring() == position &+ 1 {
                let claim = head.weakCompareExchangeSequentiallyConsistent(expected: position, desired: next(position))
                if claim.exchanged {
                    let value = element(position).move()
                    stamp(position).storeReleasing(position &+ lap)
                    return value
                }
                position = claim.original
            } else {
                let current = head.loadRelaxed()
                if current == position { return nil }
                position = current
            }
        }
    }

    /// Puts an element into a slot that was claimed, and publishes it.
    @inlinable @inline(__always)
    func fill(_ position: UInt, with value: Element) {
        element(position).initialize(to: value)
        // A consumer may take the element and release it the moment it is published, so the retain of this copy must come
        // before; without the barrier the optimiser puts it after. Words and the like have none.
        if !_isPOD(Element.self) { backpressure_reference_barrier() }
        stamp(position).storeReleasing(position &+ 1)
    }

    @usableFromInline
    enum Eviction {
        case pushed
        case replaced(Element)
        /// Closed; an element may have been evicted for nothing, because the queue was closed at that very moment.
        case closed(evicted: Element?)
    }

    /// Pushes; if the ring is full, replaces the oldest element, in one step.
    ///
    /// The slot of the oldest element *is* the tail's next slot when the ring is full. Whoever claims it from the head
    /// owns it: no other producer can pass before its stamp changes, so nobody takes the room that was made, and nobody
    /// evicts a second element for it.
    @inlinable
    func pushReplacingOldest(_ value: Element) -> Eviction {
        var backoff = Backoff()
        while true {
            switch tryPush(value) {
            case .pushed: return .pushed
            case .closed: return .closed(evicted: nil)
            case .full: break
            }
            let last = tail.loadSequentiallyConsistent()
            let first = head.loadSequentiallyConsistent()
            // Full by position (positions only grow, so if the claim below succeeds it was full at that moment), and
            // the oldest element is published.
            guard last & Self.closedBit == 0, last == first &+ lap, stamp(first).loadAcquiring() == first &+ 1,
                head.compareExchangeSequentiallyConsistent(expected: first, desired: next(first)).exchanged
            else {
                backoff.pause()
                continue
            }
            evicted.addRelaxed(1)
            let oldest = element(first).move()
            // Only `close` can change the tail now.
            guard tail.compareExchangeSequentiallyConsistent(expected: last, desired: next(last)).exchanged else {
                stamp(first).storeReleasing(last)
                return .closed(evicted: oldest)
            }
            fill(last, with: value)
            return .replaced(oldest)
        }
    }

    /// No more pushes. An element whose slot was claimed before still enters.
    @inlinable
    func close() {
        _ = tail.fetchOrSequentiallyConsistent(Self.closedBit)
    }

    /// What a task that is about to wait looks at: has the tail moved past the head, or is the queue closed?
    @inlinable
    var isClosedOrNotEmpty: Bool {
        let last = tail.loadSequentiallyConsistent()
        return last & Self.closedBit != 0 || last != head.loadSequentiallyConsistent()
    }

    /// Closed, and everything that ever entered has been claimed by a consumer.
    @inlinable
    var isFinished: Bool {
        // Read the head first: it may only be behind.
        let first = head.loadSequentiallyConsistent()
        return tail.loadSequentiallyConsistent() == first | Self.closedBit
    }

    /// What a producer that is about to wait looks at: is there room by position, or is the queue closed?
    @inlinable
    var isClosedOrNotFull: Bool {
        let first = head.loadSequentiallyConsistent()
        return tail.loadSequentiallyConsistent() != first &+ lap
    }

    @usableFromInline
    var statistics: QueueStatistics {
        // The head first, so that the depth is never negative.
        let popped = ordinal(head.loadSequentiallyConsistent())
        let pushed = ordinal(tail.loadSequentiallyConsistent())
        let evicted = UInt64(self.evicted.loadRelaxed())
        let depth = Int(min(pushed - popped, UInt64(capacity)))
        return QueueStatistics(
            accepted: pushed,
            refused: UInt64(refused.loadRelaxed()),
            taken: popped >= evicted ? popped - evicted : 0,
            dropped: UInt64(dropped.loadRelaxed()),
            evicted: evicted,
            depth: depth,
            peakDepth: nil,
            capacity: Int(capacity)
        )
    }
}

// A set of addresses. The words behind them are atomic, and an element is touched only by the thread that claimed its
// slot, between the acquiring load and the releasing store of the slot's stamp.
extension RingStorage: @unchecked Sendable where Element: Sendable {}
