public import DequeModule

/// The state machine of the priority queues that have one place where everything happens (a lock, an actor).
///
/// It decides; it neither suspends nor resumes nor calls anyone. Producers and consumers that wait are tokens to it: the
/// driver makes them (continuations, in production) and carries out the returned action after it has left the lock.
///
/// Invariants: consumers wait only while all tiers are empty; producers wait only while the queue is full.
@usableFromInline
struct PriorityState<Element, Producer, Consumer>: ~Copyable {
    @usableFromInline
    struct WaitingProducer {
        @usableFromInline var id: UInt64
        @usableFromInline var element: Element
        @usableFromInline var token: Producer

        @inlinable
        init(id: UInt64, element: Element, token: Producer) {
            self.id = id
            self.element = element
            self.token = token
        }
    }

    @usableFromInline
    struct WaitingConsumer {
        @usableFromInline var id: UInt64
        @usableFromInline var token: Consumer

        @inlinable
        init(id: UInt64, token: Consumer) {
            self.id = id
            self.token = token
        }
    }

    @usableFromInline var lists: TierLists<Element>
    @usableFromInline var producers = PerTier { _ in Deque<WaitingProducer>() }
    /// In all lines together, so that a take needn't look at four of them.
    @usableFromInline var waitingProducers = 0
    @usableFromInline var consumers = Deque<WaitingConsumer>()
    @usableFromInline let sheddingDepths: PerTier<Int>
    @usableFromInline let drops: Bool
    @usableFromInline let ageingLimit: UInt
    @usableFromInline var isClosed = false
    @usableFromInline var nextID: UInt64 = 0
    /// Elements taken from all tiers: what ageing counts in.
    @usableFromInline var takes: UInt = 0
    /// Before which take the oldest of a tier must have left; says nothing of a tier without elements.
    @usableFromInline var deadlines = PerTier { _ in UInt(0) }
    /// All but the depths.
    @usableFromInline var counts = PerTier { _ in TierStatistics() }
    @usableFromInline var peakDepth = 0

    @inlinable
    init(capacity: Int, overload: OverloadTable, ageingLimit: Int) {
        Ageing.validate(ageingLimit)
        lists = TierLists(capacity: capacity)
        sheddingDepths = overload.sheddingDepths(capacity: capacity)
        drops = overload.action == .drop
        self.ageingLimit = UInt(ageingLimit)
    }

    // MARK: Pushing

    /// What the driver does after an offer.
    @usableFromInline
    enum PushAction {
        case accepted
        /// Accepted and taken at once: give it to this consumer.
        case deliver(Element, to: Consumer)
        /// The overload table turned it away at this depth, after so many takes.
        case rejected(Element, depth: Int, taken: UInt64)
        /// The overload table turned it away at this depth, and it goes to the drop handler.
        case dropped(Element, depth: Int)
        case full(Element)
        case closed(Element)
    }

    @inlinable
    mutating func push(_ element: consuming Element, _ tier: PriorityTier) -> PushAction {
        if isClosed {
            counts.update(tier) { $0.refused &+= 1 }
            return .closed(element)
        }
        if !consumers.isEmpty {
            counts.update(tier) {
                $0.accepted &+= 1
                $0.taken &+= 1
            }
            takes &+= 1
            return .deliver(element, to: consumers.removeFirst().token)
        }
        if lists.count >= sheddingDepths[tier] { return shed(element, tier) }
        if lists.isFull {
            counts.update(tier) { $0.refused &+= 1 }
            return .full(element)
        }
        accept(element, tier)
        return .accepted
    }

    @inlinable
    mutating func shed(_ element: consuming Element, _ tier: PriorityTier) -> PushAction {
        counts.update(tier) { $0.refused &+= 1 }
        counts.update(tier) { $0.shed &+= 1 }
        guard drops else { return .rejected(element, depth: lists.count, taken: UInt64(takes)) }
        counts.update(tier) { $0.dropped &+= 1 }
        return .dropped(element, depth: lists.count)
    }

    @inlinable
    mutating func accept(_ element: consuming Element, _ tier: PriorityTier) {
        counts.update(tier) { $0.accepted &+= 1 }
        if lists.counts[tier] == 0 {
            let deadline = takes &+ ageingLimit
            deadlines.update(tier) { $0 = deadline }
        }
        lists.append(element, to: tier)
        if lists.count > peakDepth { peakDepth = lists.count }
    }

    /// Offers an element if that can be decided now; otherwise gives the producer an id to wait under.
    @inlinable
    mutating func pushOrTakeNumber(_ element: Element, _ tier: PriorityTier) -> (PushAction?, id: UInt64) {
        mustWait(tier) ? (nil, makeID()) : (push(element, tier), 0)
    }

    /// Whether a producer that offered an element of a tier now would have to wait.
    @inlinable
    func mustWait(_ tier: PriorityTier) -> Bool {
        lists.isFull && lists.count < sheddingDepths[tier] && !isClosed
    }

    /// What the driver does for a producer that is ready to wait.
    @usableFromInline
    enum SuspendedPushAction {
        /// It waits under its id; nothing to do now.
        case wait
        case finish(PushAction)
    }

    /// Offers an element for a producer that waits if it must. The offer counts when it is decided.
    @inlinable
    mutating func pushOrWait(
        _ element: Element,
        _ tier: PriorityTier,
        id: UInt64,
        token: Producer
    ) -> SuspendedPushAction {
        guard mustWait(tier) else { return .finish(push(element, tier)) }
        counts.update(tier) { $0.timesBlocked &+= 1 }
        producers[tier].append(WaitingProducer(id: id, element: element, token: token))
        waitingProducers &+= 1
        return .wait
    }

    // MARK: Popping

    /// What the driver does after an element was asked for.
    @usableFromInline
    enum PopAction {
        case taken(Prioritized<Element>)
        /// Taken, and the element of the first producer in line has entered: tell it.
        case takenAndAdmitted(Prioritized<Element>, Producer)
        case empty
        /// Nothing inside and nothing will come.
        case finished
    }

    @inlinable
    mutating func pop() -> PopAction {
        guard let tier = nextTier else { return isClosed ? .finished : .empty }
        counts.update(tier) { $0.taken &+= 1 }
        takes &+= 1
        let deadline = takes &+ ageingLimit
        deadlines.update(tier) { $0 = deadline }
        let next = Prioritized(lists.removeFirst(of: tier), tier)
        guard waitingProducers > 0, let (producer, admitted) = popProducer() else { return .taken(next) }
        accept(producer.element, admitted)
        return .takenAndAdmitted(next, producer.token)
    }

    /// The tier that the next take serves.
    @inlinable
    var nextTier: PriorityTier? {
        guard lists.count > 0 else { return nil }
        return Ageing.nextTier(PerTier { lists.counts[$0] == 0 ? .max : deadlines[$0] &- takes })
    }

    /// The producer of the most urgent tier that has waited longest.
    @inlinable @inline(never)
    mutating func popProducer() -> (WaitingProducer, PriorityTier)? {
        for tier in PriorityTier.allCases {
            guard let producer = producers[tier].popFirst() else { continue }
            waitingProducers &-= 1
            return (producer, tier)
        }
        return nil
    }

    /// Takes an element if that can be decided now; otherwise gives the consumer an id to wait under.
    @inlinable
    mutating func popOrTakeNumber() -> (PopAction?, id: UInt64) {
        let action = pop()
        if case .empty = action { return (nil, makeID()) }
        return (action, 0)
    }

    /// Takes an element for a consumer that waits if it must; `nil`: it waits under its id.
    @inlinable
    mutating func popOrWait(id: UInt64, token: Consumer) -> PopAction? {
        let action = pop()
        guard case .empty = action else { return action }
        consumers.append(WaitingConsumer(id: id, token: token))
        return nil
    }

    // MARK: Leaving the line

    /// An id for a producer or consumer that is about to wait.
    @inlinable
    mutating func makeID() -> UInt64 {
        nextID &+= 1
        return nextID
    }

    /// Takes a producer out of the line, with its element; `nil` if it no longer waits. O(waiters).
    @inlinable
    mutating func cancelProducer(id: UInt64, _ tier: PriorityTier) -> (Element, Producer)? {
        guard let index = producers[tier].firstIndex(where: { $0.id == id }) else { return nil }
        counts.update(tier) { $0.refused &+= 1 }
        let producer = producers[tier].remove(at: index)
        waitingProducers &-= 1
        return (producer.element, producer.token)
    }

    /// Counts the offer of a producer that was cancelled before it could join the line.
    @inlinable
    mutating func cancelOffer(_ tier: PriorityTier) {
        counts.update(tier) { $0.refused &+= 1 }
    }

    /// Counts the time of a producer's wait that has ended.
    @inlinable
    mutating func countBlocked(_ tier: PriorityTier, nanoseconds: UInt64) {
        counts[tier].blockedNanoseconds &+= nanoseconds
    }

    /// Takes a consumer out of the line; `nil` if it no longer waits. O(waiters).
    @inlinable
    mutating func cancelConsumer(id: UInt64) -> Consumer? {
        guard let index = consumers.firstIndex(where: { $0.id == id }) else { return nil }
        return consumers.remove(at: index).token
    }

    /// Closes and returns everyone who waited: producers get their elements back, consumers learn that nothing comes.
    @inlinable
    mutating func close() -> (producers: [(Element, Producer)], consumers: [Consumer]) {
        isClosed = true
        var returned: [(Element, Producer)] = []
        for tier in PriorityTier.allCases {
            counts[tier].refused &+= UInt64(producers[tier].count)
            returned += producers[tier].map { ($0.element, $0.token) }
            producers[tier] = []
        }
        waitingProducers = 0
        let finished = consumers.map(\.token)
        consumers = []
        return (returned, finished)
    }

    @inlinable
    var statistics: PriorityStatistics {
        var statistics = PriorityStatistics(tiers: counts, peakDepth: peakDepth, capacity: lists.capacity)
        for tier in PriorityTier.allCases { statistics.tiers[tier].depth = lists.counts[tier] }
        return statistics
    }
}

extension PriorityState.PushAction: Sendable where Element: Sendable, Consumer: Sendable {}
extension PriorityState.SuspendedPushAction: Sendable where Element: Sendable, Consumer: Sendable {}
extension PriorityState.PopAction: Sendable where Element: Sendable, Producer: Sendable {}
