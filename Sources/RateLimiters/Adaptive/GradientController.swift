/// Finds a rate by how its latency compares with the least there is: no latency need be named.
///
/// Each cycle the rate is multiplied by `tolerance · least / latency`, at most 1 and at least ½, and a little is added,
/// so that it goes on looking for more. It settles where work begins to queue.
///
/// **The least latency** is what a request takes that waits for nobody. It must be able to rise, since services do
/// become slower, and must not rise because the rate is too high: a long-term mean that is fed with queueing takes that
/// for normal, raises the rate, and grows without bound. Here it falls at once, and rises only after a *probe*: every
/// so many cycles the rate is lowered for a few, in which what has queued up drains, and the least latency seen
/// meanwhile is taken, if it is larger, up to a factor.
///
/// - Complexity: O(1).
///
/// Sources: the gradient of Netflix's concurrency-limits, and the probes for the round-trip time of N. Cardwell et al.,
/// "BBR: congestion-based congestion control", 2016.
public struct GradientController: RateController {
    /// When the least latency is looked for anew.
    public struct Probing: Sendable, Hashable {
        /// Cycles from the end of one probe to the next.
        public let interval: Int
        /// Cycles that a probe takes.
        public let length: Int
        /// What the rate is multiplied by meanwhile.
        public let factor: Double
        /// By which factor a probe may raise the least latency, at most.
        public let largestRise: Double

        /// Probes; a precondition fails if they make no sense.
        ///
        /// - Parameters:
        ///   - interval: cycles from the end of one probe to the next; at least 1.
        ///   - length: cycles that a probe takes; at least 1, long enough for what has queued up to drain.
        ///   - factor: what the rate is multiplied by meanwhile; between 0 and 1.
        ///   - largestRise: by which factor a probe may raise the least latency, at most; above 1.
        public init(interval: Int = 50, length: Int = 2, factor: Double = 0.5, largestRise: Double = 2) {
            precondition(interval >= 1 && length >= 1, "probes last for cycles, not \(length) after \(interval)")
            precondition(factor > 0 && factor < 1, "a probe lowers the rate by a factor between 0 and 1, not \(factor)")
            precondition(
                largestRise > 1 && largestRise.isFinite,
                "a probe must be able to raise the least latency; by \(largestRise) it can't"
            )
            self.interval = interval
            self.length = length
            self.factor = factor
            self.largestRise = largestRise
        }
    }

    /// By which factor a latency may exceed the least one before the rate is lowered.
    public let tolerance: Double
    /// Which part of itself the rate gains each cycle.
    public let growth: Double
    /// How much of each change is made at once.
    public let smoothing: Double
    /// When the least latency is looked for anew.
    public let probing: Probing

    private var rate: BoundedRate
    private var leastSeconds: Double?
    private var cyclesToProbe: Int
    private var probe: (cyclesLeft: Int, rateBefore: Double, least: Double?)?

    /// A controller; a precondition fails if its settings make no sense.
    ///
    /// - Parameters:
    ///   - bounds: the rates it may choose, in permits per second.
    ///   - initial: the rate it starts with; `nil`: the lower bound, so that the first latencies are those of an idle
    ///     service.
    ///   - tolerance: by which factor a latency may exceed the least one; at least 1.
    ///   - growth: which part of itself the rate gains each cycle; between 0 and ½.
    ///   - smoothing: how much of each change is made at once; above 0, at most 1: all of it.
    ///   - probing: when the least latency is looked for anew.
    public init(
        bounds: ClosedRange<Double>,
        initial: Double? = nil,
        tolerance: Double = 1.5,
        growth: Double = 0.05,
        smoothing: Double = 0.5,
        probing: Probing = Probing()
    ) {
        precondition(tolerance >= 1 && tolerance.isFinite, "a latency can't be below the least one times \(tolerance)")
        precondition(growth > 0 && growth < 0.5, "a rate gains a part of itself between 0 and ½; it was \(growth)")
        precondition(smoothing > 0 && smoothing <= 1, "smoothing is a share above 0, up to 1; it was \(smoothing)")
        rate = BoundedRate(bounds: bounds, initial: initial ?? bounds.lowerBound)
        self.tolerance = tolerance
        self.growth = growth
        self.smoothing = smoothing
        self.probing = probing
        cyclesToProbe = probing.interval
    }

    /// The rates it may choose, in permits per second.
    public var bounds: ClosedRange<Double> { rate.bounds }
    /// The rate from now on, in permits per second.
    public var permitsPerSecond: Double { rate.permitsPerSecond }
    /// The latency that others are compared with; `nil` before the first reading.
    public var leastLatency: Duration? { leastSeconds.map { .seconds($0) } }

    /// Takes the next reading.
    public mutating func next(_ reading: LatencyReading) -> RateDecision {
        if probe != nil { return goOnProbing(reading.seconds) }
        guard let latency = reading.seconds else { return rate.unmeasured("no latency") }
        let least = min(latency, leastSeconds ?? latency)
        leastSeconds = least
        cyclesToProbe -= 1
        if cyclesToProbe <= 0 {
            probe = (probing.length, permitsPerSecond, nil)
            return rate.move(to: permitsPerSecond * probing.factor, because: "probing for the least latency")
        }
        let gradient = min(1, max(0.5, tolerance * least / latency))
        let wanted = permitsPerSecond * (gradient + growth)
        let times = (latency / least).rounded(decimals: 2)
        if wanted > permitsPerSecond, !reading.isRateInUse {
            return rate.stay("too little of the rate is used to tell")
        }
        return rate.move(
            to: permitsPerSecond + smoothing * (wanted - permitsPerSecond),
            because: "the latency is \(times) times the least"
        )
    }

    private mutating func goOnProbing(_ latency: Double?) -> RateDecision {
        guard var probe else { return rate.stay("no probe") }
        if let latency { probe.least = min(latency, probe.least ?? latency) }
        probe.cyclesLeft -= 1
        self.probe = probe
        guard probe.cyclesLeft <= 0 else { return rate.stay("probing for the least latency") }
        self.probe = nil
        cyclesToProbe = probing.interval
        if let seen = probe.least, let known = leastSeconds { leastSeconds = min(seen, known * probing.largestRise) }
        return rate.move(to: probe.rateBefore, because: "the least latency is \(leastLatency ?? .zero) now")
    }
}
