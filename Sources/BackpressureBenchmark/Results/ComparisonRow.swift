/// A row of `comparison.csv`: one implementation in one scenario: medians over blocks, and the ratio to the reference.
package struct ComparisonRow: ResultRow {
    package var scenario: String
    package var mechanism: Scenario.Mechanism
    package var implementation: String
    /// `mutex`, `actor`, `lock-free`, `other` or `foreign`.
    package var family: String
    package var driver: Scenario.Driver
    /// Callers, unless it is a queue.
    package var producers: Int?
    package var consumers: Int?
    /// Permits, if it is a concurrency limit.
    package var capacity: Int?
    package var payloadBytes: Int?
    package var policy: QueueLoad.Policy?
    package var repetitions: Int
    /// The median over blocks, as all that follows.
    package var throughputPerS: Double?
    package var throughputCiLow: Double?
    package var throughputCiHigh: Double?
    package var latencyP50Ns: Double?
    package var latencyP90Ns: Double?
    package var latencyP99Ns: Double?
    package var latencyP999Ns: Double?
    package var latencyMaxNs: Double?
    package var cpuNsPerOp: Double?
    package var contextSwitchesPerOp: Double?
    package var allocationsPerOp: Double?
    package var allocatedBytesPerOp: Double?
    package var peakAllocatedBytes: Double?
    package var retainedBytes: Double?
    /// The implementation that ratios are taken against.
    package var reference: String?
    /// Throughput over that of the reference, median of the blocks' ratios.
    package var ratioToReference: Double?
    package var ratioCiLow: Double?
    package var ratioCiHigh: Double?

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("mechanism", \.mechanism),
        .init("implementation", \.implementation),
        .init("family", \.family),
        .init("driver", \.driver),
        .init("producers", \.producers),
        .init("consumers", \.consumers),
        .init("capacity", \.capacity),
        .init("payload_bytes", \.payloadBytes),
        .init("policy", \.policy),
        .init("repetitions", \.repetitions),
        .init("throughput_per_s", \.throughputPerS),
        .init("throughput_ci_low", \.throughputCiLow),
        .init("throughput_ci_high", \.throughputCiHigh),
        .init("latency_p50_ns", \.latencyP50Ns),
        .init("latency_p90_ns", \.latencyP90Ns),
        .init("latency_p99_ns", \.latencyP99Ns),
        .init("latency_p999_ns", \.latencyP999Ns),
        .init("latency_max_ns", \.latencyMaxNs),
        .init("cpu_ns_per_op", \.cpuNsPerOp),
        .init("context_switches_per_op", \.contextSwitchesPerOp),
        .init("allocations_per_op", \.allocationsPerOp),
        .init("allocated_bytes_per_op", \.allocatedBytesPerOp),
        .init("peak_allocated_bytes", \.peakAllocatedBytes),
        .init("retained_bytes", \.retainedBytes),
        .init("reference", \.reference),
        .init("ratio_to_reference", \.ratioToReference),
        .init("ratio_ci_low", \.ratioCiLow),
        .init("ratio_ci_high", \.ratioCiHigh),
    ]
}
