import BackpressureTesting

/// A median, and how far blocks of the same length would move it.
package struct Estimate: Codable, Sendable, Equatable {
    package var median: Double
    /// Ends of the confidence interval; `nil` where one block says nothing of the spread.
    package var low: Double?
    package var high: Double?

    package init(median: Double, low: Double? = nil, high: Double? = nil) {
        self.median = median
        self.low = low
        self.high = high
    }
}

/// Medians over blocks with percentile bootstrap intervals (Efron, Tibshirani: "An Introduction to the Bootstrap", 1993).
///
/// Nothing is assumed of how the values are distributed. The same values and seed always give the same interval, in
/// whatever order the values come.
package struct Bootstrap: Sendable {
    /// How many times the blocks are drawn anew, with replacement.
    package var resamples: Int
    /// The share of resampled medians inside the interval.
    package var confidence: Double
    package var seed: UInt64

    package init(seed: UInt64, resamples: Int = 2_000, confidence: Double = 0.95) {
        self.seed = seed
        self.resamples = max(1, resamples)
        self.confidence = min(1, max(0, confidence))
    }

    /// The median of `values` with its interval.
    ///
    /// - Returns: `nil` without values or with one that isn't finite: what wasn't measured has no estimate. A single
    ///   value has a median and no interval. O(resamples · n log n).
    package func estimate(_ values: [Double]) -> Estimate? {
        let sorted = values.sorted()
        guard let median = Self.median(sorted) else { return nil }
        guard sorted.count > 1 else { return Estimate(median: median) }
        var random = SeededGenerator(seed: seed)
        let medians = (0..<resamples).compactMap { _ in
            Self.median(sorted.map { _ in sorted[Int.random(in: sorted.indices, using: &random)] })
        }.sorted()
        let cut = (1 - confidence) / 2 * Double(medians.count)
        let dropped = min(Int(cut), (medians.count - 1) / 2)
        return Estimate(median: median, low: medians[dropped], high: medians[medians.count - 1 - dropped])
    }

    /// The middle value, or the mean of the middle two; `nil` without values or with one that isn't finite.
    package static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? sorted[middle - 1] / 2 + sorted[middle] / 2 : sorted[middle]
    }
}
