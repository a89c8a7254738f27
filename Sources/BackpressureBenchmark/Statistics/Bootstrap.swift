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
        let (low, high) = interval(in: medians)
        return Estimate(median: median, low: low, high: high)
    }

    /// How far the median of `now` has moved from that of `before`, as their quotient, with an interval that has the
    /// spread of both.
    ///
    /// - Returns: `nil` if either is empty, or holds what isn't finite and positive. No interval unless both have two
    ///   values. O(resamples · n log n).
    package func change(from before: [Double], to now: [Double]) -> Estimate? {
        let (before, now) = (before.sorted(), now.sorted())
        guard let old = Self.median(before), let new = Self.median(now), (before + now).allSatisfy({ $0 > 0 }) else {
            return nil
        }
        guard before.count > 1, now.count > 1 else { return Estimate(median: new / old) }
        var random = SeededGenerator(seed: seed)
        func resampled(_ values: [Double]) -> Double {
            var drawn = values
            for index in drawn.indices { drawn[index] = values[Int.random(in: values.indices, using: &random)] }
            drawn.sort()
            let middle = drawn.count / 2
            return drawn.count.isMultiple(of: 2) ? drawn[middle - 1] / 2 + drawn[middle] / 2 : drawn[middle]
        }
        let quotients = (0..<resamples).map { _ in resampled(now) / resampled(before) }.sorted()
        let (low, high) = interval(in: quotients)
        return Estimate(median: new / old, low: low, high: high)
    }

    private func interval(in sorted: [Double]) -> (low: Double, high: Double) {
        let cut = (1 - confidence) / 2 * Double(sorted.count)
        let dropped = min(Int(cut), (sorted.count - 1) / 2)
        return (sorted[dropped], sorted[sorted.count - 1 - dropped])
    }

    /// The middle value, or the mean of the middle two; `nil` without values or with one that isn't finite.
    package static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? sorted[middle - 1] / 2 + sorted[middle] / 2 : sorted[middle]
    }
}
