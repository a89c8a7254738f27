internal import ConcurrencySupport

/// Something noteworthy about what a ``LagMonitor`` watches, in words.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
    /// What sort of finding it is.
    public enum Sort: String, Sendable, Hashable, CaseIterable {
        /// More comes than leaves, and the bound will be reached in foreseeable time.
        case filling
        /// There is no more room.
        case full
        /// There is something to do, and for some time nothing has been done.
        case standingStill
        /// The consumer is longer behind than is bearable.
        case behind
        /// Offers are turned away, more than is bearable.
        case turningAway
        /// Latency is above its bound.
        case slow
    }

    /// What sort of finding it is.
    public var sort: Sort
    /// The name of what it is about.
    public var name: String
    /// A sentence without a full stop: "queue 'orders' filling at 120/s, full in 41 s".
    public var description: String
}

extension Finding {
    /// How long ahead a queue that fills up is worth a word.
    private static let foreseeableSeconds = 600.0
    private static let standstillNanoseconds: UInt64 = 1_000_000_000

    /// What is noteworthy about a reading.
    ///
    /// - Parameter standstillNanoseconds: how long nothing has left.
    static func findings(
        in reading: LoadReading,
        bounds: LoadBounds,
        standstillNanoseconds standstill: UInt64,
        turnedAwayShare: Double?
    ) -> [Finding] {
        var findings: [Finding] = []
        let subject = "\(reading.gauges.kind) '\(reading.name)'"
        func add(_ sort: Sort, _ words: String) {
            findings.append(Finding(sort: sort, name: reading.name, description: "\(subject) \(words)"))
        }
        let inside = reading.lagElements ?? 0
        if let capacity = reading.gauges.capacity, let depth = reading.gauges.depth, depth >= capacity {
            add(.full, "full with \(depth)")
        } else if let seconds = reading.secondsUntilFull, let growth = reading.growthPerSecond,
            seconds <= foreseeableSeconds
        {
            add(.filling, "filling at \(Words.rate(growth)), full in \(Words.seconds(seconds))")
        }
        if inside > 0, standstill >= max(Self.standstillNanoseconds, bounds.lag.nanosecondsClamped) {
            add(.standingStill, "stands still: \(inside) inside, none left for \(Words.nanoseconds(standstill))")
        } else if let lag = reading.lagNanoseconds, lag > bounds.lag.nanosecondsClamped {
            add(.behind, "is \(Words.nanoseconds(lag)) behind with \(inside), bound \(Words.duration(bounds.lag))")
        }
        if let share = turnedAwayShare, share > bounds.turnedAway, let rate = reading.turnedAwayPerSecond {
            add(.turningAway, "turns away \(Words.percent(share)) of what is offered, \(Words.rate(rate))")
        }
        if let bound = bounds.latency, let latency = reading.latency, latency.p99Nanoseconds > bound.nanosecondsClamped
        {
            add(.slow, "takes \(Words.nanoseconds(latency.p99Nanoseconds)) at p99, bound \(Words.duration(bound))")
        }
        return findings
    }
}
