import Foundation

/// The median of independent values with the interval that holds whatever their distribution is.
///
/// Whether a value lies above the true median is the toss of a coin, so the order statistics between which the median lies
/// with a given confidence follow from the binomial distribution alone (Conover: "Practical Nonparametric Statistics", the
/// sign test's interval). Nothing is assumed and nothing is drawn; with few values there is no interval, because none
/// would deserve the confidence.
package enum MedianInterval {
    /// - Returns: `nil` without values or with one that isn't finite. O(n log n).
    package static func estimate(_ values: [Double], confidence: Double) -> Estimate? {
        guard let median = Bootstrap.median(values) else { return nil }
        guard let rank = rank(count: values.count, confidence: confidence) else { return Estimate(median: median) }
        let sorted = values.sorted()
        return Estimate(median: median, low: sorted[rank], high: sorted[values.count - 1 - rank])
    }

    /// How many values lie outside the interval on either side; `nil`: even all of them don't make one.
    static func rank(count: Int, confidence: Double) -> Int? {
        let tail = (1 - confidence) / 2
        var outside = 0
        var probability = 0.0
        while outside <= count / 2 {
            // Of exactly so many values below the median, by logarithms: half to the power of some thousand is 0.
            let ways = lgamma(Double(count) + 1) - lgamma(Double(outside) + 1) - lgamma(Double(count - outside) + 1)
            probability += exp(ways - Double(count) * log(2))
            guard probability <= tail else { break }
            outside += 1
        }
        return outside == 0 ? nil : outside - 1
    }
}
