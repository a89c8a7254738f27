/// A limit that grows while all goes well and loses a share of itself as soon as it doesn't: additive increase,
/// multiplicative decrease.
///
/// What doesn't go well is work that the service refuses or loses (``PermitOutcome/dropped``), or a round trip that is longer
/// than a bound, if one is given. It swings between nine tenths of what the service bears and a little more. Fair
/// among many that share the service. For services that say no when they have enough; where they queue in silence and the
/// bound isn't known, ``VegasLimit`` and ``Gradient2Limit`` find out.
///
/// **Not quite the textbook's.** Adding one each time takes as many samples as there are permits to gain: when a service
/// comes back from 500 to 1 000, 500 samples, or a minute. Here one is added up to the limit that was too high last time;
/// once that has gone well too, every other step is twice the one before, up to an eighth of the limit.
///
/// - Complexity: O(1).
///
/// Sources: D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance in computer
/// networks", 1989; the search beyond the last maximum as in L. Xu et al., "Binary increase congestion control", 2004.
public struct AIMDLimit: ConcurrencyLimitAlgorithm, Hashable {
    /// A longer mean round trip lowers the limit; `nil`: none does.
    public let longestRoundTrip: Duration?
    /// What the limit is multiplied by when it was too high.
    public let decrease: Double
    private let longestNanoseconds: UInt64
    private var current: BoundedLimit
    private var ceiling: Double?
    private var step = GrowingStep(shares: 0...0.125)

    /// An algorithm; a precondition fails if its settings make no sense.
    ///
    /// - Parameters:
    ///   - bounds: the limits it may choose.
    ///   - initial: the limit it starts with.
    ///   - longestRoundTrip: above 0; a longer mean lowers the limit. Where work queues at the service, the limit settles
    ///     where queueing makes the round trip so long. `nil`: only drops count.
    ///   - decrease: between 0 and 1.
    public init(
        bounds: ClosedRange<Int> = 1...1_000,
        initial: Int = 20,
        longestRoundTrip: Duration? = nil,
        decrease: Double = 0.9
    ) {
        precondition(longestRoundTrip.map { $0 > .zero } ?? true, "every round trip is longer than that")
        precondition(decrease > 0 && decrease < 1, "a decrease is a factor between 0 and 1; it was \(decrease)")
        current = BoundedLimit(bounds: bounds, initial: initial)
        self.longestRoundTrip = longestRoundTrip
        longestNanoseconds = longestRoundTrip?.nanosecondsClamped ?? .max
        self.decrease = decrease
    }

    /// The limits it may choose.
    public var bounds: ClosedRange<Int> { current.bounds }
    /// The limit from now on.
    public var limit: Int { current.whole }

    /// Takes the next sample.
    @discardableResult
    public mutating func sample(_ sample: ConcurrencySample) -> Int {
        if sample.isDropped || sample.roundTripNanoseconds > longestNanoseconds {
            ceiling = current.exact
            current.move(to: current.exact * decrease)
            step.reset()
        } else if current.isUsed(in: sample) {
            let isKnown = ceiling.map { current.exact + 1 <= $0 } ?? false
            current.move(to: current.exact + (isKnown ? 1 : step.take(at: current.exact)))
        }
        return limit
    }
}
