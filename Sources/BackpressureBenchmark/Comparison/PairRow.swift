/// A row of `pairs.csv`: one figure of both sides, measured one right after the other. A block has one pair, or several of
/// the same two processes.
package struct PairRow: ResultRow {
    package var scenario: String
    package var driver: Scenario.Driver
    package var implementation: String
    package var metric: String
    package var unit: String
    package var block: Int
    /// Which pair of the block; `nil`: there is but one.
    package var slice: Int?
    /// Which side was measured first: `base` or `head`.
    package var first: String
    package var base: Double?
    package var head: Double?

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("driver", \.driver),
        .init("implementation", \.implementation),
        .init("metric", \.metric),
        .init("unit", \.unit),
        .init("block", \.block),
        .init("slice", \.slice),
        .init("first", \.first),
        .init("base", \.base),
        .init("head", \.head),
    ]
}

/// A row of `compare.csv`: how one figure differs between base and head.
package struct DifferenceRow: ResultRow {
    package var scenario: String
    package var driver: Scenario.Driver
    package var implementation: String
    package var metric: String
    package var unit: String
    package var blocks: Int
    /// The median over blocks, as that of the head.
    package var base: Double?
    package var head: Double?
    /// Head over base, block by block, as a factor; above 1: improved, whichever way the metric improves.
    package var change: Double?
    package var changeCiLow: Double?
    package var changeCiHigh: Double?
    package var tolerance: Double
    package var verdict: GateRow.Outcome

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("driver", \.driver),
        .init("implementation", \.implementation),
        .init("metric", \.metric),
        .init("unit", \.unit),
        .init("blocks", \.blocks),
        .init("base", \.base),
        .init("head", \.head),
        .init("change", \.change),
        .init("change_ci_low", \.changeCiLow),
        .init("change_ci_high", \.changeCiHigh),
        .init("tolerance", \.tolerance),
        .init("verdict", \.verdict),
    ]

    package var label: String { "\(scenario), \(implementation) (\(driver.rawValue)): \(metric)" }
}
