public import ConcurrencySupport
internal import Synchronization

/// Where consumers say how fast they want their producers to go, and producers read or await it.
///
/// Each consumer has a ``FlowConsumer`` of its own and sets its ``FlowSignal`` whenever it likes, without waiting for
/// anybody (fire and forget). The most restrictive signal is the one that holds. Producers ask for ``permission()`` before
/// each publish, or look at ``level`` or ``changes`` and decide for themselves.
///
/// ```swift
/// let signals = FlowSignals()
///
/// // A consumer:
/// let consumer = signals.makeConsumer()
/// consumer.set(.throttle(0.5), reason: .latency)
///
/// // A producer:
/// try await signals.permission()
/// await publish(message)
/// ```
///
/// - **State, no backlog.** What holds is the newest signal of each consumer. Who was busy meanwhile sees the newest and not
///   those before; the newest is never missed.
/// - **Lock-free reading.** ``level``, and ``permission()`` while nothing is restricted, are one atomic load.
/// - **Setting.** A short lock that producers take only to read the ``signal`` with its reason, never while they wait.
///   O(consumers), and nothing if the consumer has said the same before.
/// - **Cancellation.** A producer that is cancelled while it waits leaves nothing behind.
/// - Complexity: O(1) to read; O(waiting producers) for a change to wake them.
public final class FlowSignals: Sendable {
    @usableFromInline let latest: LatestValue<FlowRegistry, HardwareWord>
    let clock: any NanosecondClock
    let intervalNanoseconds: UInt64
    let longestDelayNanoseconds: UInt64
    // Counted on the slow path only.
    private let delayed = Atomic<UInt64>(0)
    private let delayedNanoseconds = Atomic<UInt64>(0)

    /// Nobody restricts anything yet.
    ///
    /// - Parameters:
    ///   - interval: what a producer takes from one publish to the next when nothing is restricted. A producer that is to
    ///     go at the share f of its pace waits interval · (1/f − 1) longer for each ``permission()``. Not negative, else a
    ///     precondition fails.
    ///   - longestDelay: the most that ``FlowLevel/throttle(_:)`` delays a publish. Not negative, else a precondition fails.
    ///   - clock: what delays are measured on.
    public init(
        interval: Duration = .milliseconds(1),
        longestDelay: Duration = .milliseconds(100),
        clock: any NanosecondClock = SystemNanosecondClock()
    ) {
        precondition(interval >= .zero, "an interval can't be negative; it was \(interval)")
        precondition(longestDelay >= .zero, "a delay can't be negative; it was \(longestDelay)")
        latest = LatestValue(FlowRegistry())
        intervalNanoseconds = interval.nanosecondsClamped
        longestDelayNanoseconds = longestDelay.nanosecondsClamped
        self.clock = clock
    }

    /// What holds now: the most restrictive of the consumers' levels. One atomic load.
    @inlinable @inline(__always)
    public var level: FlowLevel { FlowLevel(pace: latest.stamp.tag) }

    /// Whether anything is restricted now. One atomic load.
    @inlinable @inline(__always)
    public var isRestricted: Bool { latest.stamp.tag != FlowLevel.fullPace }

    /// What holds now, with the reason of the consumer that restricts most; of several, of the one that came first. Takes a
    /// short lock.
    public var signal: FlowSignal { latest.look(\.combined) }

    /// What holds now and each time it has changed; see ``NewestValues``. Never ends by itself.
    public var changes: NewestValues<FlowSignal> {
        NewestValues(
            read: { [latest] in
                let (registry, stamp) = latest.read()
                return .init(value: registry.combined, stamp: stamp, isLast: false)
            },
            changed: { [latest] in await latest.changed(since: $0) }
        )
    }

    /// A consumer that restricts nothing yet. It does until it is let go of, so keep it.
    public func makeConsumer() -> FlowConsumer {
        FlowConsumer(self, id: latest.change { ($0.add(), false) })
    }

    /// Who has spoken, and how long producers were held up.
    public func statistics() -> FlowStatistics {
        let (registry, stamp) = latest.read()
        return FlowStatistics(
            consumers: registry.count,
            changes: UInt64(stamp.version),
            delayed: delayed.load(ordering: .relaxed),
            delayedNanoseconds: delayedNanoseconds.load(ordering: .relaxed)
        )
    }

    func set(_ signal: FlowSignal, for consumer: UInt64, order: UInt64?) {
        latest.change { registry in ((), registry.set(signal, for: consumer, order: order)) }
    }

    func remove(_ consumer: UInt64) {
        latest.change { registry in ((), registry.remove(consumer)) }
    }

    func countDelay(since start: UInt64) {
        let now = clock.nanoseconds()
        delayed.wrappingAdd(1, ordering: .relaxed)
        delayedNanoseconds.wrappingAdd(now > start ? now - start : 0, ordering: .relaxed)
    }
}

/// What went through a ``FlowSignals``.
public struct FlowStatistics: Sendable, Hashable {
    /// Consumers there are now.
    public var consumers: Int
    /// How often what holds has changed.
    public var changes: UInt64
    /// Publishes whose permission had to wait, and has come.
    public var delayed: UInt64
    /// How long those have waited, added up, in nanoseconds of the clock.
    public var delayedNanoseconds: UInt64
}

/// One who may restrict the producers of a ``FlowSignals``.
///
/// Its signal holds until it sets another, withdraws it, or is let go of: a consumer that ends never leaves its producers
/// paused. It may be used by several tasks and threads; the last to set decides.
public final class FlowConsumer: Sendable {
    private let signals: FlowSignals
    private let id: UInt64

    fileprivate init(_ signals: FlowSignals, id: UInt64) {
        self.signals = signals
        self.id = id
    }

    deinit { signals.remove(id) }

    /// Says how fast producers are to go from now on, as far as this consumer is concerned. Never waits for a producer.
    public func set(_ level: FlowLevel, reason: FlowReason = .none) {
        set(FlowSignal(level, reason: reason))
    }

    /// Says how fast producers are to go from now on, as far as this consumer is concerned. Never waits for a producer.
    public func set(_ signal: FlowSignal) {
        signals.set(signal, for: id, order: nil)
    }

    /// The same, unless it has said something of a higher order: for those who decide under a lock and set outside of it, and
    /// may be overtaken in between. Not to be mixed with the others.
    func set(_ signal: FlowSignal, order: UInt64) {
        signals.set(signal, for: id, order: order)
    }

    /// Restricts nothing any more: the same as setting ``FlowSignal/resume``.
    public func withdraw() { set(.resume) }
}

/// What each consumer said last, and what follows from it. A value; knows neither lock nor waiter.
@usableFromInline
struct FlowRegistry: TaggedValue {
    private struct Entry {
        var id: UInt64
        var signal = FlowSignal.resume
        var order: UInt64 = 0
    }

    private var entries: [Entry] = []
    private var nextID: UInt64 = 0
    /// The most restrictive signal; of several, of the consumer that came first.
    private(set) var combined = FlowSignal.resume

    init() {}

    @usableFromInline var tag: UInt { combined.level.pace }

    var count: Int { entries.count }

    mutating func add() -> UInt64 {
        defer { nextID += 1 }
        entries.append(Entry(id: nextID))
        return nextID
    }

    /// Whether what holds has changed by it.
    mutating func set(_ signal: FlowSignal, for id: UInt64, order: UInt64? = nil) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        if let order {
            guard order > entries[index].order else { return false }
            entries[index].order = order
        }
        guard entries[index].signal != signal else { return false }
        entries[index].signal = signal
        return combine()
    }

    /// Whether what holds has changed by it.
    mutating func remove(_ id: UInt64) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        entries.remove(at: index)
        return combine()
    }

    private mutating func combine() -> Bool {
        var strictest = FlowSignal.resume
        // Strictly greater: of several that restrict alike, the first stays.
        for entry in entries where entry.signal.level > strictest.level { strictest = entry.signal }
        defer { combined = strictest }
        return strictest != combined
    }
}
