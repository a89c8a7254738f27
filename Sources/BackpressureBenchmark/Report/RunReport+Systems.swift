// The tables of whole systems: one for each kind of trouble, with what matters in it.

extension RunReport {
    var systems: [TextTable] { SystemLoad.Kind.allCases.compactMap(table) }

    private func table(_ kind: SystemLoad.Kind) -> TextTable? {
        let groups = groups(in: .systems) { scenario in
            if case .system(let load) = scenario.load { load.kind == kind } else { false }
        }
        guard !groups.isEmpty else { return nil }
        let page = SystemPage(kind)
        return TextTable(
            title: page.title,
            columns: [.init("implementation", alignment: .left), .init("family", alignment: .left)]
                + page.figures.map(\.column),
            groups: groups.map { scenario, driver, rows in
                .init(
                    title(scenario, driver),
                    rows: rows.map { row in
                        ["\(row.implementation)\(registry.isControl(row) ? " (control)" : "")", "\(row.family)"]
                            + page.figures.map { figure in
                                let value = median(row, figure.metric)
                                return cell(row, figure.text(value), value)
                            }
                    }
                )
            },
            notes: page.notes
        )
    }
}

extension Registry {
    fileprivate func isControl(_ row: ComparisonRow) -> Bool {
        systems.contains { $0.id == row.implementation && $0.role == .control }
    }
}

/// Which figures are shown of a kind of trouble, and how.
private struct SystemPage {
    struct Figure {
        var metric: Metric
        var column: TextTable.Column
        var text: (Double?) -> String

        init(_ metric: Metric, _ header: String, unit: String? = nil, _ text: @escaping (Double?) -> String) {
            let best: TextTable.Best? =
                switch metric.better {
                case .higher: .highest
                case .lower: .lowest
                case nil: nil
                }
            self.metric = metric
            column = .init(header, unit: unit, best: best)
            self.text = text
        }
    }

    let title: String
    let figures: [Figure]
    let notes: [String]

    init(_ kind: SystemLoad.Kind) {
        switch kind {
        case .overload:
            title = "Overload: what is served in time, and how long who waits"
            figures = [
                Figure(.throughput, "in time", unit: "requests/s", Numbers.rate),
                Figure(.goodputShare, "goodput", unit: "of capacity", percent),
                Figure(.refusedShare, "refused", unit: "of offered", percent),
                Figure(.refusalP99, "told so", unit: "p99", Numbers.duration),
                Figure(.unloadedP99, "critical p99", unit: "before", Numbers.duration),
                Figure(.criticalP99, "critical p99", unit: "overloaded", Numbers.duration),
                Figure(.criticalRatio, "ratio", Numbers.ratio),
                Figure(.highP99, "high", unit: "p99", Numbers.duration),
                Figure(.normalP99, "normal", unit: "p99", Numbers.duration),
                Figure(.lowP99, "low", unit: "p99", Numbers.duration),
                Figure(.recovery, "recovered", unit: "after", Numbers.duration),
                Figure(.peakInside, "inside", unit: "at most", Numbers.count),
            ]
            notes = [
                "Latency from the intended start to the end of service; of requests still waiting when the run ended, until "
                    + "then. Recovered: nobody waits any more; '–': not within the run."
            ]
        case .flapping:
            title = "A dependency with outages: what is delivered, and what calling it costs meanwhile"
            figures = [
                Figure(.goodputShare, "delivered", unit: "of offered", percent),
                Figure(.wastedCalls, "wasted calls", unit: "failed or slow", Numbers.count),
                Figure(.wastedTimeShare, "callers' time", unit: "wasted in outages", percent),
                Figure(.refusedShare, "refused", unit: "of offered", percent),
                Figure(.redriven, "redriven", unit: "later delivered", Numbers.count),
                Figure(.left, "left", unit: "at the end", Numbers.count),
                Figure(.recovery, "recovered", unit: "after, worst", Numbers.duration),
                Figure(.latencyP50, "latency", unit: "p50", Numbers.duration),
                Figure(.latencyP99, "latency", unit: "p99", Numbers.duration),
                Figure(.peakInside, "inside", unit: "at most", Numbers.count),
            ]
            notes = [
                "Latency from the intended start to the delivery, of those put aside meanwhile too. Callers' time: those "
                    + "who redrive come on top, so that it can be above 100 %."
            ]
        case .crowd:
            title = "A flash crowd through stages: what comes through, and how much is inside"
            figures = [
                Figure(.throughput, "through", unit: "elements/s", Numbers.rate),
                Figure(.refusedShare, "refused", unit: "of offered", percent),
                Figure(.deadLettered, "dead letters", unit: "malformed", Numbers.count),
                Figure(.left, "left", unit: "at the end", Numbers.count),
                Figure(.latencyP50, "latency", unit: "p50", Numbers.duration),
                Figure(.latencyP99, "latency", unit: "p99", Numbers.duration),
                Figure(.latencyMax, "latency", unit: "max", Numbers.duration),
                Figure(.bottleneckNamed, "bottleneck", unit: "named") { $0.map { $0 == 1 ? "yes" : "no" } ?? "–" },
                Figure(.peakInside, "inside", unit: "at most", Numbers.count),
            ]
            notes = [
                "Latency from the intended start to the end of the last stage; of elements still inside when the run ended, "
                    + "until then."
            ]
        case .capacity:
            title = "A service whose capacity is halved and comes back: what is served in time, and when limits settle"
            figures = [
                Figure(.throughput, "in time", unit: "requests/s", Numbers.rate),
                Figure(.goodputShare, "goodput", unit: "of capacity", percent),
                Figure(.refusedShare, "refused", unit: "of offered", percent),
                Figure(.settledHalved, "settled", unit: "halved", Numbers.duration),
                Figure(.settledReturned, "settled", unit: "returned", Numbers.duration),
                Figure(.latencyP50, "latency", unit: "p50", Numbers.duration),
                Figure(.latencyP99, "latency", unit: "p99", Numbers.duration),
                Figure(.peakInside, "inside", unit: "at most", Numbers.count),
            ]
            notes = [
                "Settled: after which time the limit was, in the mean of a fifth of the phase, within a tenth of what the "
                    + "service can do; '–': not in the phase, or there is none. Latency of requests let in, and of those "
                    + "still there when the run ended, until then."
            ]
        case .monitor:
            title = "Recording a latency, while somebody reads percentiles every 10 ms"
            figures = [
                Figure(.throughput, "records", unit: "per second", Numbers.rate),
                Figure(.cpuTime, "CPU", unit: "per record", Numbers.duration),
                Figure(.allocatedBytes, "allocated", unit: "per record", Numbers.bytes),
            ]
            notes = ["CPU of the recording threads alone, with what their loop takes."]
        case .signal:
            title = "From a consumer's pause to the first publish held back"
            figures = [
                Figure(.latencyP50, "p50", Numbers.duration), Figure(.latencyP90, "p90", Numbers.duration),
                Figure(.latencyP99, "p99", Numbers.duration), Figure(.latencyMax, "max", Numbers.duration),
                Figure(.throughput, "published", unit: "per second", Numbers.rate),
            ]
            notes = ["A producer's own interval between two publishes is part of it."]
        }
    }
}

private func percent(_ share: Double?) -> String {
    share.map { "\(Numbers.decimal($0 * 100, decimals: 1)) %" } ?? Numbers.notMeasured
}
