/// A limit that follows the ratio of two round trips: without a queue, and now.
///
/// With each sample the limit is multiplied by `noLoad · tolerance / roundTrip`, at least ½ and at most 1, and room for a
/// short queue is added; a part of that change is made at once. It settles where the room added is what the ratio takes
/// away.
///
/// **Not quite the published one**, in which the round trip without a queue is a mean over a long time, with a tolerance of
/// 1.5. The tolerance alone settles it at one and a half times what the service bears; and as the mean is fed with
/// the queue that the limit lets in, it rises until the ratio is 1 at any limit: under a mild overload that goes
/// on, the limit grows without bound (Netflix's issue 134). Here the round trip without a queue is probed for at lower
/// limits, as in ``VegasLimit``; the tolerance is 1; and the room is a share of the limit, with
/// steps that become larger while nothing queues.
///
/// - Complexity: O(1).
///
/// Source: Gradient2 in Netflix's concurrency-limits.
public struct Gradient2Limit: ConcurrencyLimitAlgorithm, Hashable {
    /// By which factor a round trip may exceed the one without a queue before the limit is lowered.
    public let tolerance: Double
    /// The room for a queue, as a share of the limit.
    public let queue: Double
    /// How much of each change is made at once.
    public let smoothing: Double
    private var probing: ProbingLimit

    /// An algorithm; a precondition fails if its settings make no sense.
    ///
    /// - Parameters:
    ///   - bounds: the limits it may choose.
    ///   - initial: the limit it starts with; best one at which nothing queues.
    ///   - tolerance: by which factor a round trip may exceed the one without a queue; at least 1, below 1.1.
    ///   - queue: the room for a queue, as a share of the limit; above 0, below 0.1.
    ///   - smoothing: how much of each change is made at once; above 0, at most 1: all of it.
    ///   - decrease: what the limit is multiplied by after a drop; between 0 and 1.
    ///   - probeInterval: samples from one probe for the round trip without a queue to the next.
    public init(
        bounds: ClosedRange<Int> = 1...1_000,
        initial: Int = 20,
        tolerance: Double = 1,
        queue: Double = 0.015,
        smoothing: Double = 0.5,
        decrease: Double = 0.9,
        probeInterval: Int = 15
    ) {
        precondition(
            tolerance >= 1 && tolerance < 1.1,
            "a tolerance is a factor from 1 to below 1.1; it was \(tolerance)"
        )
        precondition(queue > 0 && queue < 0.1, "room for a queue is a share between 0 and 0.1; it was \(queue)")
        precondition(smoothing > 0 && smoothing <= 1, "smoothing is a share above 0, up to 1; it was \(smoothing)")
        self.tolerance = tolerance
        self.queue = queue
        self.smoothing = smoothing
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
        // What may be chance is taken for it.
        let gradient = min(
            1,
            max(probing.noLoad.largestFall, (tolerance + sample.relativeError) * measured.noLoadRoundTrip / roundTrip)
        )
        // What is by far too long is no chance: all of the change at once.
        var change = (gradient - 1 + queue) * before * (gradient < 0.75 ? 1 : smoothing)
        if gradient > 1 - queue / 3 {
            change = max(change, probing.step.take(at: before))
        } else if change >= 0 {
            probing.step.hesitate()
        } else {
            probing.step.reset()
        }
        if change < 0 || probing.current.isUsed(in: sample) { probing.move(to: before + change) }
        probing.end(measured, isFall: change < 0)
        return limit
    }
}
