// Charts of `comparison.csv`: throughput, latency, decisions and idle waiting.

extension ReportPage {
    var throughput: Section? {
        section(
            .throughput,
            id: "throughput",
            title: "Throughput",
            lead:
                "Elements a second, as fast as it goes. The mark is the median over blocks, the bar its 95 % interval; "
                + "behind the figure stands the ratio to the reference. Marks tell families apart; hollow ones don't "
                + "compete (controls and yardsticks).",
            chart: speedChart
        )
    }

    var decisions: Section? {
        section(
            .decisions,
            id: "decisions",
            title: "Cost of a limiter's decision",
            lead: "Decisions a second, as fast as they can be asked for; read like throughput.",
            chart: speedChart
        )
    }

    var calls: Section? {
        section(
            .calls,
            id: "calls",
            title: "Cost of a call through a circuit breaker",
            lead: "Permissions with the results of their calls, or refusals, a second; read like throughput.",
            chart: speedChart
        )
    }

    var permits: Section? {
        section(
            .permits,
            id: "permits",
            title: "Cost of a permit",
            lead: "Permits taken and given back a second; read like throughput.",
            chart: speedChart
        )
    }

    var idle: Section? {
        section(
            .idle,
            id: "idle",
            title: "Waiting on an empty queue",
            lead: "Processor time of the whole process in a second in which nothing is offered: what waiting costs.",
            chart: idleChart
        )
    }

    var latency: Section? {
        section(
            .latency,
            id: "latency",
            title: "Latency",
            lead:
                "From the moment at which an element was meant to be sent, at a given arrival rate, or of a round trip. "
                + "Each step to the right leaves a tenth of the elements, then the slowest of all; lines are medians over "
                + "blocks, bars their 95 % intervals. Lower is better.",
            chart: latencyChart
        )
    }

    func section(
        _ kind: ResultSummary.Group.Kind,
        id: String,
        title: String,
        lead: String,
        chart: (ResultSummary.Group) -> Chart
    ) -> Section? {
        let groups = summary.groups.filter { $0.kind == kind }
        guard !groups.isEmpty else { return nil }
        return Section(id: id, title: title, lead: lead, charts: groups.map(chart))
    }

    /// All that a row says but where it stands.
    private func table(_ group: ResultSummary.Group) -> DataTable {
        DataTable(group.rows, without: ["scenario", "mechanism", "driver"])
    }

    // MARK: - Intervals

    func speedChart(_ group: ResultSummary.Group) -> Chart {
        let chart = IntervalChart(
            rows: group.rows.map { row in
                let estimate = row.throughputPerS.map {
                    Estimate(median: $0, low: row.throughputCiLow, high: row.throughputCiHigh)
                }
                let isReference = row.reference == row.implementation
                return interval(
                    row,
                    estimate,
                    text: estimate == nil ? "not measured" : Numbers.rate(estimate?.median),
                    aside: isReference ? "reference" : row.ratioToReference.map { Numbers.ratio($0) }
                )
            },
            format: { Numbers.rate($0) }
        )
        let words = group.rows.map { row in
            guard let throughput = row.throughputPerS else { return "\(row.implementation) was not measured" }
            var text = "\(row.implementation) \(Numbers.rate(throughput))"
            if let low = row.throughputCiLow, let high = row.throughputCiHigh {
                text += " (\(Numbers.rate(low)) to \(Numbers.rate(high)))"
            }
            return text
        }
        return Chart(
            title: group.title,
            subtitle: group.conditions,
            summary: words.joined(separator: "; "),
            height: chart.height,
            drawing: chart.drawing,
            table: table(group)
        )
    }

    private func idleChart(_ group: ResultSummary.Group) -> Chart {
        let estimates = group.rows.map { summary.estimate(.idleCPU, of: $0) }
        let chart = IntervalChart(
            rows: zip(group.rows, estimates).map { row, estimate in
                interval(
                    row,
                    estimate,
                    text: estimate == nil ? "not measured" : Numbers.duration(nanoseconds: estimate?.median),
                    aside: nil
                )
            },
            format: { Numbers.duration(nanoseconds: $0) }
        )
        let words = zip(group.rows, estimates).map { row, estimate in
            estimate.map { "\(row.implementation) \(Numbers.duration(nanoseconds: $0.median)) a second" }
                ?? "\(row.implementation) was not measured"
        }
        return Chart(
            title: group.title,
            subtitle: group.conditions,
            summary: words.joined(separator: "; "),
            height: chart.height,
            drawing: chart.drawing,
            table: table(group),
            note: "The processor time is in samples.csv (idle_cpu_per_s); comparison.csv has no column for it."
        )
    }

    private func interval(
        _ row: ComparisonRow,
        _ estimate: Estimate?,
        text: String,
        aside: String?
    ) -> IntervalChart.Row {
        IntervalChart.Row(
            name: row.implementation,
            kind: summary.kind(row.implementation, row.family),
            marker: .family(row.family, isHollow: summary.role(of: row.implementation) != .contender),
            estimate: estimate,
            text: text,
            aside: aside
        )
    }

    // MARK: - Percentiles

    private static let percentiles: [(name: String, metric: Metric, value: @Sendable (ComparisonRow) -> Double?)] = [
        ("p50", .latencyP50, { $0.latencyP50Ns }), ("p90", .latencyP90, { $0.latencyP90Ns }),
        ("p99", .latencyP99, { $0.latencyP99Ns }), ("p99.9", .latencyP999, { $0.latencyP999Ns }),
        ("max", .latencyMax, { $0.latencyMaxNs }),
    ]

    private func latencyChart(_ group: ResultSummary.Group) -> Chart {
        let series = group.rows.map { row in
            let points = ReportPage.percentiles.enumerated().compactMap { place, percentile in
                percentile.value(row).map { median in
                    let spread = summary.estimate(percentile.metric, of: row)
                    return LineChart.Point(x: Double(place), y: median, low: spread?.low, high: spread?.high)
                }
            }
            return LineChart.Series(
                name: row.implementation,
                kind: summary.kind(row.implementation, row.family) + (points.isEmpty ? ", not measured" : ""),
                marker: summary.marker(of: row.implementation),
                points: points
            )
        }
        let chart = LineChart(
            series: series,
            marks: ReportPage.percentiles.enumerated().map { .init(x: Double($0), text: $1.name) },
            range: -0.25...Double(ReportPage.percentiles.count) - 0.75,
            yScale: .logarithmic,
            format: { Numbers.duration(nanoseconds: $0) }
        )
        let words = group.rows.map { row in
            let parts = ReportPage.percentiles.compactMap { percentile in
                percentile.value(row).map { "\(percentile.name) \(Numbers.duration(nanoseconds: $0))" }
            }
            return "\(row.implementation): " + (parts.isEmpty ? "not measured" : parts.joined(separator: ", "))
        }
        return Chart(
            title: group.title,
            subtitle: group.conditions,
            summary: words.joined(separator: "; "),
            height: chart.height,
            drawing: chart.drawing,
            legend: chart.legend,
            table: table(group)
        )
    }
}
