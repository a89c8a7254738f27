extension RunReport {
    /// What each limiter granted, and at a glance who broke the envelope.
    var accuracy: TextTable? {
        guard !results.judgedAccuracy.isEmpty else { return nil }
        return TextTable(
            title: "Rate accuracy",
            columns: [
                .init("implementation", alignment: .left), .init("verdict", alignment: .left),
                .init("envelope", alignment: .left), .init("granted"), .init("allowed", unit: "by the oracle"),
                .init("error", unit: "ppm"), .init("wrong", unit: "decisions"), .init("withheld", unit: "permits"),
                .init("jitter p50"), .init("jitter p99"), .init("CPU", unit: "waiting"),
                .init("fairness", unit: "Jain"),
                .init("decision", best: .lowest),
            ],
            groups: scenarios.filter { $0.section == .accuracy }.compactMap { scenario in
                let rows = results.judgedAccuracy.filter { $0.row.scenario == scenario.name }
                    .sorted { $0.row.implementation < $1.row.implementation }
                return rows.isEmpty ? nil : .init("\(scenario.name): \(scenario.title)", rows: rows.map(cells))
            },
            notes: accuracyNotes + decisionNotes + clockNotes
        )
    }

    private func cells(_ judged: JudgedAccuracy) -> [TextTable.Cell] {
        let (row, figures) = (judged.row, judged.figures)
        let competes = !bystanders.contains(row.implementation)
        return [
            "\(row.implementation)", "\(row.verdict)\(competes ? "" : " (control)")",
            "\(judged.judgement.broken.map { "broken by \($0)" } ?? "kept")",
            "\(Numbers.count(row.granted.map(Double.init)))", "\(Numbers.count(row.allowed.map(Double.init)))",
            "\(Numbers.decimal(row.errorPpm, decimals: 0))",
            "\(Numbers.count(figures.wrongDecisions.map(Double.init)))",
            "\(Numbers.decimal(figures.withheldPermits))", "\(Numbers.duration(nanoseconds: row.jitterP50Ns))",
            "\(Numbers.duration(nanoseconds: row.jitterP99Ns))",
            "\(figures.processors.map { Numbers.decimal($0 * 100, decimals: 1) + " %" } ?? Numbers.notMeasured)",
            "\(Numbers.decimal(row.jainIndex, decimals: 3))",
            .init(Numbers.duration(nanoseconds: row.decisionNs), value: competes ? row.decisionNs : nil),
        ]
    }

    private var accuracyNotes: [String] {
        let held = registry.limiters.filter { limiter in
            limiter.specification != .tokenBucket
                && results.judgedAccuracy.contains { $0.row.implementation == limiter.id }
        }
        let others = held.map { "\($0.id) (\($0.specification.summary))" }
        let promises = "Held to another promise than a token bucket's: \(others.joined(separator: ", "))."
        return [
            "Envelope: in no window more than burst + rate · T; else the excess of the worst, and the window. "
                + "A control is meant to fail.",
            "Withheld: the most permits at hand when a request was refused that they would have sufficed for.",
        ] + (others.isEmpty ? [] : [promises])
    }

    /// How many decisions were held against the oracle, one by one.
    private var decisionNotes: [String] {
        var counts: [String: (wrong: Int, all: Int)] = [:]
        for judged in results.judgedAccuracy {
            guard let wrong = judged.figures.wrongDecisions, let all = judged.figures.decisions else { continue }
            let before = counts[judged.row.implementation] ?? (0, 0)
            counts[judged.row.implementation] = (before.wrong + wrong, before.all + all)
        }
        let parts = counts.sorted { $0.key < $1.key }.map { id, count in
            "\(id) \(Numbers.count(Double(count.wrong))) of \(Numbers.count(Double(count.all)))"
        }
        return parts.isEmpty ? [] : ["Wrong decisions on the virtual clock: \(parts.joined(separator: ", "))."]
    }
}
