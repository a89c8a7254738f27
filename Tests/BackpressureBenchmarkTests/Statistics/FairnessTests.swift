import BackpressureBenchmark
import Testing

@Suite("Fairness")
struct FairnessTests {
    @Test(
        "Jain's index is 1 for equal shares, 1/n when one has all, k/n when k share equally",
        arguments: [
            ([5, 5, 5, 5], 1), ([0, 0, 8, 0], 0.25), ([3, 3, 0, 0], 0.5), ([1, 2, 3], 36.0 / 42), ([7], 1),
            ([1e300, 1e300], 1), ([1e-300, 0], 0.5),
        ] as [([Double], Double)]
    )
    func knownValues(shares: [Double], index: Double) throws {
        #expect(abs(try #require(Fairness.jainIndex(shares)) - index) < 1e-12)
    }

    @Test(
        "Shares that say nothing have no index",
        arguments: [[], [0, 0], [1, -1], [1, .nan], [.nan, 1], [.infinity, 1]] as [[Double]]
    )
    func undefined(shares: [Double]) {
        #expect(Fairness.jainIndex(shares) == nil)
    }
}
