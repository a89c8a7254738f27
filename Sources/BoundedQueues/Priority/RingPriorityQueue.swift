public import ConcurrencySupport

/// A bounded priority queue without a lock for any number of producers and consumers: one ring for each tier, and shared
/// counters that keep the bound over all of them exactly.
///
/// A push and a pop cost what they cost ``RingQueue`` and two atomic additions each. Tasks that must wait suspend on lists
/// beside the rings; as long as nobody waits, that costs a few loads. They are woken in order of tier and arrival, but a
/// newcomer may get in before one that was woken and hasn't run yet.
///
/// **Relaxed, not strict.** While another operation is half done, `tryPush` may say full although an element has just left
/// and `tryPop` may say empty or take a less urgent element although a more urgent one is just entering. The bound, the
/// overload table, the order within a tier and conservation are exact. `push` and `pop` wait out such moments. In the
/// strict sense it is not lock-free: a thread that the system stops in the middle of an operation holds up its one slot
/// until it runs again.
///
/// **Ageing.** As long as nobody else pops at the same time, the ageing limit holds exactly as in the strict queues. With C
/// consumers that pop at the same moment, the oldest element of a tier is taken within ``ageingLimit`` + (C − 1) × (C + 3)
/// takes: the C − 1 others may have chosen before it became due; for each of the three other tiers that may be due too,
/// all of them may choose that one before it is known to be served; and each of those that chose early, when it ends,
/// may make a tier look due once more to all of them.
///
/// - Complexity: O(1), no allocation. A cancelled wait O(tasks waiting).
/// - Memory: `capacity` slots for each tier, since any tier may fill the queue: see ``SlotSpacing``. Plus three kilobytes.
public final class RingPriorityQueue<Element: Sendable>: SynchronousBoundedPriorityQueue {
    /// The most elements, of all tiers together, that can be inside at once: exactly what was asked for.
    public let capacity: Int
    /// Which tiers are turned away as the queue fills.
    public let overload: OverloadTable
    /// Within how many takes the oldest element of a tier is taken, as long as nobody else pops.
    public let ageingLimit: Int

    @usableFromInline let words: TierWords<HardwareWord>
    @usableFromInline let rings: PerTier<RingQueue<Element>>
    @usableFromInline let producers: PerTier<WaitList<HardwareWord>>
    @usableFromInline let consumers: WaitList<HardwareWord>
    @usableFromInline let onDrop: PriorityDropHandler<Element>?

    /// - Parameters:
    ///   - capacity: the most elements inside at once, kept exactly; at least 1, else a precondition fails.
    ///   - overload: which tiers are turned away as the queue fills.
    ///   - ageingLimit: within how many takes the oldest element of a tier is taken; at least 4, else a precondition fails.
    ///     `Int.max`: urgency alone decides.
    ///   - spacing: how far apart the slots of the rings lie: memory against speed.
    ///   - onDrop: receives what the overload table drops.
    public init(
        capacity: Int,
        overload: OverloadTable = OverloadTable(),
        ageingLimit: Int = 64,
        spacing: SlotSpacing = .dense,
        onDrop: PriorityDropHandler<Element>? = nil
    ) {
        let words = TierWords<HardwareWord>(capacity: capacity, overload: overload, ageingLimit: ageingLimit)
        self.capacity = capacity
        self.overload = overload
        self.ageingLimit = ageingLimit
        self.onDrop = onDrop
        rings = PerTier { _ in RingQueue(capacity: capacity, policy: .block, spacing: spacing) }
        producers = PerTier { WaitList(waitingWord: words.waitingProducers($0)) }
        consumers = WaitList(waitingWord: words.waitingConsumers)
        self.words = words
    }

    /// Offers an element without waiting for room. O(1). See ``BoundedPriorityQueue/tryPush(_:priority:)``.
    @inlinable @inline(__always)
    public func tryPush(_ element: Element, priority tier: PriorityTier) -> PushResult<Element> {
        switch attempt(element, tier) {
        case .reserved: .accepted
        case .full: refuse(element, tier)
        case .shed(let depth): shed(element, tier, depth: depth)
        case .closed: refuseClosed(element, tier)
        }
    }

    /// Takes the next element, or `nil` if there is none now. O(1).
    @inlinable @inline(__always)
    public func tryPop() -> Prioritized<Element>? {
        let (tier, takes) = words.nextTier()
        guard let tier else { return nil }
        if let element = rings[tier].tryPop() { return take(element, tier, after: takes) }
        return tryPop(except: tier)
    }

    /// Offers an element; what isn't shed suspends until there is room. See ``BoundedPriorityQueue/push(_:priority:)``.
    @inlinable @inline(__always)
    public func push(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element> {
        switch attempt(element, tier) {
        case .reserved: .accepted
        case .full: await waitAndPush(element, tier)
        case .shed(let depth): shed(element, tier, depth: depth)
        case .closed: refuseClosed(element, tier)
        }
    }

    /// Takes the next element; suspends while there is none. See ``BoundedPriorityQueue/pop()``.
    @inlinable @inline(__always)
    public func pop() async -> Prioritized<Element>? {
        if let next = tryPop() { return next }
        return await waitAndPop()
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
            func count(_ counter: TierWords<HardwareWord>.Counter) -> UInt64 {
                UInt64(words.counter(counter, tier).loadRelaxed())
            }
            return TierStatistics(
                accepted: ring.accepted,
                refused: count(.refused),
                shed: count(.shed),
                dropped: count(.dropped),
                taken: ring.taken,
                timesBlocked: count(.timesBlocked),
                depth: ring.depth
            )
        }
        return PriorityStatistics(tiers: tiers, peakDepth: nil, capacity: capacity)
    }

    // MARK: Pushing

    /// One attempt to enter, and a consumer woken if one waits.
    @inlinable @inline(__always)
    func attempt(_ element: Element, _ tier: PriorityTier) -> TierWords<HardwareWord>.Reservation {
        let reservation = words.reserve(tier)
        guard case .reserved = reservation else { return reservation }
        words.announce(tier)
        guard rings[tier].tryPush(element).isAccepted else { return giveUpPlace(tier) }
        if words.waitingConsumers.loadSequentiallyConsistent() != 0 { consumers.notifyOne() }
        return .reserved
    }

    /// A consumer has claimed the slot that is next for this tier a lap ago and hasn't emptied it yet.
    @inlinable @inline(never)
    func giveUpPlace(_ tier: PriorityTier) -> TierWords<HardwareWord>.Reservation {
        words.retract(tier)
        words.giveBack()
        // Somebody may have found the queue full because of this place.
        wakeProducer()
        return .full
    }

    @inlinable @inline(never)
    func waitAndPush(_ element: Element, _ tier: PriorityTier) async -> PushResult<Element> {
        var ticket = WaitTicket()
        var backoff = Backoff(pauses: 16)
        var hasWaited = false
        while true {
            switch attempt(element, tier) {
            case .reserved:
                if hasWaited { wakeNextProducer() }
                return .accepted
            case .shed(let depth): return shed(element, tier, depth: depth)
            case .closed: return refuseClosed(element, tier)
            case .full: break
            }
            if backoff.pauseBriefly() { continue }
            // Room by count though the attempt failed: a consumer is about to free the slot.
            if words.isClosedOrNotFull {
                await Task.yield()
                continue
            }
            if !hasWaited { words.counter(.timesBlocked, tier).addRelaxed(1) }
            hasWaited = true
            if await producers[tier].wait(ticket: &ticket, unless: { words.isClosedOrNotFull }) == .cancelled {
                words.counter(.refused, tier).addRelaxed(1)
                wakeNextProducer()
                return .cancelled(element)
            }
        }
    }

    @inlinable
    func refuse(_ element: Element, _ tier: PriorityTier) -> PushResult<Element> {
        words.counter(.refused, tier).addRelaxed(1)
        return .full(element)
    }

    @inlinable
    func refuseClosed(_ element: Element, _ tier: PriorityTier) -> PushResult<Element> {
        words.counter(.refused, tier).addRelaxed(1)
        return .closed(element)
    }

    /// What the table says of an element that it turns away.
    @inlinable
    func shed(_ element: Element, _ tier: PriorityTier, depth: Int) -> PushResult<Element> {
        words.counter(.refused, tier).addRelaxed(1)
        words.counter(.shed, tier).addRelaxed(1)
        if overload.action == .refuse {
            return .rejected(element, QueueFullError(depth: depth, capacity: capacity, retryAfterNanoseconds: 0))
        }
        words.counter(.dropped, tier).addRelaxed(1)
        onDrop?(Prioritized(element, tier), .overloaded(depth: depth, capacity: capacity))
        return .dropped
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
            if let element = rings[tier].tryPop() { return take(element, tier, after: takes) }
            isLeftOut[tier] = true
        }
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
        for tier in PriorityTier.allCases where words.waitingProducers(tier).loadSequentiallyConsistent() != 0 {
            producers[tier].notifyOne()
            return
        }
    }

    /// Called by a producer that leaves the line: passes on what it may have kept from the others.
    ///
    /// Each tier has a line of its own. A take that sees this producer in its line notifies that line, but another take may
    /// have done so already, or the producer has left by itself: then the notification finds nobody, and those in the
    /// lines of other tiers would wait on although there is room.
    @usableFromInline
    func wakeNextProducer() {
        if words.isClosedOrNotFull { wakeProducer() }
    }

    @inlinable @inline(never)
    func waitAndPop() async -> Prioritized<Element>? {
        var ticket = WaitTicket()
        var backoff = Backoff(pauses: 16)
        while true {
            if let next = tryPop() { return next }
            if words.isFinished { return nil }
            if backoff.pauseBriefly() { continue }
            // An element by count though the attempt failed: a producer is about to enter, or a consumer about to count.
            if words.isClosedOrNotEmpty {
                await Task.yield()
                continue
            }
            if await consumers.wait(ticket: &ticket, unless: { words.isClosedOrNotEmpty }) == .cancelled {
                return nil
            }
        }
    }
}
