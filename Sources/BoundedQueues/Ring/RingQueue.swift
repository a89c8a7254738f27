public import ConcurrencySupport

/// A bounded queue without a lock for any number of producers and consumers: the fastest of the three families.
///
/// An uncontended push and pop is two compare-exchanges; a refusal is two loads. Tasks that must wait suspend on a list
/// behind the ring, threads park there; as long as nobody waits, that costs a push or pop one load. They are woken in order
/// of arrival, but a newcomer may get in before one that was woken and hasn't run yet.
///
/// **Relaxed or strict.** With ``RingConsistency/relaxed``, the default, `tryPush` may say full while a consumer is between
/// claiming the oldest slot and emptying it, and `tryPop` may say empty while a producer is between claiming a slot and
/// filling it. Order, the bound and conservation are exact. `push` and `pop` wait out such moments. With
/// ``RingConsistency/strict`` the queue is linearizable: a refusal looks at the other end too and waits for whoever is in
/// the middle of an operation. Neither is lock-free in the strict sense: a thread that the system stops in the middle of an
/// operation holds up its one slot until it runs again.
///
/// If the queue is closed at the very moment when ``OverflowPolicy/dropOldest`` replaces an element, the oldest may be
/// evicted and the new one returned as closed.
///
/// Elements may be noncopyable; the queue then has all operations but those of ``BoundedQueue`` that need copies (batches,
/// the store for ``OverflowPolicy/spill``, sequences).
///
/// - Complexity: O(1), no allocation. A cancelled wait O(waiters).
/// - Memory: 64 bytes a slot, 128 with ``SlotSpacing/widelyPadded``, with ``SlotSpacing/dense`` 16 for elements of a word,
///   plus some 640 bytes; once. See ``SlotQueue/storageBytes``.
/// - Source: Dmitry Vyukov, bounded MPMC queue; laps as in crossbeam's `ArrayQueue`.
public typealias RingQueue<Element: ~Copyable & Sendable> = SlotQueue<Element, SharedSlots<HardwareWord>>

extension SlotQueue where Slots == SharedSlots<HardwareWord>, Element: ~Copyable {
    /// - Parameters:
    ///   - capacity: the most elements inside at once, kept exactly; at least 1, else a precondition fails.
    ///   - policy: what happens to an element offered while the queue is full; not ``OverflowPolicy/spill``.
    ///   - spacing: how far apart the slots lie: memory against speed.
    ///   - consistency: what a refusal means.
    ///   - clock: what delays and the time spent blocked are measured on.
    ///   - onDrop: receives what the policy gives up.
    public convenience init(
        capacity: Int,
        policy: OverflowPolicy = .block,
        spacing: SlotSpacing = .padded,
        consistency: RingConsistency = .relaxed,
        clock: any NanosecondClock = SystemNanosecondClock(),
        onDrop: DropHandler<Element>? = nil
    ) {
        self.init(
            slots: SharedSlots(capacity: capacity, layout: SlotLayout(for: Element.self, spacing: spacing)),
            policy: policy,
            spacing: spacing,
            consistency: consistency,
            clock: clock,
            spill: nil,
            onDrop: onDrop
        )
    }
}

extension SlotQueue where Slots == SharedSlots<HardwareWord> {
    /// A ring whose overflow goes to a store: the policy is ``OverflowPolicy/spill``.
    ///
    /// While anything is in the store, every push goes there, and once what was in the ring has been taken, so do the pops:
    /// the order is kept. These take a lock.
    ///
    /// - Parameters:
    ///   - capacity: the most elements in the ring at once; at least 1, else a precondition fails.
    ///   - spillStore: where the rest goes; used by nobody else.
    ///   - spacing: how far apart the slots lie: memory against speed.
    ///   - consistency: what a refusal means.
    ///   - clock: what refusals measure the consumers' speed on.
    public convenience init(
        capacity: Int,
        spillStore: some SpillStore<Element>,
        spacing: SlotSpacing = .padded,
        consistency: RingConsistency = .relaxed,
        clock: any NanosecondClock = SystemNanosecondClock()
    ) {
        self.init(
            slots: SharedSlots(capacity: capacity, layout: SlotLayout(for: Element.self, spacing: spacing)),
            policy: .spill,
            spacing: spacing,
            consistency: consistency,
            clock: clock,
            spill: SpillLine(spillStore),
            onDrop: nil
        )
    }
}

/// A bounded queue without a lock for **one producer and one consumer**: several times as fast as ``RingQueue`` between
/// the two.
///
/// At most one thread or task may push at a time, and at most one pop; which ones may change if something orders the one
/// before the other. Two at once corrupt the queue. ``SlotQueue/close()`` and ``SlotQueue/statistics()`` may be called by
/// anyone.
///
/// Full and empty mean what they say (linearizable). Nobody ever waits for anybody in `tryPush` and `tryPop` (wait-free);
/// `close()` waits for a push that is under way. Policies that take elements out again
/// (``OverflowPolicy/dropOldest``) or bring them back in (``OverflowPolicy/spill``) are not to be had.
///
/// - Complexity: O(1), no allocation.
/// - Memory: 16 bytes a slot for elements of a word, plus some 640 bytes; once. The slots are always dense: neighbours share
///   a cache line that travels once.
/// - Source: slots that carry their state, as in FastForward (Giacomoni et al., 2008); fences as in asymmetric Dekker
///   synchronisation.
public typealias SingleRingQueue<Element: ~Copyable & Sendable> = SlotQueue<Element, SingleSlots<Element, HardwareWord>>

extension SlotQueue where Slots == SingleSlots<Element, HardwareWord>, Element: ~Copyable {
    /// - Parameters:
    ///   - capacity: the most elements inside at once, kept exactly; at least 1, else a precondition fails.
    ///   - policy: what happens to an element offered while the queue is full; neither ``OverflowPolicy/dropOldest`` nor
    ///     ``OverflowPolicy/spill``, else a precondition fails.
    ///   - clock: what delays and the time spent blocked are measured on.
    ///   - onDrop: receives what the policy gives up.
    public convenience init(
        capacity: Int,
        policy: OverflowPolicy = .block,
        clock: any NanosecondClock = SystemNanosecondClock(),
        onDrop: DropHandler<Element>? = nil
    ) {
        precondition(policy.kind != .dropOldest, "a queue with one consumer can't replace its oldest element")
        self.init(
            slots: SingleSlots(capacity: capacity),
            policy: policy,
            spacing: .dense,
            consistency: .strict,
            clock: clock,
            spill: nil,
            onDrop: onDrop
        )
    }
}
