public import ConcurrencySupport

/// The slots of a lock-free queue: which of them may be filled or emptied next, and by whom.
///
/// It hands out positions and knows nothing of what is stored: ``SlotQueue`` moves elements in and out of the memory at a
/// position between claiming and publishing it, and adds policies and waiting. The two implementations are
/// ``SharedSlots`` (any number of producers and consumers) and ``SingleSlots`` (one of each).
///
/// Generic over the atomic word, so that the same code runs on the machine and under a model checker.
public protocol SlotSource: ~Copyable, Sendable {
    /// The atomic words it is made of.
    associatedtype Word: AtomicWord

    /// Whether any number of threads may push at once, and pop at once.
    static var isShared: Bool { get }

    /// The most slots claimed by producers and not yet released by consumers.
    var capacity: UInt { get }
    /// The bytes of all slots and counters.
    var byteCount: Int { get }

    /// Claims the next free slot for an element, unless there is none or the queue is closed; or says that another producer
    /// was quicker.
    func attemptFree() -> SlotClaim
    /// Claims the next free slots, at most `count`, one after the other from the claim's position on.
    func claimFree(upTo count: UInt) -> SlotRun
    /// Lets consumers have a claimed slot, which now holds an element.
    func publish(_ claim: SlotClaim)
    /// The same for a run of slots, all of which were claimed together: calls `fill` with the memory for each element, in
    /// order, and publishes each.
    func publish(_ run: SlotRun, filling fill: (UnsafeMutableRawPointer) -> Void)

    /// Claims the next filled slot, unless there is none; or says that another consumer was quicker. Never says `.closed`.
    func attemptFilled() -> SlotClaim
    /// Claims the next filled slots, at most `count`.
    func claimFilled(upTo count: UInt) -> SlotRun
    /// Gives back a claimed slot, which no longer holds an element.
    func release(_ claim: SlotClaim)
    /// The same for a run of slots, all of which were claimed together: calls `empty` with the memory of each element, in
    /// order, and gives each back.
    func release(_ run: SlotRun, emptying empty: (UnsafeMutableRawPointer) -> Void)

    /// The memory for the element of a claimed slot.
    func address(_ claim: SlotClaim) -> UnsafeMutableRawPointer

    /// Claims the oldest element's slot for a new element, in one step, if all slots are filled. For shared slots only.
    func claimReplacement() -> SlotReplacement
    /// Makes the claimed slot the newest; `false`: the queue was closed, the slot has been given back empty.
    func completeReplacement(_ replacement: SlotReplacement) -> Bool

    /// No more claims of free slots. One that was claimed before is still published.
    func close()

    /// Whether every element that entered has been claimed by a consumer, at a moment during the call.
    var isEmpty: Bool { get }
    /// The same, and nobody is in the middle of replacing the last element. May be `false`, too, while a consumer is in the
    /// middle of taking it.
    var isEmptyWithoutReplacement: Bool { get }
    /// What a consumer that is about to wait looks at: is there an element (published or about to be), or is the queue
    /// closed?
    var isClosedOrNotEmpty: Bool { get }
    /// What a producer that is about to wait looks at: is there room (now or in a moment), or is the queue closed?
    var isClosedOrNotFull: Bool { get }
    /// Closed, and everything that ever entered has been claimed by a consumer.
    var isFinished: Bool { get }
    /// Whether ``close()`` was called.
    var isClosed: Bool { get }

    /// How many slots were ever claimed by producers, and by consumers: read one after the other, consumers first.
    var counts: (pushed: UInt64, popped: UInt64) { get }

    /// The counters that belong to the queue around it: refusals, drops and the like. On cache lines of their own.
    func counter(_ counter: SlotCounter) -> Word

    /// After a producer's claim was published: does a consumer wait that may not know of it?
    func hasWaitingConsumers(after claim: SlotClaim) -> Bool
    /// The same of a run.
    var hasWaitingConsumers: Bool { get }
    /// After a claim by a consumer, likewise.
    var hasWaitingProducers: Bool { get }
    /// At the beginning of what a waiter looks at, after it was counted: orders its reads after that.
    func orderWaiter()
}

extension SlotSource where Self: ~Copyable {
    /// Claims the next free slot for an element, unless there is none or the queue is closed. Whoever finds that another was
    /// quicker leaves the queue's end to it for a while.
    @inlinable @inline(__always)
    func claimFree() -> SlotClaim {
        while true {
            let claim = attemptFree()
            if claim.outcome != .overtaken { return claim }
            Word.stepBack()
        }
    }

    /// Claims the next filled slot, likewise, unless there is none.
    @inlinable @inline(__always)
    func claimFilled() -> SlotClaim {
        while true {
            let claim = attemptFilled()
            if claim.outcome != .overtaken { return claim }
            Word.stepBack()
        }
    }
}

/// What came of asking for a slot.
@frozen
public struct SlotClaim: Sendable {
    @frozen
    @usableFromInline
    enum Outcome: Sendable { case claimed, refused, closed, overtaken }

    @usableFromInline let outcome: Outcome
    @usableFromInline let position: UInt
    /// What the slots remember of the claim until it is published or released, so that they needn't find it out again.
    @usableFromInline let mark: UInt

    @inlinable @inline(__always)
    init(outcome: Outcome, position: UInt, mark: UInt) {
        self.outcome = outcome
        self.position = position
        self.mark = mark
    }

    @inlinable @inline(__always)
    static func claimed(_ position: UInt, mark: UInt = 0) -> Self {
        Self(outcome: .claimed, position: position, mark: mark)
    }
    @inlinable @inline(__always)
    static var refused: Self { Self(outcome: .refused, position: 0, mark: 0) }
    @inlinable @inline(__always)
    static var closed: Self { Self(outcome: .closed, position: 0, mark: 0) }
    @inlinable @inline(__always)
    static var overtaken: Self { Self(outcome: .overtaken, position: 0, mark: 0) }
}

/// Slots that follow each other.
@frozen
public struct SlotRun: Sendable {
    @usableFromInline let position: UInt
    /// 0: none.
    @usableFromInline let count: UInt

    @inlinable @inline(__always)
    init(position: UInt, count: UInt) {
        self.position = position
        self.count = count
    }
}

/// What came of asking for the oldest element's slot.
@frozen
public enum SlotReplacement: Sendable {
    /// The slot at `oldest` holds an element to be evicted; the new one belongs at `newest`, the same slot a lap later.
    case claimed(oldest: SlotClaim, newest: SlotClaim)
    /// There is room, or somebody is in the middle of an operation: try again.
    case retry
    /// The queue is closed.
    case closed
}

/// The counters and waiter counts of a queue.
@frozen
public enum SlotCounter: Int, Sendable, CaseIterable {
    /// How many consumers wait; then how many producers do.
    case waitingConsumers, waitingProducers
    /// Offers that did not enter; of those, dropped; of those, sampled out.
    case refused, dropped, sampledOut
    /// Elements that made room; elements that went by way of the secondary store.
    case evicted, spilled
    /// Elements in the secondary store; elements that consumers took from there.
    case stored, takenFromStore
    /// Offers that were sampled.
    case offersSampled
    /// Waits of producers, and their time.
    case timesBlocked, blockedNanoseconds
    /// How long consumers look before they are suspended; see ``Patience``.
    case patience

    /// In words of 8 bytes from the beginning of the counters: what every operation reads stands on a line (128 bytes: two
    /// lines, because processors fetch them in pairs) apart from what refusals write.
    @inlinable @inline(__always)
    var byteOffset: Int {
        switch self {
        case .waitingConsumers: 0
        case .waitingProducers: 8
        case .stored: 16
        default: 128 + 8 * rawValue
        }
    }

    @inlinable static var byteCount: Int { 384 }
}

/// How far apart the slots of a ring lie: memory against speed.
@frozen
public enum SlotSpacing: Sendable, Hashable {
    /// Each slot on a cache line (64 bytes) of its own, so that neighbours in the queue don't slow each other down: best where
    /// consumers are close behind producers, as tasks are.
    case padded
    /// Each slot on a pair of cache lines (128 bytes), which some processors fetch together.
    case widelyPadded
    /// As close as alignment allows: 16 bytes a slot for an element of a word, so that a line carries four elements. For many
    /// queues or large capacities, and for threads; tasks lose by it.
    case dense
}

/// Where in its slot an element lies behind the slot's atomic word, and how far apart slots are.
@frozen
public struct SlotLayout: Sendable {
    @usableFromInline let elementOffset: Int
    @usableFromInline let stride: Int

    @inlinable @inline(__always)
    package init<Element: ~Copyable>(for element: Element.Type, spacing: SlotSpacing) {
        let alignment = MemoryLayout<Element>.alignment
        precondition(alignment <= 64, "elements aligned to more than 64 bytes are not supported")
        elementOffset = (MemoryLayout<UInt>.size + alignment - 1) & ~(alignment - 1)
        let rounding =
            switch spacing {
            case .padded: 64
            case .widelyPadded: 128
            case .dense: max(8, alignment)
            }
        stride = (elementOffset + MemoryLayout<Element>.size + rounding - 1) & ~(rounding - 1)
    }
}
