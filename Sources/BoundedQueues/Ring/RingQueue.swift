public import ConcurrencySupport

/// A bounded queue without a lock for any number of producers and consumers: the fastest of the three families.
///
/// An uncontended push and pop is two compare-exchanges; a refusal is two loads. Tasks that must wait suspend on a list
/// behind the ring; as long as nobody waits, that costs a push or pop one load. They are woken in order of arrival, but a
/// newcomer may get in before one that was woken and hasn't run yet.
///
/// **Relaxed, not strict.** `tryPush` may say full while a consumer is between claiming the oldest slot and emptying it,
/// and `tryPop` may say empty while a producer is between claiming a slot and filling it. Order, the bound and
/// conservation are exact. `push` and `pop` wait out such moments. In the strict sense it is not lock-free: a thread that
/// the system stops in the middle of an operation holds up its one slot until it runs again.
///
/// If the queue is closed at the very moment when ``OverflowPolicy/dropOldest`` replaces an element, the oldest may be
/// evicted and the new one returned as closed.
///
/// - Complexity: O(1), no allocation. A cancelled wait O(tasks waiting).
/// - Memory: 64 bytes a slot, or with ``SlotSpacing/dense`` 16 for elements of a word, plus half a kilobyte; once.
/// - Source: Dmitry Vyukov, bounded MPMC queue; laps as in crossbeam's `ArrayQueue`.
public final class RingQueue<Element: Sendable>: SynchronousBoundedQueue {
    /// What happens to an element that is offered while the queue is full.
    public let policy: OverflowPolicy

    @usableFromInline let ring: RingStorage<Element, HardwareWord>
    @usableFromInline let producers: WaitList<HardwareWord>
    @usableFromInline let consumers: WaitList<HardwareWord>
    @usableFromInline let onDrop: DropHandler<Element>?

    /// - Parameters:
    ///   - capacity: the most elements inside at once, kept exactly; at least 1, else a precondition fails.
    ///   - policy: what happens to an element offered while the queue is full.
    ///   - spacing: how far apart the slots lie: memory against speed.
    ///   - onDrop: receives what the policy gives up.
    public init(
        capacity: Int,
        policy: OverflowPolicy = .block,
        spacing: SlotSpacing = .padded,
        onDrop: DropHandler<Element>? = nil
    ) {
        self.policy = policy
        self.onDrop = onDrop
        ring = RingStorage(capacity: capacity, spacing: spacing)
        producers = WaitList(waitingWord: ring.waitingProducers)
        consumers = WaitList(waitingWord: ring.waitingConsumers)
    }

    /// The most elements that can be inside at once: exactly what was asked for.
    @inlinable
    public var capacity: Int { Int(ring.capacity) }

    /// The bytes of the ring's one allocation.
    public var storageBytes: Int { ring.byteCount }

    /// Offers an element without waiting for room. O(1). See ``BoundedQueue/tryPush(_:)``.
    @inlinable @inline(__always)
    public func tryPush(_ element: Element) -> PushResult<Element> {
        switch attempt(element) {
        case .pushed: .accepted
        case .full: overflow(element)
        case .closed: refuseClosed(element)
        }
    }

    /// Takes the oldest element, or `nil` if there is none now. O(1).
    @inlinable @inline(__always)
    public func tryPop() -> Element? {
        guard let element = ring.tryPop() else { return nil }
        if ring.waitingProducers.loadSequentiallyConsistent() != 0 { producers.notifyOne() }
        return element
    }

    /// Offers an element; with ``OverflowPolicy/block`` suspends until there is room. See ``BoundedQueue/push(_:)``.
    @inlinable @inline(__always)
    public func push(_ element: Element) async -> PushResult<Element> {
        switch attempt(element) {
        case .pushed: .accepted
        case .closed: refuseClosed(element)
        case .full: policy == .block ? await waitAndPush(element) : overflow(element)
        }
    }

    /// Takes the oldest element; suspends while there is none. See ``BoundedQueue/pop()``.
    @inlinable @inline(__always)
    public func pop() async -> Element? {
        if let element = tryPop() { return element }
        return await waitAndPop()
    }

    // Apart from the fast paths above, so that those need no room for what survives a suspension.

    @inlinable @inline(never)
    func waitAndPush(_ element: Element) async -> PushResult<Element> {
        var ticket = WaitTicket()
        var backoff = Backoff(pauses: 16)
        while true {
            switch attempt(element) {
            case .pushed: return .accepted
            case .closed: return refuseClosed(element)
            case .full: break
            }
            if backoff.pauseBriefly() { continue }
            // Room by position though the attempt failed: a consumer is about to free the slot.
            if ring.isClosedOrNotFull {
                await Task.yield()
                continue
            }
            if await producers.wait(ticket: &ticket, unless: { ring.isClosedOrNotFull }) == .cancelled {
                ring.refused.addRelaxed(1)
                return .cancelled(element)
            }
        }
    }

    @inlinable @inline(never)
    func waitAndPop() async -> Element? {
        var ticket = WaitTicket()
        var backoff = Backoff(pauses: 16)
        while true {
            if let element = tryPop() { return element }
            if ring.isFinished { return nil }
            if backoff.pauseBriefly() { continue }
            // An element by position though the attempt failed: a producer is about to fill the slot.
            if ring.isClosedOrNotEmpty {
                await Task.yield()
                continue
            }
            if await consumers.wait(ticket: &ticket, unless: { ring.isClosedOrNotEmpty }) == .cancelled {
                return nil
            }
        }
    }

    /// Refuses all further pushes and wakes everyone who waits; what is inside can still be taken.
    public func close() {
        ring.close()
        producers.notifyAll()
        consumers.notifyAll()
    }

    /// Counts and depth. See ``QueueStatistics``.
    public func statistics() -> QueueStatistics {
        ring.statistics
    }

    /// One attempt to enter, and a consumer woken if one waits.
    @inlinable @inline(__always)
    func attempt(_ element: Element) -> RingStorage<Element, HardwareWord>.TryPush {
        let outcome = ring.tryPush(element)
        if outcome == .pushed, ring.waitingConsumers.loadSequentiallyConsistent() != 0 { consumers.notifyOne() }
        return outcome
    }

    /// What the policy says of an element that found no room.
    @inlinable
    func overflow(_ element: Element) -> PushResult<Element> {
        if policy == .dropOldest { return replaceOldest(element) }
        ring.refused.addRelaxed(1)
        guard policy == .dropNewest else { return .full(element) }
        ring.dropped.addRelaxed(1)
        onDrop?(element, .full)
        return .dropped
    }

    @inlinable
    func replaceOldest(_ element: Element) -> PushResult<Element> {
        let outcome = ring.pushReplacingOldest(element)
        if ring.waitingConsumers.loadSequentiallyConsistent() != 0 { consumers.notifyOne() }
        switch outcome {
        case .pushed:
            return .accepted
        case .replaced(let oldest):
            onDrop?(oldest, .evicted)
            return .accepted
        case .closed(let oldest):
            if let oldest { onDrop?(oldest, .evicted) }
            return refuseClosed(element)
        }
    }

    @inlinable
    func refuseClosed(_ element: Element) -> PushResult<Element> {
        ring.refused.addRelaxed(1)
        return .closed(element)
    }
}
