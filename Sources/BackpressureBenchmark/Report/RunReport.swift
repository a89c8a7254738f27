/// The tables that a run prints: what the result files say, for people.
struct RunReport {
    let results: RunResults
    let scenarios: [Scenario]
    let registry: Registry

    /// Controls and yardsticks don't compete for the best mark.
    var bystanders: Set<String> { Set(registry.bystanders) }

    var tables: [TextTable] {
        let throughput = [saturated, openLoop, roundTrip, idle, limiterCost, breakerCost, permitCost]
        return throughput.compactMap(\.self) + systems + [accuracy, stress].compactMap(\.self)
    }

    // MARK: - Throughput

    private var saturated: TextTable? {
        let groups = groups { $0.mechanism == .queue && !$0.isOpenLoop && !$0.isRoundTrip && !$0.isIdle }
        guard !groups.isEmpty else { return nil }
        return TextTable(
            title: "Throughput, saturated",
            columns: speedColumns("throughput", per: "element") + [
                .init("switches", unit: "per element"), .init("allocations", unit: "per element", best: .lowest),
                .init("peak", unit: "allocated", best: .lowest),
            ],
            groups: groups.map { scenario, driver, rows in
                .init(
                    title(scenario, driver),
                    rows: rows.map { row in
                        speedCells(row) + [
                            "\(Numbers.decimal(row.contextSwitchesPerOp, decimals: 4))",
                            cell(row, Numbers.decimal(row.allocationsPerOp, decimals: 3), row.allocationsPerOp),
                            cell(row, Numbers.bytes(row.peakAllocatedBytes), row.peakAllocatedBytes),
                        ]
                    }
                )
            },
            notes: ["* best of its group; controls and yardsticks don't compete."] + overhead.queues
        )
    }

    private var limiterCost: TextTable? {
        callerCost(
            of: .limiter,
            title: "Cost of a rate limiter's decision",
            operation: "decision",
            notes: clockNotes + overhead.limiters
        )
    }

    private var breakerCost: TextTable? {
        callerCost(
            of: .breaker,
            title: "Cost of a call through a circuit breaker: permission and result",
            operation: "call",
            notes: overhead.breakers
        )
    }

    private var permitCost: TextTable? {
        callerCost(
            of: .concurrencyLimit,
            title: "Cost of a permit: taken and given back",
            operation: "permit",
            notes: overhead.concurrencyLimits
        )
    }

    private func callerCost(
        of mechanism: Scenario.Mechanism,
        title: String,
        operation: String,
        notes: [String]
    ) -> TextTable? {
        let groups = groups { $0.mechanism == mechanism && $0.section == .throughput }
        guard !groups.isEmpty else { return nil }
        return TextTable(
            title: title,
            columns: speedColumns("\(operation)s", per: operation)
                + [.init("allocations", unit: "per \(operation)", best: .lowest)],
            groups: groups.map { scenario, driver, rows in
                .init(
                    self.title(scenario, driver),
                    rows: rows.map { row in
                        speedCells(row) + [
                            cell(row, Numbers.decimal(row.allocationsPerOp, decimals: 3), row.allocationsPerOp)
                        ]
                    }
                )
            },
            notes: notes
        )
    }

    /// What both kinds of speed tables begin with.
    private func speedColumns(_ header: String, per operation: String) -> [TextTable.Column] {
        [
            .init("implementation", alignment: .left), .init("family", alignment: .left),
            .init(header, unit: "\(operation)s/s", best: .highest), .init("95 % interval", unit: "\(operation)s/s"),
            .init("to reference", unit: "median [95 %]"), .init("CPU", unit: "per \(operation)", best: .lowest),
        ]
    }

    private func speedCells(_ row: ComparisonRow) -> [TextTable.Cell] {
        [
            "\(row.implementation)", "\(row.family)", cell(row, Numbers.rate(row.throughputPerS), row.throughputPerS),
            "\(interval(row.throughputCiLow, row.throughputCiHigh))", ratio(row),
            cell(row, Numbers.duration(nanoseconds: row.cpuNsPerOp), row.cpuNsPerOp),
        ]
    }

    // MARK: - Stress

    private var stress: TextTable? {
        guard !results.stress.isEmpty else { return nil }
        return TextTable(
            title: "Floods under a memory cap"
                + (results.capMethod.map { " (\($0.rawValue))" } ?? ""),
            columns: [
                .init("implementation", alignment: .left), .init("expected", alignment: .left),
                .init("outcome", alignment: .left), .init("offered"), .init("accepted"), .init("taken"),
                .init("dropped"), .init("lost"), .init("peak", unit: "allocated"), .init("bound"),
                .init("growth", unit: "per second"), .init("verdict", alignment: .left),
            ],
            groups: scenarios.filter { $0.section == .stress }.compactMap { scenario in
                let rows = results.stress.filter { $0.scenario == scenario.name }
                    .sorted { $0.implementation < $1.implementation }
                guard !rows.isEmpty else { return nil }
                let cap = Numbers.bytes(rows[0].capBytes.map(Double.init))
                return .init(
                    "\(scenario.name): \(scenario.title); cap \(cap)",
                    rows: rows.map { row in
                        let counts = [row.offered, row.accepted, row.taken, row.dropped, row.lost]
                        let starts: [TextTable.Cell] = ["\(row.implementation)", "\(row.expected)", "\(row.outcome)"]
                        return starts
                            + counts.map { "\(Numbers.count($0.map(Double.init)))" }
                            + [
                                "\(Numbers.bytes(row.peakAllocatedBytes.map(Double.init)))",
                                "\(Numbers.bytes(row.boundBytes.map(Double.init)))",
                                "\(Numbers.bytes(row.growthBytesPerS.map { max(0, $0) }))", "\(row.verdict)",
                            ]
                    }
                )
            },
            notes: ["Of a process that died, the figures are those of its last sign of life."]
                + (results.stress.contains { bystanders.contains($0.implementation) }
                    ? [] : ["No control ran, so that nobody's survival is proof of anything."])
        )
    }

    // MARK: - Parts

    typealias Comparison = (scenario: Scenario, driver: Scenario.Driver, rows: [ComparisonRow])

    func groups(
        in section: Scenario.Section = .throughput,
        _ isIncluded: (Scenario) -> Bool
    ) -> [Comparison] {
        scenarios.filter { $0.section == section && isIncluded($0) }.flatMap { scenario in
            scenario.drivers.compactMap { driver in
                let rows = results.comparison.filter { $0.scenario == scenario.name && $0.driver == driver }
                return rows.isEmpty ? nil : (scenario, driver, rows)
            }
        }
    }

    func title(_ scenario: Scenario, _ driver: Scenario.Driver) -> String {
        let reference = scenario.reference.map { ", reference \($0)" } ?? ""
        return "\(scenario.name), \(driver.rawValue): \(scenario.title)\(reference)"
    }

    func cell(_ row: ComparisonRow, _ text: String, _ value: Double?) -> TextTable.Cell {
        .init(text, value: bystanders.contains(row.implementation) ? nil : value)
    }

    private func interval(_ low: Double?, _ high: Double?) -> String {
        guard let low, let high else { return Numbers.notMeasured }
        return "\(Numbers.rate(low)) – \(Numbers.rate(high))"
    }

    func ratio(_ row: ComparisonRow) -> TextTable.Cell {
        guard let median = row.ratioToReference else { return "\(Numbers.notMeasured)" }
        return "\(Numbers.ratio(Estimate(median: median, low: row.ratioCiLow, high: row.ratioCiHigh)))"
    }

    /// Of a metric that has no column in `comparison.csv`.
    func median(_ row: ComparisonRow, _ metric: Metric) -> Double? {
        let samples = results.samples.filter {
            $0.scenario == row.scenario && $0.implementation == row.implementation && $0.driver == row.driver
                && $0.metric == metric.name
        }
        return Bootstrap.median(samples.compactMap(\.value))
    }

    func share(_ row: ComparisonRow, _ metric: Metric) -> String {
        guard let median = median(row, metric) else { return "0 %" }
        return "\(Numbers.decimal(median * 100, decimals: 1)) %"
    }

    // MARK: - What the harness costs

    var overhead: HarnessOverhead { HarnessOverhead(results, registry, scenarios) }

    var clockNotes: [String] {
        results.clockCostNanoseconds.map {
            let cost = Numbers.duration(nanoseconds: $0)
            return ["The harness reads the clock for each measured event; a reading takes \(cost)."]
        } ?? []
    }
}
