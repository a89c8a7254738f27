// Throughput against the 99th percentile against bytes.

extension ReportPage {
    /// Where an implementation's speed and its latency were measured: in one scenario, or in two with the same driver.
    private struct Pair {
        var speed: ResultSummary.Group
        var latency: ResultSummary.Group
        var ids: [String]

        /// Less is better.
        var rank: [Int] {
            let drops = [speed, latency].count { $0.rows.first?.policy != .block }
            return [-ids.count, drops, -speed.rows.count, -latency.rows.count]
        }
    }

    var tradeOffs: Section? {
        let charts = Scenario.Driver.allCases.compactMap(pair).map(scatter)
        guard !charts.isEmpty else { return nil }
        return Section(
            id: "trade-offs",
            title: "Trade-offs",
            lead:
                "Each implementation by its saturated throughput, its 99th percentile at a given arrival rate, and its "
                + "peak of allocated bytes, which is the area of the disc. Down and to the right is better, and a small "
                + "disc.",
            charts: charts
        )
    }

    /// The two scenarios that have the most competing implementations in common.
    private func pair(_ driver: Scenario.Driver) -> Pair? {
        let groups = summary.groups.filter { $0.driver == driver }
        var best: Pair?
        // As many as possible; of these, where nothing is dropped, and then where most others are.
        let isBetter = { (pair: Pair) in
            guard let best else { return true }
            return pair.rank.lexicographicallyPrecedes(best.rank)
        }
        for latency in groups where latency.kind == .latency {
            let slow = Set(latency.rows.filter { $0.latencyP99Ns != nil }.map(\.implementation))
            for speed in groups where speed.kind == .throughput {
                let ids = speed.rows.filter { $0.throughputPerS != nil && slow.contains($0.implementation) }
                    .map(\.implementation).filter { summary.role(of: $0) == .contender }
                let pair = Pair(speed: speed, latency: latency, ids: ids)
                if ids.count > 1, isBetter(pair) { best = pair }
            }
        }
        return best
    }

    private func scatter(_ pair: Pair) -> Chart {
        var rows: [[String?]] = []
        let points = pair.ids.enumerated().compactMap { index, id -> ScatterChart.Point? in
            guard let speed = pair.speed.rows.first(where: { $0.implementation == id }),
                let latency = pair.latency.rows.first(where: { $0.implementation == id }),
                let throughput = speed.throughputPerS, let p99 = latency.latencyP99Ns
            else { return nil }
            rows.append([
                id, speed.family, throughput.csvField, p99.csvField, speed.peakAllocatedBytes.csvField,
            ])
            return ScatterChart.Point(
                name: id,
                marker: .family(speed.family, isHollow: false),
                x: throughput,
                y: p99,
                size: speed.peakAllocatedBytes,
                text: [
                    Numbers.rate(throughput), "p99 \(Numbers.duration(nanoseconds: p99))",
                    speed.peakAllocatedBytes.map { Numbers.bytes($0) } ?? "bytes not measured",
                ].joined(separator: ", ")
            )
        }
        let chart = ScatterChart(
            points: points,
            xTitle: "throughput, \(pair.speed.scenario)",
            yTitle: "p99, \(pair.latency.scenario)",
            xFormat: { Numbers.rate($0) },
            yFormat: { Numbers.duration(nanoseconds: $0) }
        )
        return Chart(
            title: "\(pair.speed.scenario) against \(pair.latency.scenario), \(pair.speed.driver.rawValue)",
            subtitle: "The scenarios that have the most implementations in common",
            summary: points.map { "\($0.name): \($0.text)" }.joined(separator: "; "),
            height: chart.height,
            drawing: chart.drawing,
            table: DataTable(
                header: ["implementation", "family", "throughput_per_s", "latency_p99_ns", "peak_allocated_bytes"],
                rows: rows
            )
        )
    }
}
