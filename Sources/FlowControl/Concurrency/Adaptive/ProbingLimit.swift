/// What the algorithms have in common that compare round trips with the one without a queue: a limit that grows in steps,
/// falls by a share of itself after a drop, and is lowered for the time of a probe.
struct ProbingLimit: Sendable, Hashable {
    /// What the limit is multiplied by after a drop.
    let decrease: Double
    private(set) var current: BoundedLimit
    private(set) var noLoad: NoLoadRoundTrip
    var step = GrowingStep(shares: 0.02...0.25)

    init(bounds: ClosedRange<Int>, initial: Int, decrease: Double, probeInterval: Int) {
        precondition(decrease > 0 && decrease < 1, "a decrease is a factor between 0 and 1; it was \(decrease)")
        self.decrease = decrease
        current = BoundedLimit(bounds: bounds, initial: initial)
        noLoad = NoLoadRoundTrip(probeInterval: probeInterval)
    }

    var limit: Int {
        guard noLoad.isProbing else { return current.whole }
        return max(current.bounds.lowerBound, Int((current.exact * NoLoadRoundTrip.probeFactor).rounded()))
    }

    var noLoadRoundTrip: Duration? { noLoad.nanoseconds.map { .nanoseconds(Int64($0)) } }

    /// What to decide by.
    struct Measured {
        var limit: Double
        var roundTrip: Double
        var noLoadRoundTrip: Double
    }

    /// Takes a sample; `nil`: it is dealt with, as drops and probes are, or nothing is known yet to compare it with.
    mutating func take(_ sample: ConcurrencySample) -> Measured? {
        guard !sample.isDropped else {
            current.move(to: current.exact * decrease)
            step.reset()
            return nil
        }
        let roundTrip = Double(max(1, sample.roundTripNanoseconds))
        guard !noLoad.isProbing else {
            noLoad.takeProbe(roundTrip, relativeError: sample.relativeError)
            return nil
        }
        noLoad.take(roundTrip, relativeError: sample.relativeError, at: current.exact)
        return noLoad.nanoseconds.map {
            Measured(limit: current.exact, roundTrip: roundTrip, noLoadRoundTrip: $0)
        }
    }

    /// Moves as near to `wanted` as the bounds allow.
    mutating func move(to wanted: Double) { current.move(to: wanted) }

    /// The algorithm has decided, and moved.
    mutating func end(_ measured: Measured, isFall: Bool) {
        noLoad.decide(isFall: isFall, roundTrip: measured.roundTrip, at: measured.limit)
    }
}
