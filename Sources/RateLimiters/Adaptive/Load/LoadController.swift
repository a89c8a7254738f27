/// Lowers a rate as a system's load exceeds what it should be, and raises it again as that goes away.
///
/// Each signal has a threshold and a weight. What it is over, as a share of what it could be over, times its weight, is
/// what it takes off the upper bound: a memory at 90 % with a threshold of 80 % and a weight of 1 takes off half. What
/// several take off adds up. Memory weighs more than processors do: a process that is short of one becomes slow, one
/// that is short of the other is killed.
///
/// - One signal alone proves little (a file cache fills memory, a batch job the processors), so nothing happens unless
///   at least ``agreement`` of them are over their thresholds. The use of the processors and the pressure on them are
///   two; ask for three where that is too little.
/// - Readings are smoothed (an exponentially weighted mean for each signal), so that a spike of one cycle does little.
/// - The rate falls to where it should be at once, and rises there by a step each cycle.
/// - What can't be read is not 0. If fewer signals than have to agree can be read, the rate stays as it is; and while a
///   signal can't be read that was over its threshold before, it isn't raised.
///
/// - Complexity: O(n log n) in the number of signals; a mean is kept for each that was ever read.
public struct LoadController: RateController {
    /// From where on a signal counts, and how much.
    public struct Limit: Sendable, Hashable {
        /// Readings above it count; from 0 to 1, that excluded.
        public let threshold: Double
        /// What share of the upper bound is taken off when the reading is 1; above 0 and finite.
        public let weight: Double

        /// A limit; a precondition fails if it makes no sense.
        public init(threshold: Double, weight: Double) {
            precondition(
                threshold >= 0 && threshold < 1,
                "nothing is over a threshold that isn't in 0..<1; it was \(threshold)"
            )
            precondition(weight > 0 && weight.isFinite, "a weight must be above 0; it was \(weight)")
            self.threshold = threshold
            self.weight = weight
        }
    }

    /// The limits that hold unless others are set. Pressures are shares of time in which something stood still, and so
    /// are grave at smaller values.
    public static let standardLimits: [LoadSignal: Limit] = [
        .memory: Limit(threshold: 0.8, weight: 1),
        .memoryPressure: Limit(threshold: 0.1, weight: 1),
        .cpu: Limit(threshold: 0.8, weight: 0.5),
        .cpuPressure: Limit(threshold: 0.4, weight: 0.5),
        .ioPressure: Limit(threshold: 0.4, weight: 0.5),
    ]

    /// The limits by signal.
    public let limits: [LoadSignal: Limit]
    /// The limit of signals that `limits` doesn't name, such as pools.
    public let otherLimit: Limit?
    /// How many signals must be over their thresholds before the rate is lowered.
    public let agreement: Int
    /// The weight of the newest reading in the mean.
    public let smoothing: Double
    /// By which share of the upper bound the rate rises each cycle, at most.
    public let recovery: Double

    private var rate: BoundedRate
    private var means: [LoadSignal: Double] = [:]

    /// A controller that starts with the upper bound; a precondition fails if its settings make no sense.
    ///
    /// - Parameters:
    ///   - bounds: the rates it may choose, in permits per second.
    ///   - limits: by signal.
    ///   - otherLimit: of signals that `limits` doesn't name; `nil`: they don't count.
    ///   - agreement: how many signals must be over their thresholds before the rate is lowered; at least 1.
    ///   - smoothing: the weight of the newest reading in the mean; above 0, at most 1: no smoothing.
    ///   - recovery: by which share of the upper bound the rate rises each cycle, at most; above 0, at most 1.
    public init(
        bounds: ClosedRange<Double>,
        limits: [LoadSignal: Limit] = Self.standardLimits,
        otherLimit: Limit? = Limit(threshold: 0.8, weight: 0.5),
        agreement: Int = 2,
        smoothing: Double = 0.5,
        recovery: Double = 0.1
    ) {
        precondition(agreement >= 1, "at least one signal must speak for lowering the rate; it was \(agreement)")
        precondition(smoothing > 0 && smoothing <= 1, "smoothing is a share above 0, up to 1; it was \(smoothing)")
        precondition(recovery > 0 && recovery <= 1, "recovery is a share above 0, up to 1; it was \(recovery)")
        rate = BoundedRate(bounds: bounds, initial: nil)
        self.limits = limits
        self.otherLimit = otherLimit
        self.agreement = agreement
        self.smoothing = smoothing
        self.recovery = recovery
    }

    /// The rates it may choose, in permits per second.
    public var bounds: ClosedRange<Double> { rate.bounds }
    /// The rate from now on, in permits per second.
    public var permitsPerSecond: Double { rate.permitsPerSecond }

    /// Takes the next reading.
    public mutating func next(_ reading: LoadReadings) -> RateDecision {
        var measured = 0
        var reduction = 0.0
        var over: [String] = []
        var lost: [LoadSignal] = []
        // In the order of their names, so that the same readings give the same sum.
        for signal in Set(reading.signals).union(means.keys).sorted() {
            guard let limit = limits[signal] ?? otherLimit else { continue }
            guard let share = reading[signal] else {
                if let mean = means[signal], mean > limit.threshold { lost.append(signal) }
                continue
            }
            measured += 1
            let mean = means[signal].map { $0 + smoothing * (share - $0) } ?? share
            means[signal] = mean
            guard mean > limit.threshold else { continue }
            reduction += limit.weight * (mean - limit.threshold) / (1 - limit.threshold)
            over.append("\(signal) \(mean.rounded(decimals: 2)) over \(limit.threshold)")
        }
        guard measured >= agreement else {
            return rate.unmeasured("\(measured) signals could be read and \(agreement) have to agree")
        }
        let isOverloaded = over.count >= agreement
        let target = isOverloaded ? bounds.upperBound * max(0, 1 - reduction) : bounds.upperBound
        if target <= permitsPerSecond {
            return rate.move(to: target, because: isOverloaded ? over.joined(separator: ", ") : "no overload")
        }
        if !lost.isEmpty { return rate.stay("\(lost) can't be read any more and was over its threshold") }
        let reason = over.isEmpty ? "no overload" : over.joined(separator: ", ")
        return rate.move(to: min(target, permitsPerSecond + recovery * bounds.upperBound), because: reason)
    }
}
