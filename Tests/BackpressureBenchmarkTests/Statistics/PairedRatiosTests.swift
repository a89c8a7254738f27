import BackpressureBenchmark
import Testing

@Suite("Paired ratios")
struct PairedRatiosTests {
    private let bootstrap = Bootstrap(seed: 1, resamples: 200)

    @Test("A machine that drifts between blocks moves no ratio")
    func driftCancels() {
        // The machine is ten times as fast in the second block, and slower again in the third.
        let speeds: [Double] = [1, 10, 3]
        let samples = speeds.enumerated().flatMap { block, speed in
            [sample(block, "mutex", 4 * speed), sample(block, "ring", 6 * speed)]
        }
        let ratios = PairedRatios(of: samples, to: "mutex", bootstrap: bootstrap)
        #expect(ratios["ring"]?.ratios == [1.5, 1.5, 1.5])
        #expect(ratios["ring"]?.estimate == Estimate(median: 1.5, low: 1.5, high: 1.5))
        #expect(ratios["mutex"]?.estimate == Estimate(median: 1, low: 1, high: 1))
        #expect(ratios.comparisons.map(\.implementation) == ["mutex", "ring"])
    }

    @Test("Blocks where either is missing, not finite or 0 are left out and counted")
    func leavesOutIncompleteBlocks() {
        let samples = [
            sample(0, "mutex", 2), sample(0, "ring", 6),
            sample(1, "mutex", 2),
            sample(2, "ring", 5),
            sample(3, "mutex", 0), sample(3, "ring", 5),
            sample(4, "mutex", 2), sample(4, "ring", .nan),
            sample(5, "mutex", 1), sample(5, "ring", 5),
        ]
        let ring = PairedRatios(of: samples, to: "mutex", bootstrap: bootstrap)["ring"]
        #expect(ring?.ratios == [3, 5])
        #expect(ring?.blocksLeftOut == 4)
        #expect(ring?.estimate?.median == 4)
    }

    @Test("A reference that was never measured leaves every estimate open")
    func missingReference() {
        let ratios = PairedRatios(of: [sample(0, "ring", 1), sample(1, "ring", 2)], to: "mutex", bootstrap: bootstrap)
        #expect(ratios.comparisons.map(\.implementation) == ["ring"])
        #expect(ratios["ring"]?.ratios == [])
        #expect(ratios["ring"]?.blocksLeftOut == 2)
        #expect(ratios["ring"]?.estimate == nil)
        #expect(ratios["mutex"] == nil)
        #expect(PairedRatios(of: [], to: "mutex", bootstrap: bootstrap).comparisons.isEmpty)
    }

    @Test("Several samples in one block count as their median")
    func severalSamples() {
        let samples = [1, 9, 2].map { sample(0, "ring", $0) } + [sample(0, "mutex", 1)]
        #expect(PairedRatios(of: samples, to: "mutex", bootstrap: bootstrap)["ring"]?.ratios == [2])
    }

    private func sample(_ block: Int, _ implementation: String, _ value: Double) -> PairedRatios.Sample {
        .init(block: block, implementation: implementation, value: value)
    }
}
