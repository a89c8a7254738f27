import BackpressureTesting
import Foundation

/// The whole of `compare`.
package struct ComparisonRun: Sendable {
    package let options: ComparisonOptions
    package let registry: Registry
    package let console: Console

    package init(options: ComparisonOptions, registry: Registry, console: Console) {
        self.options = options
        self.registry = registry
        self.console = console
    }

    /// Compares, writes `compare.csv` (and `pairs.csv`, where something was measured) and `verdict.json`, and prints a table.
    ///
    /// - Throws: ``RunError``: a side can't be had, nothing fits the options, or nothing can be written.
    package func run() async throws(RunError) -> Verdict {
        try checkMetrics()
        switch options.sides {
        case .folders(let base, let head): return try compareFolders(base, head)
        case .tools(let base, let head): return try await interleave(base: base, head: head)
        case .revisions(let base, let head): return try await compareRevisions(base, head)
        case .recorded(let pairs, let trials): return try replay(pairs, trials)
        }
    }

    private func checkMetrics() throws(RunError) {
        let known = Metric.all.filter { $0.better != nil }.map(\.name)
        for metric in options.metrics where !known.contains(metric) {
            let hint = NearestWord.hint(for: metric, among: known)
            throw .usage(
                "there is no metric '\(metric)' to compare; there are: \(known.joined(separator: ", "))\(hint)"
            )
        }
    }

    // MARK: - Folders

    /// Ratios to the reference, as a gate has them: nobody knows what else differed between the two runs.
    private func compareFolders(_ base: String, _ head: String) throws(RunError) -> Verdict {
        let before: RecordedResults
        let now: RecordedResults
        do throws(InputFileError) {
            before = try RecordedResults(folder: base)
            now = try RecordedResults(folder: head)
        } catch {
            throw .inputFile("\(error)")
        }
        let decision = options.decision
        let thresholds = Thresholds(
            path: "compare",
            confidence: decision.confidence,
            leastBlocks: 2,
            extraBlocks: 1,
            mostBlocks: 2,
            ratios: options.metrics.map { .init(metric: $0, selection: .init(), tolerance: decision.tolerance) },
            bounds: []
        )
        let both = Set(before.comparison.map(\.label)).intersection(now.comparison.map(\.label))
        let pairs = Set(
            now.comparison.filter { both.contains($0.label) }.map { "\($0.scenario)/\($0.implementation)" }
        )
        try registry.checkNames(
            options.run.implementations,
            beside: (before.comparison + now.comparison).map(\.implementation)
        )
        let selection = try Selection(options.run)
        let judgement = GateJudgement(
            now,
            baseline: before,
            thresholds: thresholds,
            context: .init(
                bystanders: Set(registry.bystanders),
                yardsticks: registry.yardsticks,
                seed: decision.seed
            ) { scenario, implementation in
                pairs.contains("\(scenario)/\(implementation)")
                    && selection.keeps(implementation, inScenario: scenario)
            }
        )
        let report = GateReport(judgement, thresholds: thresholds, isVerbose: true, title: "\(head) against \(base)")
        try console.show([report.table])
        for note in judgement.notes { console.say(note) }
        let oneSided = Set(before.comparison.map(\.label)).symmetricDifference(now.comparison.map(\.label)).count
        if oneSided > 0 { console.say("\(oneSided) rows are in one of the folders only and were left out.") }
        console.say(report.summary)
        // What the runs themselves found is theirs; what keeps a figure that both have from being compared isn't.
        var verdict = Verdict(
            judgement.findings.filter { $0.exitCode == .regression || $0.exitCode == .cannotMeasure } + judgement.missed
        )
        if !judgement.rows.contains(where: { $0.change != nil }) {
            verdict.findings.append(.init(.notMeasured, "no figure that fits the options is in both folders"))
        }
        let folder = try outputFolder()
        do {
            try folder.write(ResultFile.csv(judgement.rows), to: "gate.csv")
            try folder.write(verdict.json(), to: "verdict.json")
        } catch {
            throw .output("\(error)")
        }
        console.say("Wrote gate.csv and verdict.json to \(folder.path).")
        return verdict
    }

    // MARK: - Revisions

    private func compareRevisions(_ base: String, _ head: String?) async throws(RunError) -> Verdict {
        let own = try OwnExecutable.path()
        let builder = RevisionBuild(
            package: FileManager.default.currentDirectoryPath,
            product: URL(fileURLWithPath: own).lastPathComponent,
            console: console
        )
        // Both names are known to be good before minutes go into building one of them.
        _ = try await builder.commit(base)
        if let head { _ = try await builder.commit(head) }
        let baseTool = try await builder.tool(of: base)
        var headTool = own
        if let head {
            if try await builder.isCheckedOut(head) {
                console.say("\(head) is what is checked out, unchanged: its tool is the one that runs.")
            } else {
                headTool = try await builder.tool(of: head)
            }
        }
        return try await interleave(base: baseTool, head: headTool)
    }

    private func interleave(base: String, head: String) async throws(RunError) -> Verdict {
        let subjects = try await subjects()
        let folder = try outputFolder()
        let single = "\(folder.path)/.single"
        defer { try? FileManager.default.removeItem(atPath: single) }
        let run = InterleavedRun(
            base: base,
            head: head,
            profile: options.run.profile,
            seed: options.decision.seed,
            folder: single,
            isSliced: await isSliced([base, head])
        )
        var pairs: [PairRow] = []
        var failed: [InterleavedRun.Subject: RunError] = [:]
        var open = subjects
        var blocks = 0
        let decision = options.decision
        console.say(
            "\(subjects.count) pairs of base and head, in turn, \(decision.leastBlocks) to \(decision.mostBlocks) blocks each, "
                + "until it is clear whether \(Numbers.decimal(decision.tolerance * 100, decimals: 1)) % were lost."
        )
        for look in decision.looks where !open.isEmpty && !Task.isCancelled {
            let more = look - blocks
            let start = ContinuousClock.now
            for block in blocks..<look {
                var generator = SeededGenerator(seed: decision.seed, stream: UInt64(block))
                for subject in open.shuffled(using: &generator) where failed[subject] == nil {
                    if Task.isCancelled { break }
                    do {
                        pairs += try await run.block(block, of: subject)
                    } catch {
                        if !Task.isCancelled { failed[subject] = error }
                    }
                }
            }
            blocks = look
            let differences = differences(pairs)
            let undecided = Set(
                differences.map(\.row).filter { $0.verdict == .undecided }.map { "\($0.scenario)/\($0.implementation)" }
            )
            open = open.filter { failed[$0] == nil && undecided.contains("\($0.scenario)/\($0.implementation)") }
            try write(pairs, differences, to: folder)
            let seconds = Numbers.timeLeft(seconds: (ContinuousClock.now - start) / .seconds(1))
            console.say(
                "\(blocks) blocks, the last \(more) in \(seconds): \(open.count) of \(subjects.count) undecided."
            )
        }
        return try conclude(pairs, failed.mapValues(\.description), isInterrupted: Task.isCancelled, folder)
    }

    /// Whether blocks are made of slices: where memory is accounted, nothing is measured but that, once in a process.
    private func isSliced(_ tools: [String]) async -> Bool {
        guard !options.metrics.contains(where: Metric.accounted.contains) else { return false }
        for tool in tools where await !InterleavedRun.measuresSlices(tool) {
            console.say("\(tool) is from before there were slices: a block is a whole run of each side, and noisier.")
            return false
        }
        return true
    }

    private func subjects() async throws(RunError) -> [InterleavedRun.Subject] {
        var run = options.run
        run.sections = [.throughput]
        let files = try await ScenarioCatalog.files(run)
        let plan = try RunPlan(
            run,
            scenarios: await ScenarioCatalog.scenarios(run, registry: registry),
            registry: registry
        )
        let bystanders = Set(registry.bystanders).subtracting(run.implementations)
        var subjects: Set<InterleavedRun.Subject> = []
        for one in plan.measurements
        where one.job.kind == .speed && !bystanders.contains(one.job.implementation) {
            guard let file = files[one.job.scenario.name] else { continue }
            subjects.insert(
                .init(
                    scenarioFile: file,
                    scenario: one.job.scenario.name,
                    implementation: one.job.implementation,
                    library: one.job.library,
                    slices: SlicePlan(one.job)
                )
            )
        }
        return subjects.sorted()
    }

    private func outputFolder() throws(RunError) -> ResultFolder {
        do throws(ResultFolderError) { return try ResultFolder(path: options.run.output) } catch {
            throw .output("\(error)")
        }
    }

    // MARK: - What came of it

    /// A figure that was asked for, and what it is from.
    struct Difference {
        var row: DifferenceRow
        var blocks: PairBlocks

        /// What keeps the comparison from passing; `nil`: nothing.
        var finding: Verdict.Finding? {
            if let gap = blocks.gap { return .init(.notMeasured, "\(row.label): \(gap)") }
            let change = Estimate(median: row.change ?? .nan, low: row.changeCiLow, high: row.changeCiHigh)
            let figures = "\(row.label) \(Numbers.percentages(change)) after \(row.blocks) blocks"
            switch row.verdict {
            case .regression: return .init(.regression, "worse: \(figures)")
            case .undecided: return .init(.cannotMeasure, "can't tell on this machine: \(figures)")
            default: return nil
            }
        }
    }

    func differences(_ pairs: [PairRow]) -> [Difference] {
        PairBlocks.all(pairs, of: options.metrics).map { rows, blocks in
            let shift = options.decision.shift(blocks.ratios)
            let row = DifferenceRow(
                scenario: rows[0].scenario,
                driver: rows[0].driver,
                implementation: rows[0].implementation,
                metric: rows[0].metric,
                unit: rows[0].unit,
                blocks: blocks.ratios.count,
                base: Bootstrap.median(rows.compactMap(\.base)),
                head: Bootstrap.median(rows.compactMap(\.head)),
                change: shift.change.median.isFinite ? shift.change.median : nil,
                changeCiLow: shift.change.low,
                changeCiHigh: shift.change.high,
                tolerance: options.decision.tolerance,
                verdict: blocks.gap == nil ? GateRow.Outcome(shift.answer) : .missing
            )
            return Difference(row: row, blocks: blocks)
        }
    }

    private func write(_ pairs: [PairRow], _ differences: [Difference], to folder: ResultFolder) throws(RunError) {
        do throws(ResultFolderError) {
            try folder.write(ResultFile.csv(pairs), to: "pairs.csv")
            try folder.write(ResultFile.csv(differences.map(\.row)), to: "compare.csv")
        } catch {
            throw .output("\(error)")
        }
    }

    private func conclude(
        _ pairs: [PairRow],
        _ failed: [InterleavedRun.Subject: String],
        isInterrupted: Bool,
        _ folder: ResultFolder
    ) throws(RunError) -> Verdict {
        let differences = differences(pairs)
        var findings = failed.sorted { $0.key < $1.key }.map { Verdict.Finding(.notMeasured, $0.value) }
        if isInterrupted { findings.append(.init(.notMeasured, "interrupted before all was decided")) }
        findings += differences.compactMap(\.finding)
        if differences.isEmpty, findings.isEmpty {
            findings.append(.init(.notMeasured, "nothing has the metric \(options.metrics.joined(separator: ", "))"))
        }
        let verdict = Verdict(findings)
        do {
            try write(pairs, differences, to: folder)
            try folder.write(verdict.json(), to: "verdict.json")
        } catch let error as RunError {
            throw error
        } catch {
            throw .output("\(error)")
        }
        try console.show([table(differences.map(\.row))])
        for one in differences { if let note = one.blocks.note { console.say("\(one.row.label): \(note)") } }
        for finding in findings { console.say("\(console.style.red("!")) \(finding.message)") }
        console.say("Wrote compare.csv, pairs.csv and verdict.json to \(folder.path).")
        return verdict
    }

    private func table(_ rows: [DifferenceRow]) -> TextTable {
        var scenarios: [String] = []
        for row in rows where !scenarios.contains(row.scenario) { scenarios.append(row.scenario) }
        return TextTable(
            title: "Head against base",
            columns: [
                .init("implementation", alignment: .left), .init("metric", alignment: .left), .init("base"),
                .init("head"),
                .init("change", unit: "\(Numbers.decimal(options.decision.confidence * 100, decimals: 1)) % interval"),
                .init("blocks"), .init("verdict", alignment: .left),
            ],
            groups: scenarios.map { scenario in
                .init(
                    scenario,
                    rows: rows.filter { $0.scenario == scenario }.map { row in
                        let change = Estimate(median: row.change ?? .nan, low: row.changeCiLow, high: row.changeCiHigh)
                        return [
                            "\(row.implementation) (\(row.driver.rawValue))", "\(row.metric) (\(row.unit))",
                            "\(Numbers.count(row.base))", "\(Numbers.count(row.head))",
                            "\(Numbers.percentages(change))",
                            "\(row.blocks)", "\(row.verdict.rawValue)",
                        ]
                    }
                )
            }
        )
    }

    // MARK: - How often it errs

    private func replay(_ path: String, _ count: Int) throws(RunError) -> Verdict {
        let rows: [PairRow]
        do throws(InputFileError) {
            rows = try ResultSet.rows(inFile: path, of: PairRow.self)
        } catch {
            throw .inputFile("\(error)")
        }
        let trials = ComparisonTrials(
            rows,
            of: options.metrics,
            options.decision,
            count: count
        )
        guard !trials.rows.isEmpty else {
            throw .nothingToMeasure("\(path) has no blocks of \(options.metrics.joined(separator: ", "))")
        }
        let folder = try outputFolder()
        do throws(ResultFolderError) {
            try folder.write(ResultFile.csv(trials.rows), to: "trials.csv")
        } catch {
            throw .output("\(error)")
        }
        try console.show([trials.table])
        for note in trials.notes { console.say(note) }
        console.say("Wrote trials.csv to \(folder.path).")
        return Verdict()
    }
}

extension PairRow {
    var label: String { "\(scenario), \(implementation) (\(driver.rawValue)): \(metric)" }

}

extension GateRow.Outcome {
    init(_ answer: Shift.Answer) {
        switch answer {
        case .within: self = .pass
        case .worse: self = .regression
        case .better: self = .improvement
        case .undecided: self = .undecided
        }
    }
}
