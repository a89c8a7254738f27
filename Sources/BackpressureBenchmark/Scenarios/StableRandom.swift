import BackpressureTesting

/// Draws that are the same on every platform and with every version of the standard library, whose own algorithms for
/// ranges may change.
extension SeededGenerator {
    /// A number from 0 up to but not including `bound`, 0 if `bound` is; off from uniform by 2⁻⁶⁴ · `bound` at most.
    mutating func below(_ bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    /// A number from 0 up to but not including 1, with 53 random bits.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}

/// Draws numbers of events that are independent and come at a constant mean rate, the same on every platform.
///
/// By inversion of the distribution function. Only additions, multiplications and divisions are used, which IEEE 754
/// rounds the same everywhere, and no function of the C library. O(mean) for a draw, and for a sampler.
struct PoissonSampler {
    /// Above that, the sum of several draws is drawn: e^-mean must not vanish.
    private static let largestMeanDrawnAtOnce = 32.0

    private let parts: Int
    /// The probability of at most `index` events in one part, up to where it is 1 but for rounding.
    private let cumulative: [Double]

    /// - Precondition: `mean` is finite and not negative.
    init(mean: Double) {
        precondition(mean.isFinite && mean >= 0, "no such mean: \(mean)")
        parts = max(1, Int((mean / Self.largestMeanDrawnAtOnce).rounded(.up)))
        let partMean = mean / Double(parts)
        var probability = Self.exponential(ofMinus: partMean)
        var cumulative = [probability]
        while true {
            probability *= partMean / Double(cumulative.count)
            let next = cumulative[cumulative.count - 1] + probability
            if next == cumulative[cumulative.count - 1], Double(cumulative.count) > partMean { break }
            cumulative.append(next)
        }
        self.cumulative = cumulative
    }

    func next(using random: inout SeededGenerator) -> Int {
        var events = 0
        for _ in 0..<parts {
            let drawn = random.unit()
            events += cumulative.firstIndex { drawn < $0 } ?? cumulative.count
        }
        return events
    }

    /// e^-`exponent` by Taylor's series for a small part of it, squared up again.
    private static func exponential(ofMinus exponent: Double) -> Double {
        let halvings = 10
        let terms = 8
        let small = exponent / Double(1 << halvings)
        var power = 1.0
        for term in stride(from: terms, to: 0, by: -1) { power = 1 - power * small / Double(term) }
        for _ in 0..<halvings { power *= power }
        return power
    }
}
