import ConcurrencySupport
import Histogram

/// What a run of a system has beside its load.
struct SystemConditions: Sendable {
    var seed: UInt64
    /// Before the measured part, as calm as can be.
    var warmupSeconds: Double
    var durationSeconds: Double
    var clock: any NanosecondClock = SystemNanosecondClock()
}

/// What a run of a system came to.
struct SystemFigures: Codable, Sendable, Equatable {
    /// Where the elements ended, each once.
    var account = ElementAccount()
    /// What the system had to keep, and how far it went.
    var promises: [Promise] = []
    /// By ``Metric`` name; what was not measured is missing.
    var metrics: [String: Double] = [:]

    /// A figure with its bound. Systems with backpressure keep below it, and those without must not.
    struct Promise: Codable, Sendable, Equatable {
        /// What is counted, for people.
        var what: String
        var value: Double
        var most: Double
        /// Whether a contender that is above fails: not where the machine's speed has a say.
        var isHard = true

        var isKept: Bool { value <= most }
    }

    subscript(metric: Metric) -> Double? {
        get { metrics[metric.name] }
        set { metrics[metric.name] = newValue }
    }

    /// Puts the latencies into their columns.
    mutating func setLatency(_ latencies: Latencies) {
        self[.latencyP50] = latencies.percentile(50)
        self[.latencyP90] = latencies.percentile(90)
        self[.latencyP99] = latencies.percentile(99)
        self[.latencyP999] = latencies.percentile(99.9)
        self[.latencyMax] = latencies.percentile(100)
    }
}

/// Latencies in nanoseconds; those above an hour count as an hour.
struct Latencies: Sendable {
    private static let most: UInt64 = 3_600_000_000_000
    private var histogram = Histogram<UInt64>(lowestDiscernibleValue: 1, highestTrackableValue: most)

    var count: Int { Int(histogram.totalCount) }

    mutating func record(from start: UInt64, to end: UInt64) {
        _ = histogram.record(min(end > start ? end - start : 0, Self.most))
    }

    /// In nanoseconds; `nil`: there are none.
    func percentile(_ share: Double) -> Double? {
        count == 0 ? nil : Double(share == 100 ? histogram.max : histogram.valueAtPercentile(share))
    }
}
