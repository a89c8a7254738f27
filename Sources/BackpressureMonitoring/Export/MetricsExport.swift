internal import ConcurrencySupport
internal import Metrics

/// The metrics of one thing that is watched: made when they first have a value, so that what doesn't apply isn't exported.
final class MetricsExport: Sendable {
    private struct Made: Sendable {
        var meters: [String: Meter] = [:]
        var counters: [String: Counter] = [:]
    }

    private let factory: any MetricsFactory
    private let name: String
    private let kind: String
    /// `nil`: taken back, for good; a reading may be under way still.
    private let made = Lock<Made?>(Made())

    init(name: String, kind: String, factory: any MetricsFactory) {
        self.name = name
        self.kind = kind
        self.factory = factory
    }

    func export(_ reading: LoadReading, flow: Flow, levelChanged: Bool) {
        let gauges = reading.gauges
        set(MetricNames.depth, gauges.depth.map(Double.init))
        set(MetricNames.capacity, gauges.capacity.map(Double.init))
        set(MetricNames.lagElements, reading.lagElements.map(Double.init))
        set(MetricNames.lagSeconds, reading.lagNanoseconds.map { Double($0) / 1e9 })
        set(MetricNames.utilization, reading.utilization)
        set(MetricNames.throughput, reading.departuresPerSecond)
        set(MetricNames.level, Double(reading.level.rawValue))
        let latency = reading.latency
        set(MetricNames.latencySeconds, latency.map { Double($0.p50Nanoseconds) / 1e9 }, quantile: "0.5")
        set(MetricNames.latencySeconds, latency.map { Double($0.p95Nanoseconds) / 1e9 }, quantile: "0.95")
        set(MetricNames.latencySeconds, latency.map { Double($0.p99Nanoseconds) / 1e9 }, quantile: "0.99")
        set(MetricNames.latencySeconds, latency.map { Double($0.p999Nanoseconds) / 1e9 }, quantile: "0.999")
        add(MetricNames.arrived, gauges.arrived == nil ? nil : flow.newlyArrived)
        add(MetricNames.departed, gauges.departed == nil ? nil : flow.newlyDeparted)
        add(MetricNames.turnedAway, gauges.turnedAway == nil ? nil : flow.newlyTurnedAway)
        add(MetricNames.levelChanges, levelChanged ? 1 : 0)
    }

    /// Takes back all that was made; nothing is made any more.
    func destroy() {
        guard let made = made.withLock({ $0.take() }) else { return }
        for meter in made.meters.values { meter.destroy() }
        for counter in made.counters.values { counter.destroy() }
    }

    /// What has no value any more, latency when nothing is recorded, keeps its last one: a gauge can't say "none".
    private func set(_ label: String, _ value: Double?, quantile: String? = nil) {
        guard let value, value.isFinite else { return }
        let meter = made.withLock { made -> Meter? in
            let key = label + (quantile ?? "")
            if made == nil { return nil }
            if let meter = made?.meters[key] { return meter }
            let meter = Meter(label: label, dimensions: dimensions(quantile: quantile), factory: factory)
            made?.meters[key] = meter
            return meter
        }
        meter?.set(value)
    }

    private func add(_ label: String, _ amount: UInt64?) {
        guard let amount else { return }
        let counter = made.withLock { made -> Counter? in
            if made == nil { return nil }
            if let counter = made?.counters[label] { return counter }
            let counter = Counter(label: label, dimensions: dimensions(quantile: nil), factory: factory)
            made?.counters[label] = counter
            return counter
        }
        counter?.increment(by: Int64(clamping: amount))
    }

    private func dimensions(quantile: String?) -> [(String, String)] {
        var dimensions = [(MetricNames.name, name), (MetricNames.kind, kind)]
        if let quantile { dimensions.append((MetricNames.quantile, quantile)) }
        return dimensions
    }
}
