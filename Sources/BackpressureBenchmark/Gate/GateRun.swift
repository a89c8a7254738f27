/// What `gate` is asked to do.
package struct GateOptions: Sendable {
    /// Of the run that is gated, unless there is one already.
    package var run = RunOptions()
    /// A folder of results to judge as they are; `nil`: measure.
    package var results: String?
    /// Where the judgement of such a folder goes; `nil`: into it.
    package var output: String?
    package var baseline = "results/baseline"
    package var thresholds = ScenarioCatalog.fixture("thresholds/default.yaml")

    package init() {}
}

/// The whole of `gate`: a run, or one made before, held to a baseline and thresholds.
package struct GateRun: Sendable {
    package let options: GateOptions
    package let registry: Registry
    package let console: Console
    /// The words that make this executable a measuring child.
    package let childArguments: [String]

    package init(options: GateOptions, registry: Registry, console: Console, childArguments: [String]) {
        self.options = options
        self.registry = registry
        self.console = console
        self.childArguments = childArguments
    }

    /// Measures unless it was told not to, extends what is too uncertain to judge, judges, and writes `gate.csv` and
    /// `verdict.json` beside the results.
    ///
    /// - Throws: ``RunError``: thresholds or baseline can't be used (before anything is measured), or nothing can be written.
    package func run() async throws(RunError) -> Verdict {
        let baseline = try recorded(options.baseline)
        let thresholds = try await thresholds(beside: baseline)
        guard let folder = options.results else { return try await measured(baseline, thresholds) }
        guard options.run.sections == Set(Scenario.Section.allCases) else {
            throw .usage("--only is for what is measured; of '--results \(folder)' leave it out, or use --filter")
        }
        let results = try recorded(folder)
        try registry.checkNames(
            options.run.implementations,
            beside: (results.comparison + baseline.comparison).map(\.implementation)
        )
        let selection = try Selection(options.run)
        let judgement = judge(results, baseline, thresholds) { scenario, implementation in
            selection.keeps(implementation, inScenario: scenario)
        }
        return try conclude(judgement, thresholds, in: options.output ?? folder)
    }

    private func measured(_ baseline: RecordedResults, _ thresholds: Thresholds) async throws(RunError) -> Verdict {
        guard baseline.profile == options.run.profile.rawValue else {
            throw .inputFile(
                "\(baseline.folder): measured with the profile '\(baseline.profile)', and this run's is "
                    + "'\(options.run.profile.rawValue)'; measure both with the same (--profile)"
            )
        }
        let run = BenchmarkRun(
            options: options.run,
            registry: registry,
            console: console,
            childArguments: childArguments
        )
        var session = try await run.begin()
        let plan = session.plan
        sayHowFarItGoes(thresholds)
        await session.measure()
        let results = try session.write()
        try run.show(results, plan)
        let asked = Set(plan.measurements.map { "\($0.job.scenario.name)/\($0.job.implementation)" })
        let isWhole = options.run.isWhole
        func judged() throws(RunError) -> GateJudgement {
            try judge(recorded(options.run.output), baseline, thresholds) { scenario, implementation in
                isWhole || asked.contains("\(scenario)/\(implementation)")
            }
        }
        var judgement = try judged()
        var blocks = plan.blocks
        while !judgement.unsettled.isEmpty, blocks < thresholds.mostBlocks, !Task.isCancelled {
            let more = min(thresholds.extraBlocks, thresholds.mostBlocks - blocks)
            let unsettled = judgement.unsettled
            console.say(
                "\(unsettled.count) intervals are too wide to decide, or await confirmation: \(more) more blocks."
            )
            await session.measureMore(blocks: more) { scenario, driver, implementation in
                unsettled.contains(.init(scenario: scenario, driver: driver, implementation: implementation))
            }
            blocks += more
            _ = try session.write()
            judgement = try judged()
        }
        return try conclude(judgement, thresholds, in: options.run.output)
    }

    private func sayHowFarItGoes(_ thresholds: Thresholds) {
        console.say(
            "Held to \(options.baseline) by \(thresholds.path); what is too uncertain to judge is measured again, up to "
                + "\(thresholds.mostBlocks) blocks."
        )
    }

    private func judge(
        _ results: RecordedResults,
        _ baseline: RecordedResults,
        _ thresholds: Thresholds,
        isAsked: @escaping @Sendable (String, String) -> Bool
    ) -> GateJudgement {
        let context = GateJudgement.Context(
            bystanders: Set(registry.bystanders),
            yardsticks: registry.yardsticks,
            seed: options.run.seed,
            isAsked: isAsked
        )
        return GateJudgement(results, baseline: baseline, thresholds: thresholds, context: context)
    }

    private func recorded(_ folder: String) throws(RunError) -> RecordedResults {
        do throws(InputFileError) { return try RecordedResults(folder: folder) } catch { throw .inputFile("\(error)") }
    }

    private func thresholds(beside baseline: RecordedResults) async throws(RunError) -> Thresholds {
        // A rule may name what the baseline has and this registry has lost: that row is then missing, which it says.
        let scenarios = try await ScenarioCatalog.scenarios(RunOptions(), registry: registry).map(\.name)
        let names = ThresholdsFile.Names(
            scenarios: scenarios + VerificationCheck.all.map(\.id)
                + baseline.comparison.map(\.scenario),
            implementations: registry.ids + baseline.comparison.map(\.implementation)
        )
        do throws(InputFileError) {
            return try ThresholdsFile.read(path: options.thresholds, names: names)
        } catch {
            throw .inputFile("\(error)")
        }
    }

    private func conclude(
        _ judgement: GateJudgement,
        _ thresholds: Thresholds,
        in path: String
    ) throws(RunError) -> Verdict {
        let verdict = Verdict(judgement.findings, ofRun: judgement.ofRun)
        do {
            let folder = try ResultFolder(path: path)
            try folder.write(ResultFile.csv(judgement.rows), to: "gate.csv")
            try folder.write(verdict.json(), to: "verdict.json")
        } catch {
            throw .output("\(error)")
        }
        let report = GateReport(judgement, thresholds: thresholds, isVerbose: console.isVerbose)
        try console.show([report.table])
        for note in judgement.notes { console.say(note) }
        for finding in verdict.findings { console.say("\(console.style.red("!")) \(finding.message)") }
        console.say(report.summary)
        console.say("Wrote gate.csv and verdict.json to \(path).")
        if verdict.exitCode != .pass {
            console.say(
                "If what has changed was meant to, measure the baseline anew: "
                    + "swift package benchmark run --profile \(options.run.profile.rawValue) --output \(options.baseline)"
            )
        }
        return verdict
    }
}

extension RunPlan {
    /// Of the scenario that has the most.
    fileprivate var blocks: Int {
        (measurements.filter { $0.job.kind == .speed }.map(\.block).max() ?? -1) + 1
    }
}

extension RunOptions {
    /// Whether the options leave nothing out, so that all of a baseline must be there again.
    fileprivate var isWhole: Bool {
        filter == nil && implementations.isEmpty && scenarioFiles.isEmpty
            && sections == Set(Scenario.Section.allCases)
    }
}
