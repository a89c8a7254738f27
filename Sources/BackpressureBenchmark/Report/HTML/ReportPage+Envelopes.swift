// Charts of `accuracy.csv`: what limiters granted against what they may.

extension ReportPage {
    var envelopes: Section? {
        guard let rows = results.accuracy, !rows.isEmpty else { return nil }
        let scenarios = rows.map(\.scenario).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return Section(
            id: "envelopes",
            title: "Rate envelopes",
            lead: "On the left, what was granted against an exact oracle asked at the same instants (a mark for each "
                + "repetition; the scale is logarithmic to both sides of 0). On the right, how many permits the worst "
                + "window got above burst + rate · T: ✓ kept, or ✕ and by how much. Controls are there to break it.",
            charts: scenarios.map { scenario in envelopeChart(rows.filter { $0.scenario == scenario }) }
        )
    }

    private func envelopeChart(_ rows: [AccuracyRow]) -> Chart {
        let ids = rows.map(\.implementation).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let isContender = { (id: String) in summary.role(of: id) == .contender }
        let lines = (ids.sorted().filter(isContender) + ids.sorted().filter { !isContender($0) }).map { id in
            let own = rows.filter { $0.implementation == id }
            return EnvelopeChart.Row(
                name: id,
                kind: summary.kind(id, own[0].family),
                marker: .family(own[0].family, isHollow: !isContender(id)),
                errors: own.compactMap(\.errorPpm),
                overshoot: own.compactMap(\.overshootPermits).max()
            )
        }
        let chart = EnvelopeChart(rows: lines)
        let first = rows[0]
        let bursts = Set(rows.map(\.burst)).sorted().map(String.init).joined(separator: " or ")
        return Chart(
            title: first.scenario,
            subtitle: [
                Numbers.rate(first.ratePerS).replacing("/s", with: " permits/s"), "burst \(bursts)",
                "\(first.callers) caller\(first.callers == 1 ? "" : "s")", "\(first.clock.rawValue) clock",
            ].joined(separator: " · "),
            summary: lines.map(words).joined(separator: "; "),
            height: chart.height,
            drawing: chart.drawing,
            table: DataTable(rows, without: ["scenario", "mechanism"])
        )
    }

    private func words(_ row: EnvelopeChart.Row) -> String {
        let envelope =
            row.overshoot.map { $0 > 0 ? "broke the envelope by \(Numbers.count($0)) permits" : "kept the envelope" }
            ?? "envelope not measured"
        let worst = row.errors.max { $0.magnitude < $1.magnitude }
        let error = worst.map { "error \(Numbers.decimal($0, decimals: 0)) ppm" } ?? "error not measured"
        return "\(row.name) \(envelope), \(error)"
    }
}
