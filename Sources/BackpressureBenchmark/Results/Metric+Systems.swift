// What is measured of whole systems beside throughput (here: what was of use to somebody) and latency.

extension Metric {
    /// What was of use over what the workers could serve, or over what was offered.
    static let goodputShare = Metric("goodput_share", "1", better: .higher, condense: nil)
    /// From when a request came in to when it was turned away.
    static let refusalP99 = Metric("refusal_p99", "ns", condense: nil)
    /// From the end of the trouble to the first moment without a trace of it.
    static let recovery = Metric("recovery", "ns", condense: nil)
    /// The most elements in the system at once.
    static let peakInside = Metric("peak_inside", "1", condense: nil)
    /// Of critical requests while nothing is wrong.
    static let unloadedP99 = Metric("unloaded_p99_critical", "ns", condense: nil)
    static let criticalP99 = Metric("latency_p99_critical", "ns", condense: nil)
    static let highP99 = Metric("latency_p99_high", "ns", condense: nil)
    static let normalP99 = Metric("latency_p99_normal", "ns", condense: nil)
    static let lowP99 = Metric("latency_p99_low", "ns", condense: nil)
    /// The p99 of critical requests under overload over that before.
    static let criticalRatio = Metric("critical_p99_ratio", "1", condense: nil)
    /// Calls that failed or were slow.
    static let wastedCalls = Metric("wasted_calls", "1", condense: nil)
    /// Of the callers' time during outages, what went into such calls.
    static let wastedTimeShare = Metric("wasted_time_share", "1", condense: nil)
    /// Elements that were put aside and delivered later.
    static let redriven = Metric("redriven", "1", better: nil, condense: nil)
    /// Elements still put aside at the end.
    static let left = Metric("left", "1", condense: nil)

    /// Elements that nobody could process.
    static let deadLettered = Metric("dead_lettered", "1", better: nil, condense: nil)
    /// Whether the stage that all others wait for was named: 1 or 0.
    static let bottleneckNamed = Metric("bottleneck_named", "1", better: .higher, condense: nil)
    /// From when the capacity was halved to when the limit had found it, and from when it came back.
    static let settledHalved = Metric("settled_halved", "ns", condense: nil)
    static let settledReturned = Metric("settled_returned", "ns", condense: nil)

    static let systems = [
        goodputShare, refusalP99, recovery, peakInside, unloadedP99, criticalP99, highP99, normalP99, lowP99,
        criticalRatio, wastedCalls, wastedTimeShare, redriven, left, deadLettered, bottleneckNamed, settledHalved,
        settledReturned,
    ]
}
