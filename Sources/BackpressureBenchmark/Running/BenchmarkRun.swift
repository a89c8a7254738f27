import Foundation

/// The whole of `run` and `stress`: from options to files, tables and a verdict.
package struct BenchmarkRun: Sendable {
    package let options: RunOptions
    package let registry: Registry
    package let console: Console
    /// The words that make this executable a measuring child.
    package let childArguments: [String]

    package init(options: RunOptions, registry: Registry, console: Console, childArguments: [String]) {
        self.options = options
        self.registry = registry
        self.console = console
        self.childArguments = childArguments
    }

    /// Measures, writes the result files and prints the tables. Cancelling the task ends it early, with valid files for
    /// what was measured until then.
    ///
    /// - Throws: ``RunError`` before anything was measured, or if the results can't be written.
    package func run() async throws(RunError) -> Verdict {
        guard Jemalloc.isAccounting else {
            throw .cannotMeasure(
                "this process doesn't run on jemalloc, so memory can't be accounted: "
                    + "build without sanitizers and don't preload another malloc"
            )
        }
        if let asked = MemoryCap.asked, MemoryCap.Method(rawValue: asked) == nil {
            let known = MemoryCap.Method.allCases.map(\.rawValue).joined(separator: ", ")
            throw .usage("\(MemoryCap.environmentVariable) is '\(asked)'; allowed: \(known)")
        }
        let scenarios = try await ScenarioCatalog.scenarios(options, registry: registry)
        let plan = try RunPlan(options, scenarios: scenarios, registry: registry)
        if let trace = options.trace, !plan.scenarios.contains(where: \.replaysTrace) {
            throw .usage("no scenario of this run replays a trace, so '--trace \(trace)' would do nothing")
        }
        let folder = try resultFolder()
        // Whatever happens from here on, no verdict of an older run must be taken for this one's.
        folder.remove("verdict.json")
        let environment = await EnvironmentRecord.capture(
            swiftVersion: options.swiftVersion,
            jemallocVersion: Jemalloc.version,
            commandLine: options.commandLine,
            profile: options.profile,
            seed: options.seed,
            repository: FileManager.default.currentDirectoryPath
        )
        announce(plan)
        let reporter = ProgressReporter(console: console, steps: plan.measurements.count)
        let runner = Runner(
            plan: plan,
            child: ChildProcess(executable: try OwnExecutable.path(), arguments: childArguments),
            observer: reporter
        )
        let measured = await runner.run()
        reporter.clear()
        let results = RunResults(measured, plan: plan, seed: options.seed)
        let verdict = Verdict(results.findings)
        try write(results, environment, verdict, to: folder)
        try show(results, plan)
        for finding in verdict.findings { console.say("\(console.style.red("!")) \(finding.message)") }
        sayWhatNext(folder, verdict)
        return verdict
    }

    private func resultFolder() throws(RunError) -> ResultFolder {
        do throws(ResultFolderError) {
            return try ResultFolder(path: options.output)
        } catch {
            throw .output("\(error)")
        }
    }

    private func announce(_ plan: RunPlan) {
        let seconds = Numbers.timeLeft(seconds: plan.plannedSeconds)
        console.say(
            "\(plan.measurements.count) measurements of \(plan.scenarios.count) scenarios, each in a process of its own, "
                + "profile \(options.profile.rawValue), seed \(options.seed): about \(seconds)."
        )
        for one in LeftOut.all(registry, plan.scenarios) { console.say("\(one).") }
        guard plan.measurements.contains(where: { $0.job.kind == .flood }) else { return }
        if MemoryCap.method == .extentHooks {
            let reason =
                MemoryCap.asked == MemoryCap.Method.extentHooks.rawValue
                ? "As \(MemoryCap.environmentVariable) asks"
                : "No cgroup can be made here (not root, or no memory controller)"
            console.say("\(reason): floods are capped by jemalloc's extent hooks, which see malloc's memory only.")
        }
    }

    private func write(
        _ results: RunResults,
        _ environment: EnvironmentRecord,
        _ verdict: Verdict,
        to folder: ResultFolder
    ) throws(RunError) {
        var environment = environment
        environment.noise = results.noise
        environment.clockCostNs = results.clockCostNanoseconds
        environment.capMethod = results.capMethod?.rawValue
        do {
            try folder.write(ResultFile.csv(results.samples), to: "samples.csv")
            try folder.write(ResultFile.csv(results.comparison), to: "comparison.csv")
            try folder.write(ResultFile.csv(results.accuracy), to: "accuracy.csv")
            try folder.write(ResultFile.csv(results.stress), to: "stress.csv")
            try folder.write(ResultFile.csv(results.memory), to: "memory.csv")
            try folder.write(environment.json(), to: "environment.json")
            try folder.write(verdict.json(), to: "verdict.json")
        } catch {
            throw .output("\(error)")
        }
    }

    private func show(_ results: RunResults, _ plan: RunPlan) throws(RunError) {
        let tables = RunReport(results: results, scenarios: plan.scenarios, registry: registry).tables
        switch console.format {
        case .text:
            for table in tables { console.show("\n" + table.text(style: console.style)) }
            console.show("\n")
        case .markdown:
            for table in tables { console.show(table.markdown() + "\n") }
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            guard let json = try? encoder.encode(tables) else { throw .output("the tables can't be written as JSON") }
            console.show(String(decoding: json, as: UTF8.self) + "\n")
        }
    }

    private func sayWhatNext(_ folder: ResultFolder, _ verdict: Verdict) {
        console.say(
            "Wrote comparison.csv, accuracy.csv, stress.csv, memory.csv, samples.csv, environment.json and verdict.json "
                + "to \(folder.path). To look at them: report --results \(folder.path)"
        )
        if options.profile == .quick, verdict.exitCode == .pass {
            console.say("Quick figures are rough; for ones to quote, run with '--profile standard' on a quiet machine.")
        }
    }
}
