/// A limit that keeps a short queue at the service: how many requests queue there is reckoned from how much longer than
/// without a queue the round trip is.
///
/// With `L` in flight, `L · (1 − noLoad / roundTrip)` queue. Below a share of the limit the limit grows, in steps that become larger
/// while that goes on; above another it falls, to what would keep the queue between the two. The longest queue that it keeps
/// is 3 % of the limit, and what can't be told from chance.
///
/// **Not quite the published one**, which takes the least of all round trips for the one without a queue, and now and then
/// starts anew with whatever it measures. The least of many is less than what requests take, and where that varies, such a
/// Vegas sees a queue at any limit; a new start with a queue makes it see none, and the limit grows without bound. Here
/// the limit is lowered a little for a moment now and then, so that what is measured has no queue, and a fall of
/// the limit that doesn't shorten round trips shows a service that has become slower. The published steps
/// are by the logarithm of the limit, which takes minutes to double a large one.
///
/// - Complexity: O(1).
///
/// Sources: L. Brakmo, L. Peterson, "TCP Vegas", 1995; Vegas in Netflix's concurrency-limits.
public struct VegasLimit: ConcurrencyLimitAlgorithm, Hashable {
    /// A shorter queue, as a share of the limit, raises it.
    public let shortestQueue: Double
    /// A longer queue, as a share of the limit, lowers it.
    public let longestQueue: Double
    /// What the limit is multiplied by after a drop.
    public let decrease: Double
    private var current: BoundedLimit
    private var noLoad: NoLoadRoundTrip
    private var step = GrowingStep(shares: 0.02...0.25)

    /// An algorithm; a precondition fails if its settings make no sense.
    ///
    /// - Parameters:
    ///   - bounds: the limits it may choose.
    ///   - initial: the limit it starts with; best one at which nothing queues.
    ///   - queue: how long a queue it keeps at the service, as a share of the limit; below 0.1.
    ///   - decrease: what the limit is multiplied by after a drop; between 0 and 1.
    ///   - probeInterval: samples from one probe for the round trip without a queue to the next.
    public init(
        bounds: ClosedRange<Int> = 1...1_000,
        initial: Int = 20,
        queue: ClosedRange<Double> = 0.005...0.03,
        decrease: Double = 0.9,
        probeInterval: Int = 15
    ) {
        precondition(
            queue.lowerBound > 0 && queue.upperBound < 1 - NoLoadRoundTrip.probeFactor,
            "a queue is a share of the limit, above 0 and below what a probe takes away; it was \(queue)"
        )
        precondition(decrease > 0 && decrease < 1, "a decrease is a factor between 0 and 1; it was \(decrease)")
        current = BoundedLimit(bounds: bounds, initial: initial)
        shortestQueue = queue.lowerBound
        longestQueue = queue.upperBound
        self.decrease = decrease
        noLoad = NoLoadRoundTrip(probeInterval: probeInterval)
    }

    /// The limits it may choose.
    public var bounds: ClosedRange<Int> { current.bounds }
    /// The limit from now on: for the time of a probe a tenth lower.
    public var limit: Int {
        guard noLoad.isProbing else { return current.whole }
        return max(bounds.lowerBound, Int((current.exact * NoLoadRoundTrip.probeFactor).rounded()))
    }
    /// What a round trip takes without a queue, as far as is known.
    public var noLoadRoundTrip: Duration? { noLoad.nanoseconds.map { .nanoseconds(Int64($0)) } }

    /// Takes the next sample.
    @discardableResult
    public mutating func sample(_ sample: ConcurrencySample) -> Int {
        guard !sample.isDropped else {
            current.move(to: current.exact * decrease)
            step.reset()
            return limit
        }
        let roundTrip = Double(max(1, sample.roundTripNanoseconds))
        guard !noLoad.isProbing else {
            noLoad.takeProbe(roundTrip, relativeError: sample.relativeError)
            return limit
        }
        let before = current.exact
        noLoad.take(roundTrip, relativeError: sample.relativeError, at: before)
        guard let least = noLoad.nanoseconds else { return limit }
        let queue = max(0, 1 - least / roundTrip)
        // What may be chance is taken for it.
        let chance = sample.relativeError
        let isTooLong = queue > longestQueue + chance
        if isTooLong {
            // What doesn't queue, and in the middle between too little and too much of what does. At once, if by far.
            let wanted = before * (1 - queue) * (1 + (shortestQueue + longestQueue) / 2)
            current.move(to: max(before + (queue > 0.25 ? 1 : 0.5) * (wanted - before), before * noLoad.largestFall))
            step.reset()
        } else if queue < shortestQueue + chance {
            if current.isUsed(in: sample) { current.move(to: before + step.take(at: before)) }
        } else {
            step.hesitate()
        }
        noLoad.decide(isFall: isTooLong, roundTrip: roundTrip, at: before)
        return limit
    }
}
