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
    private var probing: ProbingLimit

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
        shortestQueue = queue.lowerBound
        longestQueue = queue.upperBound
        probing = ProbingLimit(bounds: bounds, initial: initial, decrease: decrease, probeInterval: probeInterval)
    }

    /// The limits it may choose.
    public var bounds: ClosedRange<Int> { probing.current.bounds }
    /// The limit from now on: for the time of a probe a tenth lower.
    public var limit: Int { probing.limit }
    /// What the limit is multiplied by after a drop.
    public var decrease: Double { probing.decrease }
    /// What a round trip takes without a queue, as far as is known.
    public var noLoadRoundTrip: Duration? { probing.noLoadRoundTrip }

    /// Takes the next sample.
    @discardableResult
    public mutating func sample(_ sample: ConcurrencySample) -> Int {
        guard let measured = probing.take(sample) else { return limit }
        let (before, roundTrip) = (measured.limit, measured.roundTrip)
        let queue = max(0, 1 - measured.noLoadRoundTrip / roundTrip)
        // What may be chance is taken for it.
        let chance = sample.relativeError
        let isTooLong = queue > longestQueue + chance
        if isTooLong {
            // What doesn't queue, and in the middle between too little and too much of what does. At once, if by far.
            let wanted = before * (1 - queue) * (1 + (shortestQueue + longestQueue) / 2)
            probing.move(
                to: max(before + (queue > 0.25 ? 1 : 0.5) * (wanted - before), before * probing.noLoad.largestFall)
            )
            probing.step.reset()
        } else if queue < shortestQueue + chance {
            if probing.current.isUsed(in: sample) { probing.move(to: before + probing.step.take(at: before)) }
        } else {
            probing.step.hesitate()
        }
        probing.end(measured, isFall: isTooLong)
        return limit
    }
}
