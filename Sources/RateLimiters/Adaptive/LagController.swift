/// What a ``LagController`` does at which lag.
public struct LagBands: Sendable, Hashable {
    /// Above a lag the rate is multiplied by a factor, each cycle.
    public struct Reduction: Sendable, Hashable {
        /// Holds for lags larger than this.
        public let above: Int
        /// From 0 to 1, both excluded.
        public let factor: Double

        /// A reduction; see ``LagBands/init(reductions:raisedUnder:by:)`` for what is allowed.
        public init(above: Int, factor: Double) {
            self.above = above
            self.factor = factor
        }
    }

    /// Those that apply from the largest lag downwards.
    public let reductions: [Reduction]
    /// Under this lag the rate is raised.
    public let raisedUnder: Int
    /// By which part of itself the rate is raised, each cycle.
    public let growth: Double

    /// × 0.1 above a lag of 100 000, × 0.5 above 10 000, + 10 % under 1 000, unchanged in between.
    public static let standard = LagBands(
        reductions: [Reduction(above: 100_000, factor: 0.1), Reduction(above: 10_000, factor: 0.5)],
        raisedUnder: 1_000,
        by: 0.1
    )

    /// Bands; a precondition fails if they make no sense.
    ///
    /// - Parameters:
    ///   - reductions: at least one, in any order; no two above the same lag, and the larger the lag the smaller the
    ///     factor.
    ///   - raisedUnder: at least 1 and no larger than the lag above which the first reduction holds.
    ///   - growth: above 0 and finite.
    public init(reductions: [Reduction], raisedUnder: Int, by growth: Double) {
        let sorted = reductions.sorted { $0.above > $1.above }
        precondition(!sorted.isEmpty, "without a reduction the rate could only grow")
        precondition(
            sorted.allSatisfy { $0.factor > 0 && $0.factor < 1 },
            "a reduction multiplies by a factor between 0 and 1; they were \(reductions)"
        )
        precondition(
            zip(sorted, sorted.dropFirst()).allSatisfy { $0.above > $1.above && $0.factor < $1.factor },
            "the larger the lag, the smaller the factor; the reductions were \(reductions)"
        )
        precondition(
            raisedUnder >= 1 && raisedUnder <= sorted[sorted.count - 1].above,
            "a rate can't be raised under a lag of \(raisedUnder) and be lowered by \(reductions)"
        )
        precondition(growth > 0 && growth.isFinite, "a rate is raised by a part of itself above 0; it was \(growth)")
        self.reductions = sorted
        self.raisedUnder = raisedUnder
        self.growth = growth
    }
}

/// Slows producers down as their consumers fall behind: a rate that is driven by a lag, in elements or offsets.
///
/// Each cycle the rate it has is multiplied: steep reductions at large lags, a small gain when the lag is small,
/// nothing in between, where it waits for the lag to go one way or the other. Reductions add up over the cycles, down
/// to the lower bound.
///
/// - Complexity: O(bands).
public struct LagController: RateController {
    /// What it does at which lag.
    public let bands: LagBands
    private var rate: BoundedRate

    /// A controller.
    ///
    /// - Parameters:
    ///   - bounds: the rates it may choose, in permits per second.
    ///   - initial: the rate it starts with; `nil`: the upper bound.
    ///   - bands: what it does at which lag.
    public init(bounds: ClosedRange<Double>, initial: Double? = nil, bands: LagBands = .standard) {
        rate = BoundedRate(bounds: bounds, initial: initial)
        self.bands = bands
    }

    /// The rates it may choose, in permits per second.
    public var bounds: ClosedRange<Double> { rate.bounds }
    /// The rate from now on, in permits per second.
    public var permitsPerSecond: Double { rate.permitsPerSecond }

    /// Takes the next reading.
    ///
    /// - Parameter lag: how far behind the consumers are; negative, as from counters that were read one after the
    ///   other, is like 0; `nil`, if it can't be read, changes nothing.
    public mutating func next(_ lag: Int?) -> RateDecision {
        guard let lag else { return rate.unmeasured("the lag can't be read") }
        if let reduction = bands.reductions.first(where: { lag > $0.above }) {
            return rate.move(
                to: permitsPerSecond * reduction.factor,
                because: "a lag of \(lag) is over \(reduction.above)"
            )
        }
        guard lag < bands.raisedUnder else { return rate.stay("a lag of \(lag) is neither large nor small") }
        return rate.move(
            to: permitsPerSecond * (1 + bands.growth),
            because: "a lag of \(lag) is under \(bands.raisedUnder)"
        )
    }
}
