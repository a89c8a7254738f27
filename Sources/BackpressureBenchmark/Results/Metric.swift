/// Something that is measured in every repetition of a scenario in the sections throughput and systems.
///
/// ``all`` is the one table: a metric listed there is written to `samples.csv`, and condensed into the column of
/// `comparison.csv` that it names, if any.
struct Metric: Sendable {
    /// The `metric` column.
    let name: String
    let unit: String
    /// Which way it improves; `nil`: neither, as of a share that a policy sets.
    let better: Direction?
    /// Puts the median over blocks into a row of `comparison.csv`; `nil`: it has no column there.
    let condense: (@Sendable (inout ComparisonRow, Double) -> Void)?

    enum Direction: Sendable { case higher, lower }

    static let throughput = Metric("throughput", "1/s", better: .higher) { $0.throughputPerS = $1 }
    static let latencyP50 = Metric("latency_p50", "ns") { $0.latencyP50Ns = $1 }
    static let latencyP90 = Metric("latency_p90", "ns") { $0.latencyP90Ns = $1 }
    static let latencyP99 = Metric("latency_p99", "ns") { $0.latencyP99Ns = $1 }
    static let latencyP999 = Metric("latency_p999", "ns") { $0.latencyP999Ns = $1 }
    static let latencyMax = Metric("latency_max", "ns") { $0.latencyMaxNs = $1 }
    static let cpuTime = Metric("cpu_per_op", "ns") { $0.cpuNsPerOp = $1 }
    static let contextSwitches = Metric("context_switches_per_op", "1") { $0.contextSwitchesPerOp = $1 }
    static let allocations = Metric("allocations_per_op", "1") { $0.allocationsPerOp = $1 }
    static let allocatedBytes = Metric("allocated_bytes_per_op", "B") { $0.allocatedBytesPerOp = $1 }
    static let peakAllocated = Metric("peak_allocated", "B") { $0.peakAllocatedBytes = $1 }
    static let retained = Metric("retained", "B") { $0.retainedBytes = $1 }
    static let refusedShare = Metric("refused_share", "1", better: nil, condense: nil)
    static let evictedShare = Metric("evicted_share", "1", better: nil, condense: nil)
    /// Of those offered, the ones that went by way of the secondary store.
    static let spilledShare = Metric("spilled_share", "1", better: nil, condense: nil)
    /// Processor time of the whole process while everybody waits, in nanoseconds a second.
    static let idleCPU = Metric("idle_cpu_per_s", "ns", condense: nil)
    /// Of a yardstick: time through the protocol over time by hand, in alternating slices of one process.
    static let protocolRatio = Metric("protocol_ratio", "1", better: nil, condense: nil)

    static let all =
        [
            throughput, latencyP50, latencyP90, latencyP99, latencyP999, latencyMax, cpuTime, contextSwitches,
            allocations,
            allocatedBytes, peakAllocated, retained, refusedShare, evictedShare, spilledShare, idleCPU,
            protocolRatio,
        ] + systems

    /// What accounting of memory measures, in a process of its own.
    static let accounted = Set([allocations, allocatedBytes, peakAllocated, retained].map(\.name))

    init(
        _ name: String,
        _ unit: String,
        better: Direction? = .lower,
        condense: (@Sendable (inout ComparisonRow, Double) -> Void)?
    ) {
        self.name = name
        self.unit = unit
        self.better = better
        self.condense = condense
    }
}
