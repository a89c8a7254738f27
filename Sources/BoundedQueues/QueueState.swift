public import DequeModule

/// The state machine of the queues that have one place where everything happens (a lock, an actor).
///
/// It decides; it neither suspends nor resumes nor calls anyone. Producers and consumers that wait are tokens to it: the
/// driver makes them (continuations, in production) and carries out the returned action after it has left the lock.
///
/// Invariants: consumers wait only while the buffer is empty; producers wait only while it is full.
@usableFromInline
struct QueueState<Element, Producer, Consumer>: ~Copyable {
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

    /// Whether nobody waits, nothing is stored, and the policy lets everyone in while there is room: then an element enters
    /// or leaves without any decision. True only where ``isPlainNow`` is; it is set by whoever has just looked, and
    /// whatever changes that takes it back.
    @usableFromInline var isPlain = false
    @usableFromInline var buffer: RigidDeque<Element>
    // What the short path touches stands together, and first.
    @usableFromInline var accepted: UInt64 = 0
    @usableFromInline var taken: UInt64 = 0
    @usableFromInline var peakDepth = 0
    @usableFromInline var producers = Deque<WaitingProducer>()
    @usableFromInline var consumers = Deque<WaitingConsumer>()
    @usableFromInline let policy: OverflowPolicy
    @usableFromInline var isClosed = false
    @usableFromInline var nextID: UInt64 = 0
    @usableFromInline var refused: UInt64 = 0
    @usableFromInline var dropped: UInt64 = 0
    @usableFromInline var evicted: UInt64 = 0
    @usableFromInline var sampledOut: UInt64 = 0
    @usableFromInline var offersSampled: UInt = 0
    @usableFromInline var spilled: UInt64 = 0
    @usableFromInline var timesBlocked: UInt64 = 0
    @usableFromInline var blockedNanoseconds: UInt64 = 0
    /// Where the overflow goes with the policy `spill`. Not empty only while the buffer is full, or closed and emptying.
    @usableFromInline var store: (any SpillStore<Element>)?
    /// Elements in the store: kept here too, since asking it would cost every push and pop a call.
    @usableFromInline var storedCount = 0

    @inlinable
    init(capacity: Int, policy: OverflowPolicy, store: (any SpillStore<Element>)? = nil) {
        precondition(capacity > 0, "a bounded queue must hold at least one element; capacity was \(capacity)")
        precondition(
            (policy.kind == .spill) == (store != nil),
            "the policy 'spill' and a spill store go together; the policy is '\(policy)'"
        )
        buffer = RigidDeque(capacity: capacity)
        self.policy = policy
        self.store = store
        // What a durable store still has from before counts as accepted now, and is older than anything to come.
        storedCount = store?.count ?? 0
        accepted = UInt64(storedCount)
        spilled = accepted
        while storedCount > 0, !buffer.isFull, refill() {}
        peakDepth = buffer.count
    }

    /// Whether elements enter and leave without any decision, as it is now.
    @inlinable
    var isPlainNow: Bool {
        consumers.isEmpty && producers.isEmpty && storedCount == 0 && !isClosed && policy.kind != .sample
    }

    /// After a change that was not plain, by a driver of which nobody waits but in this state.
    @inlinable @inline(__always)
    mutating func settle() { isPlain = isPlainNow }

    /// Takes an element in where nothing is to be decided and nobody to be told: the path that has to be short.
    @inlinable @inline(__always)
    mutating func enterPlainly(_ element: Element) -> Bool {
        guard isPlain, !buffer.isFull else { return false }
        accept(element)
        return true
    }

    /// Takes the oldest element out where nobody waits for its room, likewise.
    @inlinable @inline(__always)
    mutating func leavePlainly() -> Element? {
        guard isPlain, !buffer.isEmpty else { return nil }
        taken &+= 1
        return buffer.removeFirst()
    }

    /// What the driver does after an offer.
    @usableFromInline
    enum PushAction {
        case accepted
        /// Accepted and taken at once: give it to this consumer.
        case deliver(Element, to: Consumer)
        /// Accepted in place of this one, which goes to the drop handler.
        case evicted(Element)
        /// Goes to the drop handler itself: it found the queue full, or wasn't the one in n.
        case dropped(Element, DropReason)
        case full(Element)
        /// Full, and to be told when to try again: so many were inside, and so many have been taken so far.
        case rejected(Element, depth: Int, taken: UInt64)
        case closed(Element)
    }

    @inlinable
    mutating func push(_ element: consuming Element) -> PushAction {
        if isClosed {
            refused &+= 1
            return .closed(element)
        }
        // Before anything else: sampling may begin at an empty queue, where consumers wait.
        if policy.kind == .sample, isSampledOut() { return drop(element, .sampledOut) }
        if !consumers.isEmpty {
            accepted &+= 1
            taken &+= 1
            return .deliver(element, to: consumers.removeFirst().token)
        }
        if !buffer.isFull, storedCount == 0 {
            accept(element)
            return .accepted
        }
        switch policy.kind {
        case .block, .throttle:
            refused &+= 1
            return .full(element)
        case .reject:
            return reject(element)
        case .dropNewest, .sample:
            return drop(element, .full)
        case .dropOldest:
            evicted &+= 1
            let oldest = buffer.removeFirst()
            accept(element)
            return .evicted(oldest)
        case .spill:
            guard store!.append(element) else { return reject(element) }
            isPlain = false
            storedCount = store!.count
            accepted &+= 1
            spilled &+= 1
            return .accepted
        }
    }

    /// Whether the offer is one of those that sampling turns away.
    @inlinable
    mutating func isSampledOut() -> Bool {
        guard buffer.count >= policy.samplingDepth(capacity: buffer.capacity) else { return false }
        defer { offersSampled &+= 1 }
        return offersSampled % policy.interval != 0
    }

    @inlinable
    mutating func drop(_ element: consuming Element, _ reason: DropReason) -> PushAction {
        refused &+= 1
        dropped &+= 1
        if reason == .sampledOut { sampledOut &+= 1 }
        return .dropped(element, reason)
    }

    @inlinable
    mutating func reject(_ element: consuming Element) -> PushAction {
        refused &+= 1
        return .rejected(element, depth: buffer.count, taken: taken)
    }

    /// Elements in the buffer.
    @inlinable
    var depth: Int { buffer.count }

    @inlinable @inline(__always)
    mutating func accept(_ element: consuming Element) {
        accepted &+= 1
        buffer.append(element)
        if buffer.count > peakDepth { peakDepth = buffer.count }
    }

    /// Offers an element if that can be decided now; `nil`: the producer would have to wait.
    @inlinable
    mutating func pushUnlessWaiting(_ element: Element) -> PushAction? {
        mustWait ? nil : push(element)
    }

    /// Offers an element if that can be decided now; otherwise gives the producer an id to wait under.
    @inlinable
    mutating func pushOrTakeNumber(_ element: Element) -> (PushAction?, id: UInt64) {
        if let action = pushUnlessWaiting(element) { return (action, 0) }
        return (nil, makeID())
    }

    /// Whether a producer that offered an element now would have to wait.
    @inlinable
    var mustWait: Bool {
        policy.waitsForRoom && buffer.isFull && !isClosed
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
    mutating func pushOrWait(_ element: Element, id: UInt64, token: Producer) -> SuspendedPushAction {
        guard mustWait else { return .finish(push(element)) }
        isPlain = false
        producers.append(WaitingProducer(id: id, element: element, token: token))
        return .wait
    }

    /// What the driver does after an element was asked for.
    @usableFromInline
    enum PopAction {
        case taken(Element)
        /// Taken, and the longest waiting producer's element has entered: tell it.
        case takenAndAdmitted(Element, Producer)
        case empty
        /// Nothing inside and nothing will come.
        case finished
    }

    @inlinable
    mutating func pop() -> PopAction {
        // Empty beside a store that isn't only if that had nothing to give when it was last asked.
        guard !buffer.isEmpty || storedCount > 0 && refill() else { return isClosed ? .finished : .empty }
        taken &+= 1
        let element = buffer.removeFirst()
        if storedCount > 0 { refill() }
        guard !producers.isEmpty else { return .taken(element) }
        let producer = producers.removeFirst()
        accept(producer.element)
        return .takenAndAdmitted(element, producer.token)
    }

    /// What the driver does after it offered a batch, or took one.
    @usableFromInline
    struct BatchActions {
        @usableFromInline var deliveries: [(element: Element, consumer: Consumer)] = []
        @usableFromInline var givenUp: [(element: Element, reason: DropReason)] = []
        @usableFromInline var admitted: [Producer] = []

        @inlinable
        init() {}
    }

    /// Offers the elements after the first `result.consumed` until one doesn't enter for want of room. Where the driver
    /// goes on to wait with that one, it has not been offered yet.
    @inlinable
    mutating func push<Batch: Collection<Element>>(
        contentsOf batch: Batch,
        _ result: BatchPushResult,
        willWait: Bool
    ) -> (BatchActions, BatchPushResult) {
        var result = result
        var actions = BatchActions()
        if isPlainNow {
            for element in batch.dropFirst(result.consumed).prefix(buffer.capacity - buffer.count) {
                buffer.append(element)
                result.accepted &+= 1
                accepted &+= 1
            }
            peakDepth = max(peakDepth, buffer.count)
        }
        for element in batch.dropFirst(result.consumed) {
            if willWait, mustWait {
                result.ending = .full
                return (actions, result)
            }
            switch push(element) {
            case .accepted:
                result.accepted &+= 1
            case .deliver(let element, let consumer):
                result.accepted &+= 1
                actions.deliveries.append((element, consumer))
            case .evicted(let element):
                result.accepted &+= 1
                actions.givenUp.append((element, .evicted))
            case .dropped(let element, let reason):
                result.dropped &+= 1
                actions.givenUp.append((element, reason))
            case .full, .rejected:
                result.ending = .full
                return (actions, result)
            case .closed:
                result.ending = .closed
                return (actions, result)
            }
        }
        result.ending = .complete
        return (actions, result)
    }

    /// Takes at most `count` elements that are there.
    @inlinable
    mutating func pop(upTo count: Int, into elements: inout [Element]) -> BatchActions {
        var actions = BatchActions()
        if isPlainNow {
            let leaving = max(0, min(count, buffer.count))
            for _ in 0..<leaving { elements.append(buffer.removeFirst()) }
            taken &+= UInt64(leaving)
            return actions
        }
        for _ in 0..<max(0, count) {
            switch pop() {
            case .taken(let element):
                elements.append(element)
            case .takenAndAdmitted(let element, let producer):
                elements.append(element)
                actions.admitted.append(producer)
            case .empty, .finished:
                return actions
            }
        }
        return actions
    }

    /// Counts a wait for room that is over.
    @inlinable
    mutating func countBlocked(nanoseconds: UInt64) {
        timesBlocked &+= 1
        blockedNanoseconds &+= nanoseconds
    }

    /// Lets the oldest element of the store enter; `false`: it gave none.
    @usableFromInline @discardableResult
    mutating func refill() -> Bool {
        let stored = store?.removeFirst()
        storedCount = store?.count ?? 0
        guard let stored else { return false }
        buffer.append(stored)
        return true
    }

    /// Takes an element if that can be decided now; `nil`: the consumer would have to wait.
    @inlinable
    mutating func popUnlessWaiting() -> PopAction? {
        let action = pop()
        if case .empty = action { return nil }
        return action
    }

    /// Takes an element if that can be decided now; otherwise gives the consumer an id to wait under.
    @inlinable
    mutating func popOrTakeNumber() -> (PopAction?, id: UInt64) {
        if let action = popUnlessWaiting() { return (action, 0) }
        return (nil, makeID())
    }

    /// Whether a consumer that asked for an element now would have to wait.
    @inlinable
    var isEmptyAndOpen: Bool { buffer.isEmpty && !isClosed }

    /// Takes an element for a consumer that waits if it must; `nil`: it waits under its id.
    @inlinable
    mutating func popOrWait(id: UInt64, token: Consumer) -> PopAction? {
        let action = pop()
        guard case .empty = action else { return action }
        isPlain = false
        consumers.append(WaitingConsumer(id: id, token: token))
        return nil
    }

    /// An id for a producer or consumer that is about to wait.
    @inlinable
    mutating func makeID() -> UInt64 {
        nextID &+= 1
        return nextID
    }

    /// Takes a producer out of the line, with its element; `nil` if it no longer waits. O(waiters).
    @inlinable
    mutating func cancelProducer(id: UInt64) -> (Element, Producer)? {
        guard let index = producers.firstIndex(where: { $0.id == id }) else { return nil }
        refused &+= 1
        let producer = producers.remove(at: index)
        return (producer.element, producer.token)
    }

    /// Counts the offer of a producer that was cancelled before it could join the line.
    @inlinable
    mutating func cancelOffer() {
        refused &+= 1
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
        isPlain = false
        let returned = producers.map { ($0.element, $0.token) }
        refused &+= UInt64(returned.count)
        let finished = consumers.map(\.token)
        producers = []
        consumers = []
        return (returned, finished)
    }

    @inlinable
    var statistics: QueueStatistics {
        var statistics = QueueStatistics(
            accepted: accepted,
            refused: refused,
            taken: taken,
            dropped: dropped,
            evicted: evicted,
            depth: buffer.count,
            peakDepth: peakDepth,
            capacity: buffer.capacity
        )
        statistics.sampledOut = sampledOut
        statistics.spilled = spilled
        statistics.stored = storedCount
        statistics.timesBlocked = timesBlocked
        statistics.blockedNanoseconds = blockedNanoseconds
        return statistics
    }
}

extension QueueState.PushAction: Sendable where Element: Sendable, Consumer: Sendable {}
extension QueueState.SuspendedPushAction: Sendable where Element: Sendable, Consumer: Sendable {}
extension QueueState.BatchActions: Sendable where Element: Sendable, Producer: Sendable, Consumer: Sendable {}
extension QueueState.PopAction: Sendable where Element: Sendable, Producer: Sendable {}
