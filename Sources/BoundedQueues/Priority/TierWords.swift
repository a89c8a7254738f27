public import ConcurrencySupport

/// The words that the four rings of ``RingPriorityQueue`` share: how many elements are inside, and whose turn it is.
///
/// The bound over all tiers is kept by two counters that a push and a take advance: places reserved and elements taken.
/// What lies between them is inside, or about to be. A push reserves its place before it enters a ring, and a take counts
/// after it has left one, so that the difference is never below what the rings hold. The top bit of the places reserved
/// says that the queue is closed.
///
/// Memory orderings. Elements change hands in the rings, which order that. Here, additions and compare-exchanges are
/// sequentially consistent for the waiters' sake (see ``WaitList``) and for reading the two counters at one moment; on
/// x86 that costs nothing, since all of them are full barriers. What ageing reads only decides who goes first.
///
/// Generic over the atomic word so that the same code runs on the machine and under a model checker.
@usableFromInline
struct TierWords<Word: AtomicWord>: ~Copyable {
    /// Reservations, takes, waiters, one block for each tier's turn, and refusals, on cache lines of their own (128
    /// bytes: two lines, because processors fetch them in pairs).
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let capacity: UInt
    @usableFromInline let sheddingDepths: PerTier<Int>
    @usableFromInline let ageingLimit: UInt

    @inlinable static var closedBit: UInt { 1 << (UInt.bitWidth - 1) }
    @usableFromInline static var byteCount: Int { 9 * 128 }

    @usableFromInline
    init(capacity: Int, overload: OverloadTable, ageingLimit: Int) {
        precondition(capacity > 0, "a bounded queue must hold at least one element; capacity was \(capacity)")
        Ageing.validate(ageingLimit)
        self.capacity = UInt(capacity)
        // Half of what a word holds is still never reached, and leaves room for differences with a sign.
        self.ageingLimit = UInt(min(ageingLimit, .max / 2))
        sheddingDepths = overload.sheddingDepths(capacity: capacity)
        base = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 128)
        for offset in stride(from: 0, to: Self.byteCount, by: 8) { Word(at: base + offset).initialize(to: 0) }
    }

    deinit { base.deallocate() }

    /// Places reserved since the beginning, less those given back; the top bit says closed.
    @inlinable var reserved: Word { Word(at: base) }
    /// Elements taken from all tiers since the beginning: also what ageing counts in.
    @inlinable var taken: Word { Word(at: base + 128) }
    // Read by every operation, written only when a task starts or stops waiting.
    @inlinable var waitingConsumers: Word { Word(at: base + 256) }
    @inlinable func waitingProducers(_ tier: PriorityTier) -> Word { Word(at: base + 264 + 8 * tier.rawValue) }
    /// Elements of a tier that are inside or about to be.
    @inlinable func depth(_ tier: PriorityTier) -> Word { Word(at: base + 384 + 128 * tier.rawValue) }
    /// How many elements had been taken in all when the tier was last served or got its first element.
    @inlinable func served(_ tier: PriorityTier) -> Word { Word(at: base + 392 + 128 * tier.rawValue) }
    // Written by refusals and waits only.
    @inlinable func counter(_ counter: Counter, _ tier: PriorityTier) -> Word {
        Word(at: base + 896 + 32 * counter.rawValue + 8 * tier.rawValue)
    }

    /// How long consumers look before they wait.
    @inlinable var patience: Word { Word(at: base + 1_056) }

    /// What is counted for each tier; accepted and taken follow from its ring.
    @usableFromInline
    enum Counter: Int {
        case refused, shed, dropped, timesBlocked, blockedNanoseconds
    }

    // MARK: The bound

    @usableFromInline
    enum Reservation {
        case reserved, full, closed
        /// The overload table turns the tier away at this depth.
        case shed(depth: Int)
    }

    /// Reserves a place for an element of a tier, if the queue is open and not too deep for it.
    @inlinable @inline(__always)
    func reserve(_ tier: PriorityTier) -> Reservation {
        let sheddingDepth = UInt(bitPattern: sheddingDepths[tier])
        let limit = min(capacity, sheddingDepth)
        while true {
            // Takes first: they only grow, so if the compare-exchange below finds the reservations as they were read, the
            // queue is at most as deep as this says.
            let left = taken.loadSequentiallyConsistent()
            let entered = reserved.loadSequentiallyConsistent()
            if entered & Self.closedBit != 0 { return .closed }
            let depth = entered &- left
            if depth < limit {
                let exchange = reserved.weakCompareExchangeSequentiallyConsistent(
                    expected: entered,
                    desired: entered &+ 1
                )
                if exchange.exchanged { return .reserved }
            } else if taken.loadSequentiallyConsistent() == left {
                // No take in between: it was as deep as that when the reservations were read.
                return depth >= sheddingDepth ? .shed(depth: Int(depth)) : .full
            }
        }
    }

    /// Gives back a place that was reserved.
    @inlinable
    func giveBack() {
        reserved.addSequentiallyConsistent(0 &- 1)
    }

    /// No more reservations. An element whose place was reserved before still enters.
    @inlinable
    func close() {
        _ = reserved.fetchOrSequentiallyConsistent(Self.closedBit)
    }

    // MARK: Whose turn it is

    /// Announces an element of a tier that is about to enter its ring.
    @inlinable @inline(__always)
    func announce(_ tier: PriorityTier) {
        // The takes first: what is stored is then never newer than the tier's first element, however long this thread is
        // held up in between. Too old only means a turn too early. If a take empties the tier just now, that take has
        // stored its own number.
        let takes = taken.loadSequentiallyConsistent()
        if depth(tier).loadSequentiallyConsistent() == 0 { served(tier).storeReleasing(takes) }
        depth(tier).addSequentiallyConsistent(1)
    }

    /// Takes back an announcement.
    @inlinable
    func retract(_ tier: PriorityTier) {
        depth(tier).addSequentiallyConsistent(0 &- 1)
    }

    /// The tier whose turn it is, if anything is announced, and the number of elements taken before.
    ///
    /// - Parameter isLeftOut: tiers that turned out to hold nothing after all.
    @inlinable @inline(__always)
    func nextTier(except isLeftOut: PerTier<Bool> = PerTier { _ in false }) -> (PriorityTier?, takes: UInt) {
        let takes = taken.loadSequentiallyConsistent()
        let remaining = PerTier { tier -> UInt in
            if isLeftOut[tier] || depth(tier).loadAcquiring() == 0 { return .max }
            // Below 0 when others have taken elements meanwhile: overdue.
            return UInt(max(0, Int(bitPattern: served(tier).loadRelaxed() &+ ageingLimit &- takes)))
        }
        return (Ageing.nextTier(remaining), takes)
    }

    /// Counts an element that was taken from a tier, and says that the tier was served.
    ///
    /// - Parameter takes: as read before the element was taken, so that what is stored is never newer than the take.
    @inlinable @inline(__always)
    func count(takenFrom tier: PriorityTier, after takes: UInt) {
        served(tier).storeReleasing(takes &+ 1)
        depth(tier).addSequentiallyConsistent(0 &- 1)
        taken.addSequentiallyConsistent(1)
    }

    // MARK: What waiters look at

    /// Is there an element, in a ring or about to be, or is the queue closed?
    @inlinable
    var isClosedOrNotEmpty: Bool {
        let left = taken.loadSequentiallyConsistent()
        return reserved.loadSequentiallyConsistent() != left
    }

    /// Is there room, or is the queue closed?
    @inlinable
    var isClosedOrNotFull: Bool {
        let left = taken.loadSequentiallyConsistent()
        let entered = reserved.loadSequentiallyConsistent()
        // Deeper than full: elements were taken between the two loads.
        return entered & Self.closedBit != 0 || entered &- left != capacity
    }

    /// Closed, and everything that ever entered was taken.
    @inlinable
    var isFinished: Bool {
        // Once closed, reservations only shrink (by being given back) and takes only grow, and never past them.
        let entered = reserved.loadSequentiallyConsistent()
        return taken.loadSequentiallyConsistent() | Self.closedBit == entered
    }
}

// An address. The words behind it are atomic.
extension TierWords: @unchecked Sendable {}
