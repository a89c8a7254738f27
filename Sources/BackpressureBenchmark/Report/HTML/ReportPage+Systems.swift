// Whole systems on the page: what was measured of each, scenario by scenario, since every kind of trouble has figures of
// its own.

extension ReportPage {
    var systems: Section? {
        let groups = summary.groups.filter { $0.kind == .systems }
        guard !groups.isEmpty else { return nil }
        let cards = groups.map { group in
            Markup.element(
                "div",
                ["class": "card"],
                .element("h3", [:], .text(group.title)) + systemTable(group).region(label: group.title)
            )
        }
        return Section(
            id: "systems",
            title: "Whole systems",
            lead:
                "The same trouble with backpressure and, as controls, without: medians over blocks. Controls must do badly; "
                + "one that doesn't fails the run.",
            rest: cards.joined()
        )
    }

    private func systemTable(_ group: ResultSummary.Group) -> DataTable {
        let shown =
            ([.throughput, .latencyP50, .latencyP99, .cpuTime, .allocatedBytes, .refusedShare] + Metric.systems)
            .filter { metric in group.rows.contains { summary.estimate(metric, of: $0) != nil } }
        return DataTable(
            header: ["implementation", "family"] + shown.map { "\($0.name) (\($0.unit))" },
            rows: group.rows.map { row in
                [row.implementation, summary.kind(row.implementation, row.family)]
                    + shown.map { metric in
                        summary.estimate(metric, of: row).map { Numbers.decimal($0.median, decimals: 3) }
                    }
            }
        )
    }
}
