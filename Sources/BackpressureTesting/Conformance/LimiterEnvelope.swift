public import Backpressure

/// What a rate limiter that is checked is there to keep.
public enum LimiterEnvelope: Sendable, Hashable, CustomStringConvertible {
    /// In any time T at most `burst + rate · T` permits.
    case tokenBucket(rate: Rate, burst: Int)
    /// In any window (t, t + length] at most `limit` permits.
    case window(limit: Int, length: Duration)

    /// The most permits that are granted at once.
    public var burst: Int {
        switch self {
        case .tokenBucket(_, let burst): burst
        case .window(let limit, _): limit
        }
    }

    /// In a few words.
    public var description: String {
        switch self {
        case .tokenBucket(let rate, let burst): "\(rate), burst \(burst)"
        case .window(let limit, let length): "\(limit) permits in any \(length)"
        }
    }
}

/// An envelope, with how late a limiter may be to use it.
struct CheckedEnvelope: Sendable {
    let envelope: LimiterEnvelope
    /// By how much longer than the window the limiter may remember what it granted.
    let lateness: UInt64

    init(_ envelope: LimiterEnvelope, lateness: UInt64 = 0) {
        self.envelope = envelope
        self.lateness = lateness
    }

    var burst: Int { envelope.burst }

    /// The time in which so many permits are earned when requests are steady, rounded down.
    func nanoseconds(forPermits count: Int) -> UInt64 {
        switch envelope {
        case .tokenBucket(let rate, _): rate.nanoseconds(forPermits: count)
        case .window(let limit, let length): length.wholeNanoseconds / UInt64(limit) * UInt64(count)
        }
    }

    /// A rest after which the whole burst is there again, whatever came before.
    var refillNanoseconds: UInt64 {
        switch envelope {
        case .tokenBucket(let rate, let burst): rate.nanoseconds(forPermits: burst) + 1
        case .window(_, let length): length.wholeNanoseconds + lateness
        }
    }

    /// Grants all that the envelope leaves.
    var greedy: any LimiterOracle { oracle(lateness: 0) }

    /// Grants no more than a limiter must that is as late as it may be.
    var late: any LimiterOracle { oracle(lateness: lateness) }

    private func oracle(lateness: UInt64) -> any LimiterOracle {
        switch envelope {
        case .tokenBucket(let rate, let burst):
            TokenBucketOracle(permits: rate.permits, perNanoseconds: rate.perNanoseconds, burst: UInt64(burst))
        case .window(let limit, let length):
            SlidingWindowOracle(limit: UInt64(limit), windowNanoseconds: length.wholeNanoseconds + lateness)
        }
    }

    /// By how much the permits of these grants exceed the envelope in the worst window.
    func overshoot(ofGrantTimes times: [UInt64]) -> Double {
        switch envelope {
        case .tokenBucket(let rate, let burst):
            EnvelopeCheck.overshoot(
                ofGrantTimes: times,
                permits: rate.permits,
                perNanoseconds: rate.perNanoseconds,
                burst: UInt64(burst)
            ).permits
        case .window(let limit, let length):
            EnvelopeCheck.overshoot(
                of: times.map { GrantStamp(before: $0, after: $0) },
                limit: UInt64(limit),
                windowNanoseconds: length.wholeNanoseconds
            ).permits
        }
    }

    /// What rounding may add to the envelope: what a token bucket earns in a nanosecond. Windows aren't rounded.
    var toleratedPermits: Double {
        switch envelope {
        case .tokenBucket(let rate, _): rate.permitsPerSecond / 1e9
        case .window: 0
        }
    }
}

extension Rate {
    /// The time in which so many permits are earned, rounded down.
    func nanoseconds(forPermits count: Int) -> UInt64 {
        let (high, low) = perNanoseconds.multipliedFullWidth(by: UInt64(count))
        return permits.dividingFullWidth((high, low)).quotient
    }
}

extension Duration {
    /// Of the lengths that checks use, which are whole nanoseconds.
    var wholeNanoseconds: UInt64 {
        UInt64(components.seconds) * 1_000_000_000 + UInt64(components.attoseconds / 1_000_000_000)
    }
}
