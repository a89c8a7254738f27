/// What a ``LagMonitor`` saw at one moment.
public struct MonitorSnapshot: Sendable, Hashable {
    /// When, as a reading of the monitor's clock.
    public var nanoseconds: UInt64
    /// What was watched, in the order in which watching began.
    public var readings: [LoadReading]

    /// Gathers readings.
    public init(nanoseconds: UInt64, readings: [LoadReading]) {
        self.nanoseconds = nanoseconds
        self.readings = readings
    }

    /// The level of the most loaded.
    public var level: LoadLevel { readings.map(\.level).max() ?? .healthy }

    /// What is noteworthy about all of them, in words.
    public var findings: [Finding] { readings.flatMap(\.findings) }

    /// What was read of one thing; `nil`: none of that name is watched.
    public subscript(name: String) -> LoadReading? {
        readings.first { $0.name == name }
    }
}

/// What a ``LagMonitor`` saw of one thing. What isn't known yet or doesn't apply is `nil`; rates are of the window.
public struct LoadReading: Sendable, Hashable {
    /// The name under which it is watched.
    public var name: String
    /// What it said of itself.
    public var gauges: Gauges
    /// What was decided from the indicators, with hysteresis.
    public var level: LoadLevel
    /// The indicators that there are, as shares of what is bearable.
    public var indicators: [LoadIndicator: Double]
    /// The latencies in the window; `nil`: none were recorded.
    public var latency: LatencySummary?
    /// Elements that have arrived and not left: how far the consumer is behind.
    public var lagElements: Int?
    /// How long ago the element came that is next to leave (if they leave in order), in nanoseconds. Where that is before
    /// the window began it is a lower bound, or how long the backlog takes at the window's pace if that is more.
    public var lagNanoseconds: UInt64?
    /// How many elements came per second.
    public var arrivalsPerSecond: Double?
    /// How many elements left per second: the throughput.
    public var departuresPerSecond: Double?
    /// How many offers were turned away per second.
    public var turnedAwayPerSecond: Double?
    /// What is noteworthy, in words.
    public var findings: [Finding]

    /// How long ago the element came that is next to leave. See ``lagNanoseconds``.
    public var lag: Duration? { lagNanoseconds.map { .nanoseconds(Int64(clamping: $0)) } }

    /// How busy or else how full it is, from 0 to 1 (fuller with what was spilled).
    public var utilization: Double? { gauges.utilization ?? indicators[.occupancy] }

    /// In how many seconds it will be full if things go on as in the window; `nil`: it isn't filling up.
    public var secondsUntilFull: Double? {
        guard let growth = growthPerSecond, growth > 0, let depth = gauges.depth, let capacity = gauges.capacity,
            depth < capacity
        else { return nil }
        return Double(capacity - depth) / growth
    }

    /// By how many elements per second it fills up; negative: it empties.
    public var growthPerSecond: Double? {
        guard let arrivalsPerSecond, let departuresPerSecond else { return nil }
        return arrivalsPerSecond - departuresPerSecond
    }
}
