/// One grant of a rate limiter as seen from outside: it took effect at some time between the two stamps.
public struct GrantStamp: Sendable, Equatable {
    /// Read before the call, in nanoseconds.
    public let before: UInt64
    /// Read after the call returned, in nanoseconds.
    public let after: UInt64
    /// How many permits were granted.
    public let permits: UInt32

    /// A grant between two readings of one clock.
    ///
    /// Readings in the wrong order, as of two processors' counters that disagree, are swapped.
    public init(before: UInt64, after: UInt64, permits: UInt32 = 1) {
        self.before = min(before, after)
        self.after = max(before, after)
        self.permits = permits
    }
}

/// Whether grants stayed inside the envelope `burst + rate · T` in every window of time, of any length and anywhere.
///
/// A fixed number of windows would miss excess that straddles their borders; both checks here cover all windows at once.
/// Everything is computed exactly, in whole numbers of 128 bits; only the answer is rounded, to a `Double`.
public enum EnvelopeCheck {
    /// By how much grants exceeded the envelope in the worst window.
    public struct Overshoot: Sendable, Equatable {
        /// Permits beyond the envelope in the worst window; 0 if the envelope was kept.
        public var permits: Double
        /// The worst window; `nil` if the envelope was kept.
        public var window: Window?

        /// Whether no window exceeded the envelope.
        public var isKept: Bool { window == nil }
    }

    /// A stretch of time, both ends included.
    public struct Window: Sendable, Equatable {
        /// In nanoseconds of the clock of the grants.
        public var startNanoseconds: UInt64
        /// In nanoseconds of the clock of the grants.
        public var endNanoseconds: UInt64
        /// How many grants lie wholly inside.
        public var grants: Int
    }

    /// Checks grants that were stamped from outside, before the call and after its return, by any number of callers.
    ///
    /// With A(e) the permits of calls returned by e and S(s) the permits of calls begun before s, A(e) − S(s) is no more
    /// than what was granted inside [s, e], so the largest A(e) − S(s) − burst − rate · (e − s) over all s ≤ e is excess
    /// that must have happened. A caller that is preempted between its stamps can lower the answer, never raise it: there
    /// are no false alarms, and with one caller none is missed.
    ///
    /// O(n log n) for the order of the stamps, then one pass that keeps the best start so far (a prefix maximum).
    ///
    /// - Parameters:
    ///   - grants: in any order.
    ///   - permits: the allowed permits in each `perNanoseconds`.
    ///   - perNanoseconds: in nanoseconds. Must not be 0; traps if it is.
    ///   - burst: the permits allowed beyond the rate.
    public static func overshoot(
        of grants: [GrantStamp],
        permits: UInt64,
        perNanoseconds: UInt64,
        burst: UInt64
    ) -> Overshoot {
        let rate = PermitRate(permits: permits, perNanoseconds: perNanoseconds)
        let calls = grants.map { (time: $0.before, permits: Int128($0.permits)) }.sorted { $0.time < $1.time }
        let returns = grants.map { (time: $0.after, permits: Int128($0.permits)) }.sorted { $0.time < $1.time }
        var replay = LeakyReplay(rate: rate, burst: burst)
        var begun: Int128 = 0
        var returned: Int128 = 0
        var nextCall = calls.startIndex
        var nextReturn = returns.startIndex
        while nextReturn < returns.endIndex {
            var now = returns[nextReturn].time
            if nextCall < calls.endIndex { now = min(now, calls[nextCall].time) }
            replay.advance(to: now, emptyAt: returned - begun)
            while nextCall < calls.endIndex, calls[nextCall].time == now {
                begun += calls[nextCall].permits
                nextCall += 1
            }
            while nextReturn < returns.endIndex, returns[nextReturn].time == now {
                returned += returns[nextReturn].permits
                replay.add(returns[nextReturn].permits)
                nextReturn += 1
            }
        }
        return replay.overshoot { window in
            grants.count { $0.before >= window.lowerBound && $0.after <= window.upperBound }
        }
    }

    /// Checks grants of one permit each whose times are known exactly, as under a virtual clock.
    ///
    /// Replays a leaky bucket, L ← max(0, L − rate · Δt) + 1 at each grant; the overshoot is the largest L − burst. This
    /// finds the worst of all windows: a bucket that ran empty has forgotten just what can't add to an excess.
    ///
    /// O(n), or O(n log n) if `times` isn't in order.
    ///
    /// - Parameters:
    ///   - times: in nanoseconds.
    ///   - permits: the allowed permits in each `perNanoseconds`.
    ///   - perNanoseconds: in nanoseconds. Must not be 0; traps if it is.
    ///   - burst: the permits allowed beyond the rate.
    public static func overshoot(
        ofGrantTimes times: [UInt64],
        permits: UInt64,
        perNanoseconds: UInt64,
        burst: UInt64
    ) -> Overshoot {
        let inOrder = zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
        var replay = LeakyReplay(rate: PermitRate(permits: permits, perNanoseconds: perNanoseconds), burst: burst)
        for time in inOrder ? times : times.sorted() {
            replay.advance(to: time, emptyAt: 0)
            replay.add(1)
        }
        return replay.overshoot { window in times.count { window.contains($0) } }
    }
}

/// The level of a bucket that grants fill and time drains: the most that any window ending now holds beyond its rate.
private struct LeakyReplay {
    private let rate: PermitRate
    private let burstUnits: UInt128
    private var level: Int128 = 0
    private var now: UInt64 = 0
    /// Where the window that gives `level` starts.
    private var windowStart: UInt64 = 0
    private var worst: (excess: UInt128, window: ClosedRange<UInt64>)?

    init(rate: PermitRate, burst: UInt64) {
        self.rate = rate
        burstUnits = rate.units(ofPermits: burst)
    }

    /// Drains until `time`; a window that starts there holds `permits`, so the level goes no lower.
    mutating func advance(to time: UInt64, emptyAt permits: Int128) {
        let floor = permits * Int128(rate.unitsPerPermit)
        let drained = rate.units(inNanoseconds: time - now)
        if drained < (level - floor).magnitude {
            level -= Int128(drained)
        } else {
            level = floor
            windowStart = time
        }
        now = time
    }

    mutating func add(_ permits: Int128) {
        level += permits * Int128(rate.unitsPerPermit)
        guard level > 0, level.magnitude > burstUnits else { return }
        let excess = level.magnitude - burstUnits
        if excess > worst?.excess ?? 0 { worst = (excess, windowStart...now) }
    }

    func overshoot(countingGrants grants: (ClosedRange<UInt64>) -> Int) -> EnvelopeCheck.Overshoot {
        guard let worst else { return .init(permits: 0, window: nil) }
        return .init(
            permits: Double(worst.excess) / Double(rate.unitsPerPermit),
            window: .init(
                startNanoseconds: worst.window.lowerBound,
                endNanoseconds: worst.window.upperBound,
                grants: grants(worst.window)
            )
        )
    }
}
