/// What a gate prints: the figures that decide, then how many there were.
struct GateReport {
    private let judgement: GateJudgement
    private let thresholds: Thresholds
    private let isVerbose: Bool
    private let title: String

    /// - Parameter isVerbose: show what passes too.
    init(
        _ judgement: GateJudgement,
        thresholds: Thresholds,
        isVerbose: Bool,
        title: String = "Against the baseline"
    ) {
        self.title = title
        self.judgement = judgement
        self.thresholds = thresholds
        self.isVerbose = isVerbose
    }

    var table: TextTable {
        let shown = judgement.rows.filter { isVerbose || $0.verdict != .pass }
        var scenarios: [String] = []
        for row in shown where !scenarios.contains(row.scenario) { scenarios.append(row.scenario) }
        return TextTable(
            title: title,
            columns: [
                .init("implementation", alignment: .left), .init("metric", alignment: .left),
                .init("baseline", unit: "to reference"), .init("now", unit: "to reference"),
                .init("change", unit: "\(Numbers.decimal(thresholds.confidence * 100, decimals: 1)) % interval"),
                .init("blocks", unit: "baseline + now"), .init("verdict", alignment: .left),
            ],
            groups: scenarios.map { scenario in
                .init(scenario, rows: shown.filter { $0.scenario == scenario }.map(cells))
            },
            notes: shown.isEmpty ? ["Nothing has changed beyond what is tolerated."] : []
        )
    }

    private func cells(_ row: GateRow) -> [TextTable.Cell] {
        let name = row.driver.map { "\(row.implementation) (\($0))" } ?? row.implementation
        let blocks = row.blocks.map { "\(row.baselineBlocks ?? 0) + \($0)" } ?? ""
        let change = row.change.map { Estimate(median: $0, low: row.changeCiLow, high: row.changeCiHigh) }
        let isRatio = row.kind == .ratio
        return [
            "\(name)", "\(row.metric)",
            isRatio ? "\(Numbers.ratio(row.baseline))" : "\(row.limit ?? "")",
            isRatio ? "\(Numbers.ratio(row.current))" : "\(Numbers.decimal(row.current, decimals: 4))",
            "\(change.map(Numbers.percentages) ?? row.detail ?? "")", "\(blocks)", "\(row.verdict.rawValue)",
        ]
    }

    /// One line.
    var summary: String {
        let counts = Dictionary(grouping: judgement.rows, by: \.verdict).mapValues(\.count)
        let order: [GateRow.Outcome] = [.pass, .improvement, .regression, .undecided, .missing, .broken, .new]
        let parts = order.compactMap { verdict in counts[verdict].map { "\($0) \(verdict.rawValue)" } }
        return "\(judgement.rows.count) figures held: \(parts.joined(separator: ", "))."
    }
}
