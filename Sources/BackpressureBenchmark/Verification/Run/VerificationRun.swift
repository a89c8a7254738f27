import Foundation

/// The whole of `verify`: from options to `verify.csv`, a table and a verdict.
package struct VerificationRun: Sendable {
    package let options: VerificationOptions
    package let registry: Registry
    package let console: Console
    /// The words that make this executable a verifying child.
    package let childArguments: [String]

    package init(
        options: VerificationOptions,
        registry: Registry,
        console: Console,
        childArguments: [String]
    ) {
        self.options = options
        self.registry = registry
        self.console = console
        self.childArguments = childArguments
    }

    /// Makes the checks, writes the result files and prints the table. Cancelling the task ends it early, with valid files
    /// for what was verified until then.
    ///
    /// - Throws: ``RunError`` before anything was verified, or if the results can't be written.
    package func run() async throws(RunError) -> Verdict {
        let plan = try VerificationPlan(options, registry: registry)
        let isSeries = options.runs > 1
        let folder: ResultFolder
        do throws(ResultFolderError) {
            folder = try ResultFolder(path: options.output)
        } catch {
            throw .output("\(error)")
        }
        // Whatever happens from here on, no verdict of an older run must be taken for this one's.
        folder.remove("verdict.json")
        let environment = await EnvironmentRecord.capture(
            swiftVersion: options.swiftVersion,
            jemallocVersion: Jemalloc.version,
            commandLine: options.commandLine,
            profile: .standard,
            seed: options.seed,
            repository: FileManager.default.currentDirectoryPath
        )
        let checks = plan.parts.reduce(0) { $0 + $1.checks.count }
        console.say(
            "\(checks) kinds of checks of \(plan.parts.count) implementations, each in a process of its own, seed "
                + "\(options.seed)\(isSeries ? " and the next, \(options.runs) runs" : ""): about "
                + "\(Numbers.timeLeft(seconds: plan.plannedSeconds * Double(options.runs)))."
        )
        var series = VerificationSeries()
        var results = VerificationResults(seed: options.seed)
        for run in 0..<options.runs {
            let start = ContinuousClock.now
            results = try await verify(plan.parts.filter { series.has($0.subject) }, seed: options.seed &+ UInt64(run))
            guard isSeries else { break }
            series.add(results, seconds: (ContinuousClock.now - start) / .seconds(1))
            // Each as it comes: a long series that is ended leaves what it has seen.
            try write { try folder.write(ResultFile.csv(series.rows), to: "verify-runs.csv") }
            let row = series.rows[run]
            console.say("seed \(row.seed): \(row.checks) checks in \(row.seconds) s, \(row.failures) failed")
            if !series.alarms.isEmpty || Task.isCancelled { break }
        }
        let verdict = Verdict(isSeries ? series.findings : results.findings)
        try write {
            try folder.write(ResultFile.csv(results.rows), to: "verify.csv")
            try folder.write(environment.json(), to: "environment.json")
            try folder.write(verdict.json(), to: "verdict.json")
        }
        // Of a series that passes, each run says the same.
        if !isSeries || !series.alarms.isEmpty { try show(VerificationReport(results)) }
        for finding in verdict.findings { console.say("\(console.style.red("!")) \(finding.message)") }
        if isSeries { console.say(series.summary) }
        console.say(
            "Wrote \(isSeries ? "verify-runs.csv, " : "")verify.csv\(isSeries ? " (of the last run)" : ""), "
                + "environment.json and verdict.json to \(folder.path)."
        )
        sayWhatNext(results)
        return verdict
    }

    private func write(_ files: () throws -> Void) throws(RunError) {
        do {
            try files()
        } catch {
            throw .output("\(error)")
        }
    }

    private func verify(_ parts: [VerificationPlan.Part], seed: UInt64) async throws(RunError) -> VerificationResults {
        let child = ChildProcess(executable: try OwnExecutable.path(), arguments: childArguments)
        let reporter = ProgressReporter(console: console, steps: parts.count)
        var remaining = RemainingTime(plannedSeconds: parts.reduce(0) { $0 + $1.plannedSeconds })
        var results = VerificationResults(seed: seed)
        for (index, part) in parts.enumerated() {
            if Task.isCancelled { break }
            reporter.began(part.subject.id, step: index + 1, remainingSeconds: remaining.remainingSeconds)
            let start = ContinuousClock.now
            guard let outcomes = await verify(part, seed: seed, child) else { break }
            remaining.finished(planned: part.plannedSeconds, actual: (ContinuousClock.now - start) / .seconds(1))
            results.add(outcomes + part.unsupported, of: part.subject)
            guard console.isVerbose else { continue }
            reporter.clear()
            for outcome in outcomes { console.say("\(part.subject.id), \(outcome.check): \(outcome.verdict.rawValue)") }
        }
        reporter.clear()
        if results.subjects.count < parts.count {
            results.findings.append(
                .init(.notMeasured, "interrupted: \(results.subjects.count) of \(parts.count) were verified")
            )
        }
        return results
    }

    /// Makes the checks of one implementation, in a new process for those that are left whenever one has ended its own.
    ///
    /// - Returns: `nil` if it was interrupted.
    private func verify(
        _ part: VerificationPlan.Part,
        seed: UInt64,
        _ child: ChildProcess
    ) async -> [VerificationOutcome]? {
        var outcomes: [VerificationOutcome] = []
        var left = part.checks[...]
        while let first = left.first {
            let job = VerificationJob(
                mechanism: part.subject.mechanism,
                implementation: part.subject.id,
                library: part.subject.library,
                checks: Array(left),
                seed: seed
            )
            var culprit = first
            var trouble: String
            var reported: Set<String> = []
            do {
                let outcome = try await child.run(job)
                if Task.isCancelled || outcome.ending.isInterruption { return nil }
                // Every check that was ordered must have said what came of it: a report that got lost is no pass.
                reported = outcome.reported
                let silent = left.first { !reported.contains($0.id) }
                outcomes += outcome.checked
                if outcome.ending == .finished, outcome.failure == nil, silent == nil { break }
                trouble = outcome.trouble
                if let silent { culprit = silent }
                if outcome.ending == .signalled(Int(SIGALRM)) || outcome.ending == .hung {
                    trouble = "it hung: the check hadn't ended after \(Int(culprit.timeLimitSeconds)) s"
                }
            } catch {
                if Task.isCancelled { return nil }
                trouble = "\(error)"
            }
            outcomes.append(
                VerificationOutcome(
                    check: culprit.id,
                    origin: culprit.id,
                    verdict: .fail,
                    specification: "",
                    detail: trouble
                )
            )
            left = left.drop { $0.id != culprit.id }.dropFirst().filter { !reported.contains($0.id) }[...]
        }
        return outcomes
    }

    private func show(_ report: VerificationReport) throws(RunError) {
        switch console.format {
        case .text:
            for table in report.tables { console.show("\n" + table.text(style: console.style)) }
            for counterExample in report.counterExamples { console.show("\n" + counterExample + "\n") }
            console.show("\n")
        case .markdown:
            for table in report.tables { console.show(table.markdown() + "\n") }
            for counterExample in report.counterExamples { console.show("```\n\(counterExample)\n```\n") }
        case .json:
            guard let json = try? ResultFile.json(report.results.rows) else {
                throw .output("the results can't be written as JSON")
            }
            console.show(String(decoding: json, as: UTF8.self) + "\n")
        }
    }

    private func sayWhatNext(_ results: VerificationResults) {
        let faults = results.rows.indices.filter { results.isFault(results.rows[$0]) }
        // Rather what failed than what saw too little because something else failed.
        guard let index = faults.first(where: { results.rows[$0].verdict == "fail" }) ?? faults.first else { return }
        let row = results.rows[index]
        let replay = results.replays[index]
        var words = ["verify", "--implementation", row.implementation, "--seed", "\(replay?.seed ?? results.seed)"]
        if let check = results.origins[index] {
            words += ["--check", check]
            if let only = replay?.only { words += ["--only", "'\(only)'"] }
        }
        if let library = results.subjects.first(where: { $0.id == row.implementation })?.library {
            words += ["--load", library]
        }
        console.say("To see it again: \(words.joined(separator: " "))")
    }
}
