import Foundation

/// A run on its way: what was planned, what has been measured of it so far, and the folder that it goes to.
struct BenchmarkSession: Sendable {
    let plan: RunPlan
    let folder: ResultFolder
    let environment: EnvironmentRecord
    let seed: UInt64
    let child: ChildProcess
    let console: Console
    private(set) var measured = Runner.Results()

    init(
        plan: RunPlan,
        folder: ResultFolder,
        environment: EnvironmentRecord,
        seed: UInt64,
        child: ChildProcess,
        console: Console
    ) {
        self.plan = plan
        self.folder = folder
        self.environment = environment
        self.seed = seed
        self.child = child
        self.console = console
    }

    /// Carries out the plan, with progress on the console.
    mutating func measure() async {
        await measure(plan)
    }

    /// Measures more blocks of what `isWanted` picks, each beside its reference, and adds them to what there is.
    mutating func measureMore(
        blocks: Int,
        _ isWanted: (_ scenario: String, _ driver: String, _ implementation: String) -> Bool
    ) async {
        let done = measured.measured.map(\.measurement).filter { $0.job.kind == .speed }
        let more = RunPlan(extending: plan, by: blocks, after: (done.map(\.block).max() ?? -1) + 1, seed: seed) { one in
            isWanted(one.job.scenario.name, one.job.driver.rawValue, one.job.implementation)
        }
        await measure(more)
    }

    private mutating func measure(_ plan: RunPlan) async {
        guard !plan.measurements.isEmpty else { return }
        let reporter = ProgressReporter(console: console, steps: plan.measurements.count)
        let results = await Runner(plan: plan, child: child, observer: reporter).run()
        reporter.clear()
        // What is measured again later, where an interval was too wide, was in nobody's plan.
        if measured.measured.isEmpty { measured.timing = results.timing }
        measured.measured += results.measured
        measured.repeated += results.repeated
        measured.waited += results.waited
        measured.waitedSeconds += results.waitedSeconds
        measured.isInterrupted = measured.isInterrupted || results.isInterrupted
    }

    /// Writes the result files, with the verdict of the run itself.
    func write() throws(RunError) -> RunResults {
        let results = RunResults(measured, plan: plan, seed: seed)
        var environment = environment
        environment.noise = results.noise
        environment.clockCostNs = results.clockCostNanoseconds
        environment.capMethod = results.capMethod?.rawValue
        environment.timing = measured.timing
        do {
            try folder.write(ResultFile.csv(results.samples), to: "samples.csv")
            try folder.write(ResultFile.csv(results.comparison), to: "comparison.csv")
            try folder.write(ResultFile.csv(results.accuracy), to: "accuracy.csv")
            try folder.write(ResultFile.csv(results.stress), to: "stress.csv")
            try folder.write(ResultFile.csv(results.memory), to: "memory.csv")
            try folder.write(environment.json(), to: "environment.json")
            try folder.write(Verdict(results.findings).json(), to: "verdict.json")
        } catch {
            throw .output("\(error)")
        }
        return results
    }
}
