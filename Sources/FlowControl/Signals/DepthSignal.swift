public import BoundedQueues
public import ConcurrencySupport

/// What a queue's depth asks of its producers: a pure function with a memory of one bit.
///
/// - At or below the low watermark: resume.
/// - Between the two: throttle, the more the deeper, in steps of a sixteenth.
/// - At or over the high watermark: pause, until the depth has come down to the low one (hysteresis: a queue that stays
///   near the high watermark doesn't make its producers stop and go).
public struct DepthWatermarks: Sendable, Hashable {
    /// The share of the capacity from 0 to 1 up to which nothing is restricted.
    public let low: Double
    /// The share from which producers are paused.
    public let high: Double
    /// The share of their pace that producers keep just below the high watermark; `nil`: between the watermarks they aren't
    /// throttled.
    public let slowest: Double?
    /// Whether producers are paused until the depth has come down to the low watermark.
    public private(set) var isPaused = false

    /// - Parameters:
    ///   - low: the share of the capacity up to which nothing is restricted.
    ///   - high: the share from which producers are paused; greater than `low`, at most 1. Else a precondition fails.
    ///   - slowest: the share of their pace that producers keep just below the high watermark, above 0 and at most 1;
    ///     `nil`: between the watermarks they aren't throttled.
    public init(low: Double = 0.5, high: Double = 0.9, slowest: Double? = 0.1) {
        precondition(0 <= low && low < high && high <= 1, "watermarks are shares, 0 ≤ low < high ≤ 1; \(low), \(high)")
        precondition(slowest.map { 0 < $0 && $0 <= 1 } ?? true, "a pace is a share above 0, at most 1")
        self.low = low
        self.high = high
        self.slowest = slowest
    }

    /// What so many elements inside ask of the producers.
    public mutating func signal(depth: Int, capacity: Int) -> FlowSignal {
        let fill = Double(depth) / Double(capacity)
        if fill >= high { isPaused = true }
        if fill <= low { isPaused = false }
        if isPaused { return FlowSignal(.pause, reason: .depth(depth, of: capacity)) }
        guard fill > low, let slowest else { return .resume }
        let steps = 16.0
        let strength = ((fill - low) / (high - low) * steps).rounded(.up) / steps
        return FlowSignal(.throttle(1 - strength * (1 - slowest)), reason: .depth(depth, of: capacity))
    }
}

/// Sets a consumer's signal by the depth of its queue.
///
/// ```swift
/// let depth = DepthSignal(signals.makeConsumer())
/// while let element = await queue.pop() {
///     await depth.update(from: queue)
///     await handle(element)
/// }
/// ```
///
/// Updates that overlap end up with the reading that was begun last, so that a queue's last change is never hidden by one
/// from before.
public final class DepthSignal: Sendable {
    private struct State {
        var watermarks: DepthWatermarks
        var nextTicket: UInt64 = 0
        var newest: UInt64 = 0
        var level: FlowLevel = .resume
    }

    private let state: Lock<State>
    private let consumer: FlowConsumer

    /// - Parameters:
    ///   - consumer: whose signal is set; it isn't to be set by anyone else.
    ///   - watermarks: what a depth asks of the producers.
    public init(_ consumer: FlowConsumer, watermarks: DepthWatermarks = DepthWatermarks()) {
        self.consumer = consumer
        state = Lock(State(watermarks: watermarks))
    }

    /// Reads the depth of a queue and sets the signal that goes with it.
    public func update(from queue: some BoundedQueue) async {
        let ticket = takeTicket()
        let statistics = await queue.statistics()
        update(depth: statistics.depth, capacity: statistics.capacity, ticket: ticket)
    }

    /// Sets the signal that goes with these counts of a queue.
    public func update(_ statistics: QueueStatistics) {
        update(depth: statistics.depth, capacity: statistics.capacity)
    }

    /// Sets the signal that goes with so many elements inside.
    public func update(depth: Int, capacity: Int) {
        update(depth: depth, capacity: capacity, ticket: takeTicket())
    }

    /// Updates at regular intervals until the task is cancelled, for a queue whose producers and consumers don't.
    ///
    /// - Parameters:
    ///   - interval: above zero, else a precondition fails.
    ///   - clock: what it is measured on.
    public func run(
        every interval: Duration,
        queue: some BoundedQueue,
        clock: some NanosecondClock = SystemNanosecondClock()
    ) async {
        precondition(interval > .zero, "an interval must be above zero; it was \(interval)")
        while !Task.isCancelled {
            await update(from: queue)
            let next = clock.nanoseconds() &+ interval.nanosecondsClamped
            guard (try? await clock.sleep(untilNanoseconds: next)) != nil else { return }
        }
    }

    private func takeTicket() -> UInt64 {
        state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
    }

    private func update(depth: Int, capacity: Int, ticket: UInt64) {
        let signal = state.withLock { state -> FlowSignal? in
            guard ticket > state.newest else { return nil }
            state.newest = ticket
            let signal = state.watermarks.signal(depth: depth, capacity: capacity)
            guard signal.level != state.level else { return nil }
            state.level = signal.level
            return signal
        }
        // Outside the lock, since it wakes producers.
        if let signal { consumer.set(signal, order: ticket) }
    }
}
