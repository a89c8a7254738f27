import BackpressureTesting
import Testing

@testable import BackpressureBenchmark

@Suite("The distribution-free interval of a median")
struct MedianIntervalTests {
    @Test(
        "leaves out as many values as the sign test's tables say",
        arguments: [
            (5, 0.95, nil), (6, 0.95, 0), (9, 0.95, 1), (20, 0.95, 5), (7, 0.99, nil), (8, 0.99, 0), (20, 0.99, 3),
            (100, 0.95, 39),
            (4_000, 0.95, 1_937),
        ] as [(Int, Double, Int?)]
    )
    func ranks(count: Int, confidence: Double, rank: Int?) {
        #expect(MedianInterval.rank(count: count, confidence: confidence) == rank)
    }

    @Test("holds the true median as often as it says, also of skewed values")
    func coverage() {
        var random = SeededGenerator(seed: 11)
        let misses = (0..<1_000).count { _ in
            let values = (0..<15).map { _ in
                let uniform = Double.random(in: 0..<1, using: &random)
                // Its median is 1/16; most of it lies far above.
                return uniform * uniform * uniform * uniform
            }
            guard let estimate = MedianInterval.estimate(values, confidence: 0.95), let low = estimate.low,
                let high = estimate.high
            else { return true }
            return low > 1.0 / 16 || high < 1.0 / 16
        }
        #expect(misses <= 60)
    }

    @Test("is none of nothing, and of what isn't finite")
    func none() {
        #expect(MedianInterval.estimate([], confidence: 0.9) == nil)
        #expect(MedianInterval.estimate([1, .nan], confidence: 0.9) == nil)
        #expect(MedianInterval.estimate([1, 2], confidence: 0.9) == Estimate(median: 1.5))
    }
}
