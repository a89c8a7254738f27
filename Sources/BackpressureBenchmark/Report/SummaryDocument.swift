/// `summary.md`: what a result folder comes to, for a pull request or a job's page.
struct SummaryDocument: Sendable {
    let summary: ResultSummary

    private var results: ResultSet { summary.results }

    /// GitHub-flavoured Markdown, with the tables folded away.
    ///
    /// - Parameter maximumBytes: a longer one is written without its tables.
    func markdown(maximumBytes: Int = .max) -> String {
        let whole = text(withTables: true)
        return whole.utf8.count <= maximumBytes ? whole : text(withTables: false)
    }

    private func text(withTables: Bool) -> String {
        var parts = [title]
        if let environment = results.environment {
            parts.append(escaped(EnvironmentWords(environment).line))
        }
        parts.append(findings)
        parts.append(overview.markdown())
        if withTables {
            parts += [speedTable, latencyTable].compactMap(\.self).map { title, table in
                // The empty lines make GitHub read Markdown inside of HTML.
                "<details>\n<summary>\(Markup.escaped(title))</summary>\n\n\(table.markdown())\n</details>\n"
            }
        } else {
            parts.append("The tables are too long for this page; report.html has them.\n")
        }
        if !results.missing.isEmpty {
            parts.append("Not in this folder: \(escaped(results.missing.joined(separator: ", "))).\n")
        }
        parts.append("### What to do next\n\n" + NextSteps(results).lines.map { "- \($0)\n" }.joined())
        return parts.filter { !$0.isEmpty }.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined(separator: "\n")
    }

    private var title: String {
        guard let verdict = results.verdict else { return "## ❔ Benchmark: no verdict\n" }
        return verdict.exitCode == .pass ? "## ✅ Benchmark: pass\n" : "## ❌ Benchmark: fail\n"
    }

    private var findings: String {
        let findings = results.verdict?.findings ?? []
        let shown = findings.prefix(20).map { "- \(escaped($0.message))\n" }.joined()
        return findings.count > 20 ? shown + "- and \(findings.count - 20) more\n" : shown
    }

    private func escaped(_ text: String) -> String { TextTable.escaped(text) }

    // MARK: - Overview

    private var overview: TextTable {
        TextTable(
            columns: [
                .init("section", alignment: .left), .init("measured", alignment: .left),
                .init("what came of it", alignment: .left),
            ],
            groups: [
                .init(
                    rows: [
                        speedLine("throughput", [.throughput]), speedLine("latency", [.latency]),
                        speedLine("decisions", [.decisions]), speedLine("calls", [.calls]),
                        speedLine("permits", [.permits]), speedLine("systems", [.systems]), accuracyLine, floodLine,
                        verificationLine, gateLine,
                    ].compactMap(\.self)
                )
            ]
        )
    }

    private func speedLine(_ name: String, _ kinds: [ResultSummary.Group.Kind]) -> [TextTable.Cell]? {
        let groups = summary.groups.filter { kinds.contains($0.kind) }
        guard !groups.isEmpty else { return nil }
        let rows = groups.flatMap { group in group.rows.map { (group.kind, $0) } }
        let missing = rows.count { kind, row in
            (kind == .latency ? row.latencyP50Ns : row.throughputPerS) == nil
        }
        return [
            "\(name)", "\(counted(rows.count, "row")) in \(counted(groups.count, "comparison"))",
            missing == 0 ? "all measured" : "\(missing) not measured",
        ]
    }

    private var accuracyLine: [TextTable.Cell]? {
        guard let rows = results.accuracy, !rows.isEmpty else { return nil }
        let isControl = { (row: AccuracyRow) in summary.role(of: row.implementation) == .control }
        let broken = rows.filter { !isControl($0) && $0.verdict != "pass" }
        let caught = rows.count { isControl($0) && $0.verdict != "pass" }
        let controls = rows.count { isControl($0) }
        let kept = broken.isEmpty ? "every limiter kept its promise" : "\(broken.count) broken"
        return ["rate accuracy", "\(counted(rows.count, "row"))", "\(kept); controls caught: \(caught) of \(controls)"]
    }

    private var floodLine: [TextTable.Cell]? {
        guard let rows = results.stress, !rows.isEmpty else { return nil }
        let died = rows.count { $0.expected == "dies" && $0.verdict == "pass" }
        let controls = rows.count { $0.expected == "dies" }
        let bounded = rows.filter { $0.expected != "dies" }
        let failed = bounded.count { $0.verdict != "pass" }
        let survived = "\(bounded.count - failed) of \(counted(bounded.count, "bounded queue")) survived"
        return ["floods", "\(counted(rows.count, "row"))", "\(survived); controls died: \(died) of \(controls)"]
    }

    private var verificationLine: [TextTable.Cell]? {
        guard let rows = results.verification, !rows.isEmpty else { return nil }
        let failed = rows.count { rows.isFault($0, role: summary.role(of: $0.implementation)) }
        return ["verification", "\(counted(rows.count, "check"))", failed == 0 ? "none failed" : "\(failed) failed"]
    }

    private var gateLine: [TextTable.Cell]? {
        guard let rows = results.gate else { return nil }
        let counts = Dictionary(grouping: rows, by: \.verdict.rawValue).mapValues(\.count)
        let words = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return [
            "gate", "\(counted(rows.count, "figure"))", "\(words.isEmpty ? "nothing was held to anything" : words)",
        ]
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    // MARK: - Tables

    private var speedTable: (String, TextTable)? {
        let groups = summary.groups.filter { $0.kind == .throughput || $0.kind.isOfCallers }
        guard !groups.isEmpty else { return nil }
        let table = TextTable(
            columns: [
                .init("implementation", alignment: .left), .init("family", alignment: .left), .init("throughput"),
                .init("95 % interval"), .init("to reference", unit: "median [95 %]"),
                .init("CPU", unit: "per operation"),
                .init("allocations", unit: "per operation"), .init("peak", unit: "allocated"),
            ],
            groups: groups.map { group in
                .init(
                    group.title + (group.conditions.isEmpty ? "" : ": " + group.conditions),
                    rows: group.rows.map(speed)
                )
            }
        )
        return ("Throughput, and ratios to the reference", table)
    }

    private func speed(_ row: ComparisonRow) -> [TextTable.Cell] {
        let ratio = row.ratioToReference.map { Estimate(median: $0, low: row.ratioCiLow, high: row.ratioCiHigh) }
        var interval = Numbers.notMeasured
        if let low = row.throughputCiLow, let high = row.throughputCiHigh {
            interval = "\(Numbers.rate(low)) – \(Numbers.rate(high))"
        }
        return [
            "\(row.implementation)", "\(summary.kind(row.implementation, row.family))",
            "\(Numbers.rate(row.throughputPerS))", "\(interval)", "\(Numbers.ratio(ratio))",
            "\(Numbers.duration(nanoseconds: row.cpuNsPerOp))", "\(Numbers.decimal(row.allocationsPerOp, decimals: 3))",
            "\(Numbers.bytes(row.peakAllocatedBytes))",
        ]
    }

    private var latencyTable: (String, TextTable)? {
        let groups = summary.groups.filter { $0.kind == .latency }
        guard !groups.isEmpty else { return nil }
        let table = TextTable(
            columns: [
                .init("implementation", alignment: .left), .init("family", alignment: .left), .init("p50"),
                .init("p90"),
                .init("p99"), .init("p99.9"), .init("max"), .init("delivered"),
            ],
            groups: groups.map { group in
                .init(
                    "\(group.title): \(group.conditions)",
                    rows: group.rows.map { row in
                        let latencies = [
                            row.latencyP50Ns, row.latencyP90Ns, row.latencyP99Ns, row.latencyP999Ns, row.latencyMaxNs,
                        ]
                        let names: [TextTable.Cell] = [
                            "\(row.implementation)", "\(summary.kind(row.implementation, row.family))",
                        ]
                        return names + latencies.map { "\(Numbers.duration(nanoseconds: $0))" }
                            + ["\(Numbers.rate(row.throughputPerS))"]
                    }
                )
            }
        )
        return ("Latency", table)
    }
}

/// What the findings ask for, as commands where there are some.
struct NextSteps: Sendable {
    let lines: [String]

    init(_ results: ResultSet) {
        var lines: [String] = []
        let codes = Set(results.verdict?.findings.map(\.exitCode) ?? [])
        let seed = results.environment.map { " --seed \($0.seed)" } ?? ""
        if codes.contains(.verificationFailed) {
            lines.append(
                "Something broke its contract: don't merge. See it again, with a counter-example: "
                    + "`swift package benchmark verify\(seed)`"
            )
        }
        if codes.contains(.stressFailed) {
            lines.append("A flood ended as it must not. See it again: `swift package benchmark stress\(seed)`")
        }
        if codes.contains(.regression) {
            lines.append(
                "Something got slower: look at its interval first, then at both revisions side by side: "
                    + "`swift package benchmark compare --base main`"
            )
        }
        if codes.contains(.notMeasured) {
            lines.append("Not all that was asked for was measured: run it again; nothing is known of what is missing.")
        }
        if codes.contains(.cannotMeasure) {
            lines.append("The machine can't measure this: take a quieter one, or `--profile full` for more blocks.")
        }
        if !codes.isDisjoint(with: [.usage, .inputFile, .inputOutput]) {
            lines.append("The run did not get as far as measuring; the finding says what to mend.")
        }
        if results.verdict == nil {
            lines.append("There is no verdict: the run hasn't ended, or was stopped. Run it again.")
        } else if codes.isEmpty {
            lines.append("Nothing is wrong with this run.")
            if results.environment?.profile == "quick" {
                lines.append("Quick figures are rough; for ones to quote: `swift package benchmark --profile standard`")
            }
        }
        self.lines = lines
    }
}
