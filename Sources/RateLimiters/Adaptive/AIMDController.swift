/// Finds a rate by its latency: a little more each cycle as long as that is good, and a share less as soon as it isn't.
///
/// Additive increase, multiplicative decrease: simple, stable, and fair among many that share a resource. It swings
/// around what the resource can take. It needs to be told which latency is too long; ``GradientController`` finds that
/// out.
///
/// - Complexity: O(1).
///
/// Source: D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance in computer
/// networks", 1989.
public struct AIMDController: RateController {
    /// A longer latency lowers the rate.
    public let longestLatency: Duration
    /// What is added to the rate each cycle, in permits per second.
    public let increase: Double
    /// What the rate is multiplied by after a latency that was too long.
    public let decrease: Double
    private var rate: BoundedRate

    /// A controller; a precondition fails if its settings make no sense.
    ///
    /// - Parameters:
    ///   - bounds: the rates it may choose, in permits per second.
    ///   - initial: the rate it starts with; `nil`: the lower bound.
    ///   - longestLatency: above 0; a longer one lowers the rate.
    ///   - increase: what is added each cycle, in permits per second, above 0; `nil`: 1 % of the upper bound.
    ///   - decrease: between 0 and 1.
    public init(
        bounds: ClosedRange<Double>,
        initial: Double? = nil,
        longestLatency: Duration,
        increase: Double? = nil,
        decrease: Double = 0.9
    ) {
        precondition(longestLatency > .zero, "every latency is longer than \(longestLatency)")
        precondition(decrease > 0 && decrease < 1, "a decrease is a factor between 0 and 1; it was \(decrease)")
        let increase = increase ?? bounds.upperBound / 100
        precondition(increase > 0 && increase.isFinite, "an increase must be above 0; it was \(increase)")
        rate = BoundedRate(bounds: bounds, initial: initial ?? bounds.lowerBound)
        self.longestLatency = longestLatency
        self.increase = increase
        self.decrease = decrease
    }

    /// The rates it may choose, in permits per second.
    public var bounds: ClosedRange<Double> { rate.bounds }
    /// The rate from now on, in permits per second.
    public var permitsPerSecond: Double { rate.permitsPerSecond }

    /// Takes the next reading.
    public mutating func next(_ reading: LatencyReading) -> RateDecision {
        guard let latency = reading.latency, reading.seconds != nil else { return rate.unmeasured("no latency") }
        if latency > longestLatency {
            return rate.move(to: permitsPerSecond * decrease, because: "\(latency) is longer than \(longestLatency)")
        }
        guard reading.isRateInUse else { return rate.stay("too little of the rate is used to tell") }
        return rate.move(to: permitsPerSecond + increase, because: "\(latency) is within \(longestLatency)")
    }
}
