import RateLimiters

extension LimiterImplementation {
    /// What a rate limiter promises: which requests it grants. Its decisions are held against an exact limiter that
    /// promises the same.
    public enum Specification: Codable, Sendable, Equatable {
        /// In every window of length T at most burst + rate · T.
        case tokenBucket
        /// At most `burst` in every window of length burst / rate, to the nanosecond.
        case slidingLog
        /// The same by the count of so many equal parts of the window: what was granted in a part is forgotten when all
        /// of the part has left the window, so permits come back late, by up to the length of a part.
        case slidingWindow(parts: Int)
        /// A token bucket of one permit, whatever the scenario's burst: grants are at least 1 / rate apart.
        case pacer

        /// By the number that it has in the C header; `nil`: it has none.
        init?(number: UInt32) {
            switch number {
            case 0: self = .tokenBucket
            case 1: self = .slidingLog
            case 2: self = .pacer
            default: return nil
            }
        }

        var summary: String {
            switch self {
            case .tokenBucket: "token bucket"
            case .slidingLog: "sliding window of length burst / rate"
            case .slidingWindow(let parts): "sliding window of length burst / rate in \(parts) parts"
            case .pacer: "pacer: burst 1, whatever the scenario's"
            }
        }
    }
}

/// The most that a limiter may grant under a load, and the least that it must: its specification in numbers.
struct GrantEnvelope: Sendable, Equatable {
    let rate: Rate
    /// The most permits granted at once; of a window its limit.
    let burst: Int
    /// `nil`: a token bucket.
    let window: Window?

    /// How long a grant counts, in nanoseconds: never less than `shortest`, never more than `longest`.
    struct Window: Sendable, Equatable {
        let shortest: UInt64
        let longest: UInt64
    }

    init(rate: Rate, burst: Int, window: Window? = nil) {
        self.rate = rate
        self.burst = burst
        self.window = window
    }

    init(_ specification: LimiterImplementation.Specification, _ load: LimiterLoad) {
        rate = load.rate
        switch specification {
        case .tokenBucket: (burst, window) = (load.burst, nil)
        case .pacer: (burst, window) = (1, nil)
        case .slidingLog:
            let length = load.windowNanoseconds
            (burst, window) = (load.burst, Window(shortest: length, longest: length))
        case .slidingWindow(let parts):
            let length = load.windowNanoseconds
            let part = (length + UInt64(parts) - 1) / UInt64(parts)
            (burst, window) = (load.burst, Window(shortest: length, longest: length + part))
        }
    }

    /// Whether it says of every single request what the answer is.
    var isExact: Bool { window.map { $0.shortest == $0.longest } ?? true }
}

extension LimiterLoad {
    var rate: Rate { Rate.perSecond(ratePerSecond) }

    /// The time in which the rate gives a burst, in nanoseconds, rounded up.
    var windowNanoseconds: UInt64 { rate.nanoseconds(forPermits: burst) }
}

extension LimiterSetup {
    /// For limiters that count in a window: the time in which the rate gives a burst, in nanoseconds, rounded up.
    public var windowNanoseconds: UInt64 { rate.nanoseconds(forPermits: burst) }
}

extension Rate {
    /// At least 1.
    fileprivate func nanoseconds(forPermits count: Int) -> UInt64 {
        let product = UInt128(perNanoseconds) * UInt128(count)
        return UInt64(clamping: (product + UInt128(permits) - 1) / UInt128(permits))
    }
}
