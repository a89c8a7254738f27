// Charts of `memory.csv` and `stress.csv`: bounded queues under a flood, and the control's climb to its death.

extension ReportPage {
    /// Below it, curves aren't told apart: a queue that has just been made.
    private static let memoryFloor = 65_536.0
    /// Enough for a line of some 250 units.
    private static let pointsInCurve = 125

    var memory: Section? {
        guard let floods = results.stress, !floods.isEmpty else { return nil }
        let scenarios = floods.map(\.scenario).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return Section(
            id: "memory",
            title: "Memory under flood",
            lead:
                "Allocated since the first reading, while producers offer many times what consumers can take. Bounded "
                + "queues must stay below their bound, which follows from capacity and payload; the control must climb "
                + "until it dies, or the cap doesn't work and nobody's survival means anything.",
            charts: scenarios.map { scenario in memoryChart(floods.filter { $0.scenario == scenario }) }
        )
    }

    private func memoryChart(_ unsorted: [StressRow]) -> Chart {
        let sorted = unsorted.sorted { $0.implementation < $1.implementation }
        let all = sorted.filter { $0.expected != "dies" } + sorted.filter { $0.expected == "dies" }
        let floods = worst(all)
        let curves = floods.map { row in curve(of: row) }
        let repetitions = all.count / max(1, floods.count)
        let series = zip(floods, curves).map { row, curve in
            let isControl = row.expected == "dies"
            return LineChart.Series(
                name: row.implementation,
                kind: "\(row.family)\(isControl ? ", control" : ""): "
                    + (curve.isEmpty
                        ? "memory not measured" : "peak \(Numbers.bytes(row.peakAllocatedBytes.map(Double.init)))"),
                marker: summary.marker(of: row.implementation),
                points: thinned(curve, to: ReportPage.pointsInCurve),
                marksPoints: false,
                ending: row.secondsToDeath == nil ? nil : "† \(row.outcome)"
            )
        }
        let longest = curves.compactMap { $0.last?.x }.max() ?? 1
        let times = Scale([0, longest * 1e9], .linear, from: 0, to: 1).ticks.map { $0 / 1e9 }.filter { $0 <= longest }
        let chart = LineChart(
            series: series,
            levels: levels(floods),
            marks: times.map { .init(x: $0, text: SVG.tick(Numbers.duration(nanoseconds: $0 * 1e9))) },
            range: 0...longest,
            yScale: .logarithmic,
            steps: .binary,
            floor: ReportPage.memoryFloor,
            format: { Numbers.bytes($0) }
        )
        let first = floods[0]
        return Chart(
            title: first.scenario,
            subtitle: [
                "\(first.policy.rawValue)", ResultSummary.Group.counted(first.producers, "producer"),
                ResultSummary.Group.counted(first.consumers, "consumer"),
                first.overloadFactor.map { "\(Numbers.count($0)) times what they can take" },
                first.capBytes.map { "cap \(Numbers.bytes(Double($0)))" }, first.capMethod,
            ].compactMap(\.self).joined(separator: " · "),
            summary: all.map(words).joined(separator: "; "),
            height: chart.height,
            drawing: chart.drawing,
            legend: chart.legend,
            table: DataTable(all, without: ["scenario"]),
            note: (repetitions > 1 ? "Of \(repetitions) floods each, the one that came highest. " : "")
                + "The curves are in memory.csv."
        )
    }

    private func words(_ row: StressRow) -> String {
        let peak = row.peakAllocatedBytes.map { Numbers.bytes(Double($0)) } ?? "not measured"
        var text = "\(row.implementation) \(row.outcome), peak \(peak)"
        if let bound = row.boundBytes { text += " of at most \(Numbers.bytes(Double(bound)))" }
        if let seconds = row.secondsToDeath { text += " after \(Numbers.duration(nanoseconds: seconds * 1e9))" }
        return text + ": \(row.verdict)"
    }

    /// The bounds, which differ by little between queues of one capacity, and the cap.
    private func levels(_ floods: [StressRow]) -> [LineChart.Level] {
        var levels: [LineChart.Level] = []
        let bounds = floods.compactMap(\.boundBytes).map(Double.init)
        if let low = bounds.min(), let high = bounds.max() {
            let (least, most) = (Numbers.bytes(low), Numbers.bytes(high))
            let text = least == most ? "bound \(least)" : "bounds \(least) – \(most)"
            levels.append(.init(low: low, high: high, text: text, style: "bound"))
        }
        if let cap = floods.compactMap(\.capBytes).max().map(Double.init) {
            levels.append(.init(low: cap, high: cap, text: "cap \(Numbers.bytes(cap))", style: "cap"))
        }
        return levels
    }

    /// Of floods that were repeated, each implementation's that is worst: which failed, or else came highest.
    private func worst(_ rows: [StressRow]) -> [StressRow] {
        var worst: [StressRow] = []
        func badness(_ row: StressRow) -> (Int, Int) { (row.verdict == "pass" ? 0 : 1, row.peakAllocatedBytes ?? 0) }
        for row in rows {
            guard let index = worst.firstIndex(where: { $0.implementation == row.implementation }) else {
                worst.append(row)
                continue
            }
            if badness(row) > badness(worst[index]) { worst[index] = row }
        }
        return worst
    }

    /// Seconds, and bytes since the first reading: of the flood that came highest, if there were several.
    private func curve(of row: StressRow) -> [LineChart.Point] {
        var floods: [[MemoryRow]] = []
        for sample in memorySamples[MemoryKey(row.scenario, row.implementation)] ?? [] {
            // Each flood's time begins anew.
            if let last = floods.last?.last, sample.elapsedNs > last.elapsedNs {
                floods[floods.count - 1].append(sample)
            } else {
                floods.append([sample])
            }
        }
        return floods.map(points).max { ($0.map(\.y).max() ?? 0) < ($1.map(\.y).max() ?? 0) } ?? []
    }

    private func points(_ samples: [MemoryRow]) -> [LineChart.Point] {
        guard let first = samples.first?.allocatedBytes else { return [] }
        return samples.compactMap { sample in
            sample.allocatedBytes.map {
                LineChart.Point(x: Double(sample.elapsedNs) / 1e9, y: max(0, Double($0 - first)))
            }
        }
    }

    /// As many points at the most, of which the highest of each stretch stays.
    private func thinned(_ points: [LineChart.Point], to count: Int) -> [LineChart.Point] {
        guard points.count > count, let last = points.last else { return points }
        let stretch = (points.count + count - 1) / count
        let highest = stride(from: 0, to: points.count, by: stretch).compactMap { start in
            points[start..<min(start + stretch, points.count)].max { $0.y < $1.y }
        }
        return highest + [last]
    }
}

/// Whose memory a curve shows.
struct MemoryKey: Hashable, Sendable {
    var scenario: String
    var implementation: String

    init(_ scenario: String, _ implementation: String) {
        (self.scenario, self.implementation) = (scenario, implementation)
    }
}
