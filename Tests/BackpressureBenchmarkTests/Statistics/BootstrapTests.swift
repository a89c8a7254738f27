import BackpressureBenchmark
import BackpressureTesting
import Testing

@Suite("Bootstrap")
struct BootstrapTests {
    @Test("The median is the middle value, or the mean of the middle two")
    func median() {
        #expect(Bootstrap.median([]) == nil)
        #expect(Bootstrap.median([4]) == 4)
        #expect(Bootstrap.median([9, 1, 5]) == 5)
        #expect(Bootstrap.median([4, 1, 9, 2]) == 3)
        #expect(Bootstrap.median([.greatestFiniteMagnitude, .greatestFiniteMagnitude]) == .greatestFiniteMagnitude)
        #expect(Bootstrap.median([1, .nan, 2]) == nil)
    }

    @Test("Nothing measured has no estimate; a single block has no interval")
    func tooFew() {
        let bootstrap = Bootstrap(seed: 1)
        #expect(bootstrap.estimate([]) == nil)
        #expect(bootstrap.estimate([1, .infinity]) == nil)
        #expect(bootstrap.estimate([3]) == Estimate(median: 3))
    }

    @Test("Equal blocks have an interval of no width")
    func equalBlocks() {
        #expect(Bootstrap(seed: 1).estimate([2, 2, 2, 2]) == Estimate(median: 2, low: 2, high: 2))
    }

    @Test("The same values and seed give the same interval, in any order; another seed may not")
    func deterministic() {
        let values = normalSample(count: 9, seed: 4)
        let estimate = Bootstrap(seed: 7).estimate(values)
        #expect(Bootstrap(seed: 7).estimate(values.reversed()) == estimate)
        let others = (8..<40).map { Bootstrap(seed: $0, resamples: 50).estimate(values) }
        #expect(Set(others.compactMap(\.?.low)).count > 1)
    }

    @Test("The interval encloses the median and lies within the values")
    func enclosesMedian() throws {
        for seed in 0..<50 as Range<UInt64> {
            let values = normalSample(count: 2 + Int(seed % 9), seed: seed)
            let estimate = try #require(Bootstrap(seed: seed, resamples: 200).estimate(values))
            let low = try #require(estimate.low)
            let high = try #require(estimate.high)
            #expect(low <= estimate.median && estimate.median <= high)
            #expect(values.contains { $0 <= low } && values.contains { $0 >= high })
        }
    }

    @Test("Nine in ten intervals and more hold the true median; a narrower confidence holds it less often")
    func coverage() {
        #expect((880...990).contains(covered(confidence: 0.95)))
        #expect((350...700).contains(covered(confidence: 0.5)))
    }

    @Test("With three values the interval is that of all 27 equally likely resamples")
    func equalsEnumeration() throws {
        // Of 27 resamples the median is 1 in 7, 2 in 13, 3 in 7: an interval of 40 % has room for 2 alone.
        let narrow = try #require(Bootstrap(seed: 5, resamples: 20_000, confidence: 0.4).estimate([1, 2, 3]))
        #expect(narrow == Estimate(median: 2, low: 2, high: 2))
        let wide = try #require(Bootstrap(seed: 5, resamples: 20_000, confidence: 0.55).estimate([1, 2, 3]))
        #expect(wide == Estimate(median: 2, low: 1, high: 3))
    }

    /// How many of 1 000 intervals over 15 blocks hold the true median, 0.
    private func covered(confidence: Double) -> Int {
        (0..<1_000 as Range<UInt64>).count { seed in
            let bootstrap = Bootstrap(seed: seed, resamples: 100, confidence: confidence)
            guard
                let estimate = bootstrap.estimate(normalSample(count: 15, seed: seed)),
                let low = estimate.low, let high = estimate.high
            else { return false }
            return low <= 0 && 0 <= high
        }
    }

    /// Roughly normal around 0: the sum of twelve uniform numbers, less its mean.
    private func normalSample(count: Int, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed, stream: 1)
        return (0..<count).map { _ in
            (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
        }
    }
}
