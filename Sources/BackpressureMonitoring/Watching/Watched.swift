internal import ConcurrencySupport

/// One thing that a ``LagMonitor`` watches, with what is remembered of it. A plain value.
struct Watched: Sendable {
    let name: String
    let recorder: LatencyRecorder
    private let bounds: LoadBounds
    private var latency: LatencyWindow
    private var flow: FlowWindow
    private var decision: LevelDecision
    private var state: String?

    init(
        name: String,
        recorder: LatencyRecorder,
        bounds: LoadBounds,
        thresholds: LevelThresholds,
        settings: MonitorSettings
    ) {
        self.name = name
        self.recorder = recorder
        self.bounds = bounds
        let window = settings.window.nanosecondsClamped
        latency = LatencyWindow(nanoseconds: window, parts: settings.parts)
        flow = FlowWindow(nanoseconds: window, parts: settings.parts)
        decision = LevelDecision(thresholds: thresholds)
    }

    /// What one reading leads to: the reading, what came and went since the one before, and what changed.
    struct Outcome: Sendable {
        var reading: LoadReading
        var flow: Flow
        var levelBefore: LoadLevel
        /// The state before, if it is another now.
        var stateBefore: String?

        var levelChanged: Bool { reading.level != levelBefore }
    }

    mutating func read(_ gauges: Gauges, now: UInt64) -> Outcome {
        let flow = self.flow.read(gauges, now: now)
        let latency = self.latency.read(recorder, now: now)
        let indicators = indicators(gauges, flow, latency)
        let before = decision.level
        var reading = LoadReading(
            name: name,
            gauges: gauges,
            level: decision.next(indicators),
            indicators: indicators,
            latency: latency,
            lagElements: gauges.lag,
            lagNanoseconds: flow.lagNanoseconds,
            arrivalsPerSecond: flow.arrivalsPerSecond,
            departuresPerSecond: flow.departuresPerSecond,
            turnedAwayPerSecond: flow.turnedAwayPerSecond,
            findings: []
        )
        reading.findings = Finding.findings(
            in: reading,
            bounds: bounds,
            standstillNanoseconds: self.flow.standstillNanoseconds,
            turnedAwayShare: flow.turnedAwayShare
        )
        defer { state = gauges.state ?? state }
        let stateBefore = state.flatMap { $0 == gauges.state ?? $0 ? nil : $0 }
        return Outcome(reading: reading, flow: flow, levelBefore: before, stateBefore: stateBefore)
    }

    private func indicators(_ gauges: Gauges, _ flow: Flow, _ latency: LatencySummary?) -> [LoadIndicator: Double] {
        var indicators: [LoadIndicator: Double] = [:]
        if let depth = gauges.depth, let capacity = gauges.capacity {
            indicators[.occupancy] = Double(depth) / Double(max(1, capacity))
        }
        indicators[.utilization] = gauges.utilization
        indicators[.strain] = gauges.strain
        indicators[.turnedAway] = flow.turnedAwayShare.map { $0 / bounds.turnedAway }
        indicators[.lag] = flow.lagNanoseconds.map { Double($0) / Double(max(1, bounds.lag.nanosecondsClamped)) }
        if let bound = bounds.latency, let latency {
            indicators[.latency] = Double(latency.p99Nanoseconds) / Double(max(1, bound.nanosecondsClamped))
        }
        return indicators
    }
}
