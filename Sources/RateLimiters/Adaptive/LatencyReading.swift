/// What the controllers that are driven by latency decide from.
public struct LatencyReading: Sendable, Hashable {
    /// The latency since the last reading, as a mean or a percentile: always the same one. `nil`: nothing was measured,
    /// as when there was nothing to do; it changes nothing.
    public var latency: Duration?

    /// Which part of the permits was used since the last reading, from 0 to 1; `nil`: taken to be all.
    ///
    /// Under half of them the rate isn't raised: latencies with little to do say nothing about how much more could be
    /// done.
    public var utilization: Double?

    /// A reading.
    public init(latency: Duration?, utilization: Double? = nil) {
        self.latency = latency
        self.utilization = utilization
    }

    var seconds: Double? {
        guard let latency, latency > .zero else { return nil }
        return latency / .seconds(1)
    }

    /// Whether the rate was what held callers back, so that a good latency speaks for a higher one.
    var isRateInUse: Bool {
        guard let utilization else { return true }
        return utilization >= 0.5
    }
}
