/// How evenly something was shared out.
package enum Fairness {
    /// Jain's index, (Σx)² / (n · Σx²): 1 if all got the same, 1/n if one got everything.
    ///
    /// Jain, Chiu, Hawe: "A Quantitative Measure of Fairness and Discrimination", DEC-TR-301, 1984.
    ///
    /// - Returns: `nil` if nobody took part, nobody got anything, or a share is negative or not finite. O(n).
    package static func jainIndex(_ shares: [Double]) -> Double? {
        guard let largest = shares.max(), largest > 0, shares.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        // Scaled by the largest share, so that squares neither overflow nor vanish.
        let scaled = shares.map { $0 / largest }
        let sum = scaled.reduce(0, +)
        let squares = scaled.reduce(0) { $0 + $1 * $1 }
        return sum * sum / (Double(scaled.count) * squares)
    }
}
