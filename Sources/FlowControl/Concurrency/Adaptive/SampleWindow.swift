/// When enough round trips have been measured to make one ``ConcurrencySample`` of them.
///
/// Single round trips vary too much to decide by. A window is over as soon as their mean is known well enough, within a
/// shortest and a longest time.
public struct SampleWindow: Sendable, Hashable {
    /// The shortest time that a window takes.
    public let shortest: Duration
    /// The longest; no window ends before it has its fewest round trips, though.
    public let longest: Duration
    /// How well the mean is to be known: its standard error, as a share of it.
    public let precision: Double
    /// The fewest round trips of a window.
    public let fewest: Int

    /// A window; a precondition fails if its settings make no sense.
    ///
    /// - Parameters:
    ///   - shortest: the shortest time that a window takes; above 0.
    ///   - longest: the longest; at least `shortest`.
    ///   - precision: how well the mean is to be known; above 0.
    ///   - fewest: the fewest round trips of a window; at least 1.
    public init(
        shortest: Duration = .milliseconds(50),
        longest: Duration = .milliseconds(250),
        precision: Double = 0.02,
        fewest: Int = 10
    ) {
        precondition(shortest > .zero && shortest <= longest, "a window takes from \(shortest) to \(longest)")
        precondition(precision > 0, "no mean is known to \(precision)")
        precondition(fewest >= 1, "a window of \(fewest) round trips measures nothing")
        self.shortest = shortest
        self.longest = longest
        self.precision = precision
        self.fewest = fewest
    }
}

/// The round trips of one ``SampleWindow`` after the other. A value without a clock.
struct WindowedSamples: Sendable {
    private let shortestNanoseconds: UInt64
    private let longestNanoseconds: UInt64
    private let squaredPrecision: Double
    private let fewest: Int
    private var beginNanoseconds: UInt64
    private var count = 0
    private var sum = 0.0
    private var sumOfSquares = 0.0
    private var dropped = 0
    private var mostInFlight = 0
    private var isFirst = true

    init(_ window: SampleWindow, atNanoseconds now: UInt64) {
        shortestNanoseconds = window.shortest.nanosecondsClamped
        longestNanoseconds = window.longest.nanosecondsClamped
        squaredPrecision = window.precision * window.precision
        fewest = window.fewest
        beginNanoseconds = now
    }

    /// Adds a round trip that ends now, or a drop (`nil`). If the window is over the next begins.
    mutating func add(
        roundTripNanoseconds: UInt64?,
        inFlight: Int,
        atNanoseconds now: UInt64
    ) -> ConcurrencySample? {
        // What ends before was under way when the limit was changed, and says nothing about the new one.
        guard now >= beginNanoseconds else { return nil }
        mostInFlight = max(mostInFlight, inFlight)
        if let roundTrip = roundTripNanoseconds.map({ Double($0) }) {
            count += 1
            sum += roundTrip
            sumOfSquares += roundTrip * roundTrip
        } else {
            dropped += 1
        }
        guard isOver(after: now - beginNanoseconds) else { return nil }
        let sample = ConcurrencySample(
            roundTripNanoseconds: count > 0 ? UInt64(sum / Double(count)) : 0,
            relativeError: squaredError.squareRoot(),
            inFlight: mostInFlight,
            isDropped: dropped > 0
        )
        begin(atNanoseconds: now)
        // What ends first after a start from nothing are the short ones: their mean is less than that of all.
        defer { isFirst = false }
        return isFirst && !sample.isDropped ? nil : sample
    }

    /// Forgets what was measured, and what will be up to `time`.
    mutating func begin(atNanoseconds time: UInt64) {
        beginNanoseconds = time
        (count, sum, sumOfSquares, dropped, mostInFlight) = (0, 0, 0, 0, 0)
    }

    private func isOver(after elapsed: UInt64) -> Bool {
        guard elapsed >= shortestNanoseconds, count + dropped >= fewest else { return false }
        if dropped > 0 || elapsed >= longestNanoseconds { return true }
        return squaredError <= squaredPrecision
    }

    /// The square of the mean's standard error, as a share of its square.
    private var squaredError: Double {
        guard sum > 0 else { return 0 }
        let mean = sum / Double(count)
        let variance = max(0, sumOfSquares / Double(count) - mean * mean)
        return variance / Double(count) / (mean * mean)
    }
}
