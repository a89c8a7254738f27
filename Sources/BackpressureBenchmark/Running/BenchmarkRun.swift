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
        var session = try await begin()
        await session.measure()
        let results = try session.write()
        let verdict = Verdict(results.findings)
        try show(results, session.plan)
        for finding in verdict.findings { console.say("\(console.style.red("!")) \(finding.message)") }
        sayWhatNext(session.folder, verdict)
        return verdict
    }

    /// Settles what will be measured, and says it.
    ///
    /// - Throws: ``RunError`` if it can't be measured, or the results couldn't be written.
    func begin() async throws(RunError) -> BenchmarkSession {
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
        return BenchmarkSession(
            plan: plan,
            folder: folder,
            environment: environment,
            seed: options.seed,
            child: ChildProcess(executable: try OwnExecutable.path(), arguments: childArguments),
            console: console
        )
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

    func show(_ results: RunResults, _ plan: RunPlan) throws(RunError) {
        let tables = RunReport(results: results, scenarios: plan.scenarios, registry: registry).tables
        try console.show(tables)
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
