public import ConcurrencySupport

/// A bounded priority queue without a lock for any number of producers and consumers: one ring for each tier, and shared
/// counters that keep the bound over all of them exactly.
///
/// A push and a pop cost what they cost ``RingQueue`` and two atomic additions each. Tasks and threads that must wait do so
/// in lists beside the rings; as long as nobody waits, that costs a few loads. They are woken in order of tier and arrival, but a
/// newcomer may get in before one that was woken and hasn't run yet.
///
/// **Relaxed, not strict.** While another operation is half done, `tryPush` may say full although an element has just left
/// and `tryPop` may say empty or take a less urgent element although a more urgent one is just entering. The bound, the
/// overload table, the order within a tier and conservation are exact. `push` and `pop` wait out such moments. In the
/// strict sense it is not lock-free: a thread that the system stops in the middle of an operation holds up its one slot
/// until it runs again.
///
/// **Ageing.** As long as nobody else pops at the same time, the ageing limit holds exactly as in the strict queues. With C
/// consumers that pop at the same moment, the oldest element of a tier is taken within ``TieredRings/ageingLimit`` +
/// (C − 1) × (C + 3) takes: the C − 1 others may have chosen before it became due; for each of the three other tiers that
/// may be due too, all of them may choose that one before it is known to be served; and each of those that chose early,
/// when it ends, may make a tier look due once more to all of them.
///
/// - Complexity: O(1), no allocation. A cancelled or late wait O(waiters).
/// - Memory: `capacity` slots for each tier, since any tier may fill the queue: see ``SlotSpacing`` and
///   ``TieredRings/storageBytes``.
public typealias RingPriorityQueue<Element: Sendable> = TieredRings<Element, HardwareWord>

/// What ``RingPriorityQueue`` is, which is how to name it, of any atomic words: so that the same code runs on the machine
/// and under a model checker.
public final class TieredRings<Element: Sendable, Word: AtomicWord>: BlockingBoundedPriorityQueue {
    /// The most elements, of all tiers together, that can be inside at once: exactly what was asked for.
    public let capacity: Int
    /// Which tiers are turned away as the queue fills.
    public let overload: OverloadTable
    /// Within how many takes the oldest element of a tier is taken, as long as nobody else pops.
    public let ageingLimit: Int

    @usableFromInline let words: TierWords<Word>
    @usableFromInline typealias Ring = SlotQueue<Element, SharedSlots<Word>>
    @usableFromInline let rings: PerTier<Ring>
    /// The same rings: a reference that is chosen among four would be retained for each call.
    @usableFromInline let unretainedRings: PerTier<Unmanaged<Ring>>
    @usableFromInline let producers: PerTier<WaitList<Word>>
    @usableFromInline let consumers: WaitList<Word>
    @usableFromInline let effects: PriorityEffects<Element>

    /// - Parameters:
    ///   - capacity: the most elements inside at once, kept exactly; at least 1, else a precondition fails.
    ///   - overload: which tiers are turned away as the queue fills.
    ///   - ageingLimit: within how many takes the oldest element of a tier is taken; at least 4, else a precondition fails.
    ///     `Int.max`: urgency alone decides.
    ///   - spacing: how far apart the slots of the rings lie: memory against speed.
    ///   - clock: what the time spent blocked, and the consumers' speed, are measured on.
    ///   - onDrop: receives what the overload table drops.
    public init(
        capacity: Int,
        overload: OverloadTable = OverloadTable(),
        ageingLimit: Int = 64,
        spacing: SlotSpacing = .dense,
        clock: any NanosecondClock = SystemNanosecondClock(),
        onDrop: PriorityDropHandler<Element>? = nil
    ) {
        let words = TierWords<Word>(capacity: capacity, overload: overload, ageingLimit: ageingLimit)
        self.capacity = capacity
        self.overload = overload
        self.ageingLimit = ageingLimit
        effects = PriorityEffects(capacity: capacity, overload: overload, clock: clock, onDrop: onDrop)
        let rings = PerTier { _ in
            Ring(
                slots: SharedSlots(capacity: capacity, layout: SlotLayout(for: Element.self, spacing: spacing)),
                policy: .block,
                spacing: spacing,
                consistency: .relaxed,
                clock: clock,
                spill: nil,
                onDrop: nil
            )
        }
        self.rings = rings
        unretainedRings = PerTier { Unmanaged.passUnretained(rings[$0]) }
        producers = PerTier { WaitList(waitingWord: words.waitingProducers($0)) }
        consumers = WaitList(waitingWord: words.waitingConsumers)
        self.words = words
    }

    /// The bytes of all slots and counters.
    public var storageBytes: Int {
        PriorityTier.allCases.reduce(TierWords<Word>.byteCount) { $0 + rings[$1].storageBytes }
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedPriorityQueue/tryPush(_:priority:)``.
    @inlinable @inline(__always)
    public func tryPush(_ element: Element, priority tier: PriorityTier) -> PushResult<Element> {
        switch attempt(element, tier) {
        case .reserved: .accepted
        case .full: refuse(element, tier, .full)
        case .shed(let depth): shed(element, tier, depth: depth)
        case .closed: refuse(element, tier, .closed)
        }
    }

    /// Takes the next element, or `nil` if there is none now. O(1).
    @inlinable @inline(__always)
    public func tryPop() -> Prioritized<Element>? {
        let (tier, takes) = words.nextTier()
        guard let tier else { return nil }
        if let element = pop(from: tier) { return take(element, tier, after: takes) }
        return tryPop(except: tier)
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        words.close()
        for tier in PriorityTier.allCases { producers[tier].notifyAll() }
        consumers.notifyAll()
    }

    /// Counts and depths. See ``PriorityStatistics``.
    public func statistics() -> PriorityStatistics {
        let tiers = PerTier { tier in
            let ring = rings[tier].statistics()
            func count(_ counter: TierWords<Word>.Counter) -> UInt64 {
                UInt64(words.counter(counter, tier).loadRelaxed())
            }
            return TierStatistics(
                accepted: ring.accepted,
                refused: count(.refused),
                shed: count(.shed),
                dropped: count(.dropped),
                taken: ring.taken,
                timesBlocked: count(.timesBlocked),
                blockedNanoseconds: count(.blockedNanoseconds),
                depth: ring.depth
            )
        }
        return PriorityStatistics(tiers: tiers, peakDepth: nil, capacity: capacity)
    }

    // MARK: Pushing

    /// One attempt to enter, and a consumer woken if one waits.
    @inlinable @inline(__always)
    func attempt(_ element: Element, _ tier: PriorityTier) -> TierWords<Word>.Reservation {
        let reservation = words.reserve(tier)
        guard case .reserved = reservation else { return reservation }
        words.announce(tier)
        // Safe: `rings` holds them for as long as this lives.
        let isInside = unretainedRings[tier]._withUnsafeGuaranteedRef { $0.tryPush(element).isAccepted }
        guard isInside else { return giveUpPlace(tier) }
        if words.waitingConsumers.loadSequentiallyConsistent() != 0 { consumers.notifyOne() }
        return .reserved
    }

    /// A consumer has claimed the slot that is next for this tier a lap ago and hasn't emptied it yet.
    @inlinable @inline(never)
    func giveUpPlace(_ tier: PriorityTier) -> TierWords<Word>.Reservation {
        words.retract(tier)
        words.giveBack()
        // Somebody may have found the queue full because of this place.
        wakeProducer()
        return .full
    }

    @usableFromInline
    enum Refusal: Sendable { case full, closed, late, cancelled }

    @usableFromInline
    func refuse(_ element: Element, _ tier: PriorityTier, _ refusal: Refusal) -> PushResult<Element> {
        words.counter(.refused, tier).addRelaxed(1)
        switch refusal {
        case .full: return .full(element)
        case .closed: return .closed(element)
        case .late: return .timedOut(element)
        case .cancelled: return .cancelled(element)
        }
    }

    /// What the table says of an element that it turns away.
    @usableFromInline
    func shed(_ element: Element, _ tier: PriorityTier, depth: Int) -> PushResult<Element> {
        words.counter(.refused, tier).addRelaxed(1)
        words.counter(.shed, tier).addRelaxed(1)
        if overload.action == .refuse {
            return effects.reject(element, tier, depth: depth, taken: UInt64(words.taken.loadRelaxed()))
        }
        words.counter(.dropped, tier).addRelaxed(1)
        return effects.drop(element, tier, depth: depth)
    }

    // MARK: Popping

    /// The tier whose turn it was had nothing after all: its element was taken, or isn't in the ring yet. Leaving it out,
    /// urgency and ageing choose among the others, so that a push that is held up half done holds up nobody else.
    @inlinable @inline(never)
    func tryPop(except first: PriorityTier) -> Prioritized<Element>? {
        var isLeftOut = PerTier { $0 == first }
        while true {
            let (tier, takes) = words.nextTier(except: isLeftOut)
            guard let tier else { return nil }
            if let element = pop(from: tier) { return take(element, tier, after: takes) }
            isLeftOut[tier] = true
        }
    }

    @inlinable @inline(__always)
    func pop(from tier: PriorityTier) -> Element? {
        // Safe: `rings` holds them for as long as this lives.
        unretainedRings[tier]._withUnsafeGuaranteedRef { $0.tryPop() }
    }

    @inlinable @inline(__always)
    func take(_ element: Element, _ tier: PriorityTier, after takes: UInt) -> Prioritized<Element> {
        words.count(takenFrom: tier, after: takes)
        wakeProducer()
        return Prioritized(element, tier)
    }

    /// Wakes the producer of the most urgent tier that has waited longest.
    @inlinable @inline(__always)
    func wakeProducer() {
        let waiting = PerTier { words.waitingProducers($0).loadSequentiallyConsistent() }
        if waiting.critical | waiting.high | waiting.normal | waiting.low != 0 { wakeProducer(waiting) }
    }

    @usableFromInline
    func wakeProducer(_ waiting: PerTier<UInt>) {
        for tier in PriorityTier.allCases where waiting[tier] != 0 {
            producers[tier].notifyOne()
            return
        }
    }
}
