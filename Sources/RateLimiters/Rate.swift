/// How many permits a limiter grants in how much time, as an exact fraction.
public struct Rate: Sendable, Hashable, CustomStringConvertible {
    /// Permits granted in every ``perNanoseconds``; in lowest terms.
    public let permits: UInt64
    /// The time for ``permits``, in nanoseconds; in lowest terms.
    public let perNanoseconds: UInt64

    /// - Parameters:
    ///   - permits: at least 1.
    ///   - nanoseconds: at least 1.
    /// - Precondition: the rate lies between one permit in ten years and 4 billion a second.
    public init(permits: UInt64, perNanoseconds nanoseconds: UInt64) {
        precondition(permits > 0 && nanoseconds > 0, "a rate needs at least one permit and one nanosecond")
        let divisor = greatestCommonDivisor(permits, nanoseconds)
        self.permits = permits / divisor
        self.perNanoseconds = nanoseconds / divisor
        precondition(
            Rate.allowedPerSecond.contains(permitsPerSecond),
            "a rate must lie between one permit in ten years and 4 billion a second; got \(permitsPerSecond)/s"
        )
    }

    /// The rates that limiters support, in permits per second.
    public static let allowedPerSecond: ClosedRange<Double> = (1.0 / 315_576_000)...4e9

    /// Exactly so many permits per second.
    ///
    /// Generic, so that an integer literal means this function and not the one for `Double`.
    public static func perSecond(_ permits: some BinaryInteger) -> Rate {
        Rate(permits: UInt64(clamping: permits), perNanoseconds: 1_000_000_000)
    }

    /// A possibly fractional number of permits per second, rounded to a billionth of a permit; below one a second, unless
    /// that is exact, rounded so that the time for one permit is a whole number of nanoseconds.
    public static func perSecond(_ permits: Double) -> Rate {
        precondition(allowedPerSecond.contains(permits), "no such rate: \(permits) permits per second")
        if let whole = UInt64(exactly: permits) { return perSecond(whole) }
        let billionths = (permits * 1e9).rounded()
        if permits < 1, billionths / 1e9 != permits {
            return Rate(permits: 1, perNanoseconds: UInt64((1e9 / permits).rounded()))
        }
        return Rate(permits: UInt64(billionths), perNanoseconds: 1_000_000_000_000_000_000)
    }

    /// Permits per second, rounded to a `Double`.
    public var permitsPerSecond: Double { Double(permits) / Double(perNanoseconds) * 1e9 }

    /// The rate in permits per second.
    public var description: String { "\(permitsPerSecond) permits/s" }
}

func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var (larger, smaller) = (first, second)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
}
