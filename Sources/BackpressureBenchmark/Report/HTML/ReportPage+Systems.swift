// Whole systems under trouble: what of their own they measure is in `samples.csv` alone.

extension ReportPage {
    var systems: Section? {
        var section = section(
            .systems,
            id: "systems",
            title: "Whole systems",
            lead: "What a system gets done a second under the trouble that its scenario makes, in time where time is "
                + "part of it; the figures below each chart are the medians of everything that was measured.",
            chart: systemChart
        )
        section?.isWide = true
        return section
    }

    private func systemChart(_ group: ResultSummary.Group) -> Chart {
        var chart = speedChart(group)
        let measured = Metric.all.filter { metric in
            group.rows.contains { summary.estimate(metric, of: $0) != nil }
        }
        chart.subtitle = nil
        chart.table = DataTable(
            header: ["implementation", "family"] + measured.map(\.columnName),
            rows: group.rows.map { row in
                [row.implementation, row.family] + measured.map { summary.estimate($0, of: row)?.median.csvField }
            },
            isTurned: true
        )
        // What a system is for is seldom its throughput.
        chart.showsTable = true
        return chart
    }
}

extension Metric {
    /// Its name with its unit, as columns have it.
    fileprivate var columnName: String {
        switch unit {
        case "ns": name + "_ns"
        case "1/s": name + "_per_s"
        case "B": name + "_bytes"
        default: name
        }
    }
}
