import BackpressureTesting

/// How often a comparison errs: recorded blocks, drawn anew many times, each draw decided as a comparison would have.
package struct ComparisonTrials: Sendable {
    /// A row of `trials.csv`: what many comparisons of the same two things said.
    package struct Row: ResultRow {
        package var scenario: String
        package var driver: Scenario.Driver
        package var implementation: String
        package var metric: String
        package var recordedBlocks: Int
        /// Of all that was recorded.
        package var medianChange: Double?
        package var trials: Int
        package var worse: Int
        package var better: Int
        package var within: Int
        package var undecided: Int
        /// Blocks until it was decided, in the mean.
        package var meanBlocks: Double

        package static let columns: [ResultColumn<Self>] = [
            .init("scenario", \.scenario),
            .init("driver", \.driver),
            .init("implementation", \.implementation),
            .init("metric", \.metric),
            .init("recorded_blocks", \.recordedBlocks),
            .init("median_change", \.medianChange),
            .init("trials", \.trials),
            .init("worse", \.worse),
            .init("better", \.better),
            .init("within", \.within),
            .init("undecided", \.undecided),
            .init("mean_blocks", \.meanBlocks),
        ]
    }

    package let rows: [Row]
    /// What is worth knowing of the blocks: what was left out of them, and where a comparison would have ended without an
    /// answer.
    package let notes: [String]

    /// Each trial meets a run of consecutive blocks, from a random one on, round the end: consecutive, because
    /// disturbances last for several blocks, and a comparison meets them so.
    package init(_ pairs: [PairRow], of metrics: [String], _ decision: PairedDecision, count: Int) {
        let figures = PairBlocks.all(pairs, of: metrics)
        notes = figures.flatMap { pairs, blocks in
            let gap = blocks.gap.map { "\($0), with which a comparison ends; the trials are of the other blocks" }
            return [gap, blocks.note].compactMap { $0.map { "\(pairs[0].label): \($0)" } }
        }
        rows = figures.compactMap { pairs, blocks in
            let ratios = blocks.ratios
            guard let first = pairs.first, !ratios.isEmpty else { return nil }
            var generator = SeededGenerator(seed: decision.seed)
            var answers: [Shift.Answer: Int] = [:]
            var blocks = 0
            for _ in 0..<count {
                let start = Int.random(in: ratios.indices, using: &generator)
                let outcome = decision.outcome(of: Array(ratios[start...] + ratios[..<start]))
                answers[outcome.shift.answer, default: 0] += 1
                blocks += outcome.blocks
            }
            return Row(
                scenario: first.scenario,
                driver: first.driver,
                implementation: first.implementation,
                metric: first.metric,
                recordedBlocks: ratios.count,
                medianChange: Bootstrap.median(ratios),
                trials: count,
                worse: answers[.worse] ?? 0,
                better: answers[.better] ?? 0,
                within: answers[.within] ?? 0,
                undecided: answers[.undecided] ?? 0,
                meanBlocks: Double(blocks) / Double(max(1, count))
            )
        }
    }

    var table: TextTable {
        TextTable(
            title: "What comparisons of these blocks would have said",
            columns: [
                .init("implementation", alignment: .left), .init("scenario", alignment: .left),
                .init("recorded", unit: "blocks"),
                .init("change", unit: "of all blocks"), .init("trials"), .init("worse"), .init("better"),
                .init("within"),
                .init("undecided"), .init("blocks", unit: "mean"),
            ],
            groups: [
                .init(
                    rows: rows.map { row in
                        [
                            "\(row.implementation) (\(row.driver.rawValue))", "\(row.scenario)",
                            "\(row.recordedBlocks)",
                            "\(Numbers.percentages(Estimate(median: row.medianChange ?? .nan)))", "\(row.trials)",
                            "\(row.worse)", "\(row.better)", "\(row.within)", "\(row.undecided)",
                            "\(Numbers.decimal(row.meanBlocks, decimals: 1))",
                        ]
                    }
                )
            ]
        )
    }
}
