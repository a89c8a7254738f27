import BackpressureTesting
import Testing

@testable import BackpressureBenchmark

@Suite("A paired comparison")
struct PairedDecisionTests {
    /// Blocks of a noisy machine: every ratio off by some percent, one in twenty by much more.
    private func ratios(_ count: Int, change: Double, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let isDisturbed = Int.random(in: 0..<20, using: &random) == 0
            let spread = isDisturbed ? 0.5 : 0.06
            return change * (1 + Double.random(in: -spread...spread, using: &random))
        }
    }

    private func answers(change: Double) -> [Shift.Answer: Int] {
        let decision = PairedDecision()
        let answers = (0..<100).map { seed in
            decision.outcome(of: ratios(decision.mostBlocks, change: change, seed: seed)).shift.answer
        }
        return Dictionary(grouping: answers, by: \.self).mapValues(\.count)
    }

    @Test("of a thing with itself raises no alarm in a hundred")
    func same() {
        let answers = answers(change: 1)
        #expect(answers[.worse] == nil && answers[.better] == nil)
        #expect(answers[.within, default: 0] > 0)
    }

    @Test("finds five percent in ninety-five of a hundred")
    func slower() {
        #expect(answers(change: 0.95)[.worse, default: 0] >= 95)
    }

    @Test("errs in one of a hundred at most, though it looks more than once and nothing but luck says where it stands")
    func calibrated() {
        // The truth lies on the edge of what is tolerated, in one value of four far beyond it: every answer is wrong.
        let decision = PairedDecision(tolerance: 0.1)
        var random = SeededGenerator(seed: 11)
        let wrong = (0..<2_000).count { _ in
            let ratios = (0..<decision.mostBlocks).map { _ in
                let distance =
                    Int.random(in: 0..<4, using: &random) == 0 ? 0.5 : Double.random(in: 0...0.03, using: &random)
                return 0.9 + (Bool.random(using: &random) ? distance : -distance)
            }
            return decision.outcome(of: ratios).shift.answer != .undecided
        }
        #expect(wrong <= 20 + 13, "1 % of 2000, and three standard deviations")
        // It isn't that it never says anything.
        #expect(wrong > 1)
    }

    @Test("adds blocks until it is clear, and no further than told")
    func extends() {
        let decision = PairedDecision(leastBlocks: 12, mostBlocks: 40)
        #expect(decision.looks == [12, 24, 40])
        let steady = [Double](repeating: 1, count: 50)
        #expect(decision.outcome(of: steady).blocks == 12)
        let wild = (0..<50).map { $0.isMultiple(of: 2) ? 0.5 : 2.0 }
        let outcome = decision.outcome(of: wild)
        #expect(outcome.blocks == 40 && outcome.shift.answer == .undecided)
        #expect(decision.outcome(of: [1, 1]).blocks == 2)
    }

    @Test("tried again on recorded blocks counts what it said", arguments: [(1.0, 0, 20), (0.9, 20, 0)])
    func trials(change: Double, worse: Int, within: Int) throws {
        let pairs = ratios(80, change: change, seed: 5).enumerated().map { block, ratio in
            PairRow(
                scenario: "pair",
                driver: .threads,
                implementation: "ring",
                metric: "throughput",
                unit: "1/s",
                block: block,
                first: "base",
                base: 100,
                head: 100 * ratio
            )
        }
        let decision = PairedDecision(tolerance: 0.05)
        let trials = ComparisonTrials(pairs, of: ["throughput"], decision, count: 20)
        let row = try #require(trials.rows.first)
        #expect(trials.rows.count == 1 && row.recordedBlocks == 80 && row.trials == 20)
        #expect(row.worse == worse && row.within == within)
        #expect(ComparisonTrials(pairs, of: ["throughput"], decision, count: 20).rows == trials.rows)
    }
}
