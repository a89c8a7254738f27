/// A row of `gate.csv`: one figure, what it was held to, and what came of it.
package struct GateRow: ResultRow {
    package var scenario: String
    /// Empty: a figure of a file that doesn't tell drivers apart.
    package var driver: String?
    package var implementation: String
    /// A metric of `samples.csv`, or FILE.COLUMN.
    package var metric: String
    package var kind: Kind
    /// What the in-run ratio is taken against.
    package var reference: String?
    package var blocks: Int?
    package var baselineBlocks: Int?
    /// The in-run ratio, or the figure that is bounded.
    package var current: Double?
    package var baseline: Double?
    /// How far it has moved, as a factor; above 1: improved, whichever way the metric improves.
    package var change: Double?
    package var changeCiLow: Double?
    package var changeCiHigh: Double?
    /// The least change allowed, or the bound.
    package var limit: String?
    package var verdict: Outcome
    package var detail: String?

    package enum Kind: String, Codable, Sendable { case ratio, bound }

    package enum Outcome: String, Codable, Sendable {
        case pass, improvement, regression, undecided, missing, broken
        /// There is no baseline for it.
        case new
    }

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("driver", \.driver),
        .init("implementation", \.implementation),
        .init("metric", \.metric),
        .init("kind", \.kind),
        .init("reference", \.reference),
        .init("blocks", \.blocks),
        .init("baseline_blocks", \.baselineBlocks),
        .init("current", \.current),
        .init("baseline", \.baseline),
        .init("change", \.change),
        .init("change_ci_low", \.changeCiLow),
        .init("change_ci_high", \.changeCiHigh),
        .init("limit", \.limit),
        .init("verdict", \.verdict),
        .init("detail", \.detail),
    ]

    /// What it is of, for people.
    package var label: String {
        let subject = driver.map { "\(implementation) (\($0))" } ?? implementation
        return "\(scenario), \(subject): \(metric)"
    }
}

extension GateRow.Kind: CSVValue {}
extension GateRow.Outcome: CSVValue {}
