import BackpressureBenchmark
import Foundation
import Testing

@Suite("gate and compare")
struct GateTests {
    /// Results of two tiny scenarios, and thresholds for them that any machine keeps.
    private func measured() async throws -> (workspace: Workspace, results: String, thresholds: String) {
        let workspace = try Workspace()
        let scenario = TinyScenario.saturated(["mutex", "ring"]).adding("reference: mutex")
        let options = try workspace.options(scenario) + ["--profile", "quick", "--repetitions", "3", "--no-progress"]
        let run = try await Tool.benchmark.run(["run"] + options)
        #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
        let thresholds = try workspace.write(
            """
            blocks: {least: 2, extra: 2, most: 4}
            ratios: [{metric: throughput, implementations: [ring], tolerance: 0.99}]
            bounds: [{file: comparison, column: allocations_per_op, implementations: [ring], most: 0.5}]
            """,
            as: "thresholds.yaml"
        )
        return (workspace, workspace.output, thresholds)
    }

    private func gate(_ arguments: String...) async throws -> Tool.Finished {
        try await Tool.benchmark.run(["gate", "--no-progress"] + arguments)
    }

    @Test("pass what is its own baseline, and find what is missing, slower or broken")
    func judged() async throws {
        let (workspace, results, thresholds) = try await measured()
        let same = try await gate("--results", results, "--baseline", results, "--thresholds", thresholds)
        #expect(same.exitCode == 0 && same.lastLine == "verdict: pass", "\(same.output)\(same.errors)")
        let table = try CSVTable(String(contentsOfFile: "\(results)/gate.csv", encoding: .utf8))
        #expect(table[column: "verdict"] == ["pass", "pass"])

        // A billionth of the throughput, in every block: no tolerance covers that.
        let slow = "\(workspace.path)/slow"
        try FileManager.default.copyItem(atPath: results, toPath: slow)
        let samples = try String(contentsOfFile: "\(slow)/samples.csv", encoding: .utf8)
        let slowed = samples.split(whereSeparator: \.isNewline).map { line in
            var fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            if fields[2] == "ring", fields[7] == "throughput", let value = Double(fields[9]) {
                fields[9] = "\(value / 1e9)"
            }
            return fields.joined(separator: ",")
        }
        try workspace.write(slowed.joined(separator: "\r\n") + "\r\n", as: "slow/samples.csv")
        let regression = try await gate("--results", slow, "--baseline", results, "--thresholds", thresholds)
        #expect(regression.exitCode == 2, "\(regression.output)")
        #expect(regression.lastLine?.contains("saturated, ring (threads): throughput is worse: -100.0 %") == true)
        #expect(regression.output.contains("measure the baseline anew: swift package benchmark run"))

        try workspace.write(
            "bounds: [{file: comparison, column: allocations_per_op, implementations: [ring], least: 5}]",
            as: "strict.yaml"
        )
        let broken = try await gate(
            "--results",
            results,
            "--baseline",
            results,
            "--thresholds",
            "\(workspace.path)/strict.yaml"
        )
        #expect(broken.exitCode == 2 && broken.lastLine?.contains("allowed: at least 5") == true)

        let compared = "\(workspace.path)/c"
        let folders = try await Tool.benchmark.run(["compare", results, slow, "--output", compared])
        #expect(folders.exitCode == 2 && folders.output.contains("ring (threads)"), "\(folders.output)")
        let comparison = try CSVTable(String(contentsOfFile: "\(compared)/gate.csv", encoding: .utf8))
        #expect(comparison[column: "verdict"]?.contains("regression") == true)
        #expect(try verdict(in: compared).contains("\"exit_code\" : 2"))
        // What can't be compared isn't passed over.
        let nothing = slowed.map { line in
            line.contains(",ring,") ? line.replacing(/throughput,1\/s,.*/, with: "throughput,1/s,0") : line
        }
        try workspace.write(nothing.joined(separator: "\r\n") + "\r\n", as: "slow/samples.csv")
        let gap = try await Tool.benchmark.run(["compare", results, slow, "--output", compared])
        #expect(gap.exitCode == 5 && gap.lastLine?.contains("ring") == true, "\(gap.output)")
        // Memory is accounted for once a run: shown, and too little to decide by.
        let memory = try await Tool.benchmark.run([
            "compare", results, results, "--metric", "peak_allocated", "--output", compared,
        ])
        #expect(memory.exitCode == 6 && memory.output.contains("peak_allocated"), "\(memory.output)")
        // What an earlier judgement found in the folder is no finding of the run that wrote it.
        let itself = try await Tool.benchmark.run([
            "compare", results, results, "--tolerance", "0.99", "--output", compared,
        ])
        #expect(itself.exitCode == 0, "\(itself.output)")
        #expect(try verdict(in: compared).contains("\"exit_code\" : 0"))
    }

    private func verdict(in folder: String) throws -> String {
        try String(contentsOfFile: "\(folder)/verdict.json", encoding: .utf8)
    }

    @Test(
        "hold nothing by no name, leave a folder alone where the judgement is to go elsewhere, and never leave an old verdict"
    )
    func selected() async throws {
        let (workspace, results, thresholds) = try await measured()
        let before = try verdict(in: results)
        let sides = ["--results", results, "--baseline", results, "--thresholds", thresholds]
        let elsewhere = "\(workspace.path)/e"
        func gate(_ options: String...) async throws -> Tool.Finished {
            try await Tool.benchmark.run(["gate", "--no-progress", "--output", elsewhere] + sides + options)
        }
        #expect(try await gate().exitCode == 0)
        #expect(try verdict(in: results) == before && !workspace.contents.contains("results/gate.csv"))
        #expect(try verdict(in: elsewhere).contains("\"exit_code\" : 0"))
        for (options, code) in [
            (["--filter", "zzz"], 5), (["--implementation", "nope"], 64), (["--only", "stress"], 64),
        ] {
            let gate = try await Tool.benchmark.run(["gate", "--output", elsewhere] + sides + options)
            #expect(gate.exitCode == code, "\(options): \(gate.output)\(gate.errors)")
            #expect(try verdict(in: elsewhere).contains("\"exit_code\" : \(code)"), "\(options)")
            guard options[0] != "--only" else { continue }
            let compare = try await Tool.benchmark.run(["compare", results, results, "--output", elsewhere] + options)
            #expect(compare.exitCode == code, "\(options): \(compare.output)\(compare.errors)")
        }
        // Before anything is measured, and before the options are known.
        for (options, code) in [(["--filter", "zzz"], 5), (["--load", "none.so"], 65), (["--bogus"], 64)] {
            #expect(try await gate().exitCode == 0)
            let run = try await Tool.benchmark.run(["run", "--output", elsewhere] + options)
            #expect(run.exitCode == code, "\(options): \(run.errors)")
            #expect(try verdict(in: elsewhere).contains("\"exit_code\" : \(code)"), "\(options)")
        }
    }

    @Test("measure a run of their own, and again what is too uncertain to judge")
    func ownRun() async throws {
        let (workspace, results, _) = try await measured()
        let baseline = "\(workspace.path)/baseline"
        try FileManager.default.copyItem(atPath: results, toPath: baseline)
        // One block on either side has no interval: it takes more to say anything.
        let thresholds = try workspace.write(
            """
            blocks: {least: 2, extra: 2, most: 3}
            ratios: [{metric: throughput, implementations: [ring], tolerance: 0.99}]
            """,
            as: "thresholds.yaml"
        )
        let options = [
            "--baseline", baseline, "--thresholds", thresholds, "--scenario", "\(workspace.path)/saturated.yaml",
            "--output", results, "--profile", "quick", "--no-progress", "--repetitions", "1",
        ]
        let run = try await Tool.benchmark.run(["gate"] + options)
        #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("2 more blocks"))
        let table = try CSVTable(String(contentsOfFile: "\(results)/gate.csv", encoding: .utf8))
        #expect(table[column: "blocks"] == ["3"] && table[column: "verdict"] == ["pass"])
    }

    @Test(
        "refuse what they can't use before measuring anything",
        arguments: [
            (["--baseline", "/nowhere/at-all"], 65, "/nowhere/at-all"),
            (["--thresholds", "/nowhere/t.yaml"], 65, "/nowhere/t.yaml: no such file"),
            (["--profile", "full"], 65, "--profile"),
            (["--results", "/nowhere/at-all"], 65, "/nowhere/at-all"),
        ]
    )
    func unusable(arguments: [String], code: Int, words: String) async throws {
        let run = try await Tool.benchmark.run(["gate", "--no-progress"] + arguments)
        #expect(run.exitCode == code && run.lastLine?.contains(words) == true, "\(run.output)\(run.errors)")
        #expect(!run.output.contains("measurements of"))
    }

    @Test("compare two tools in turn, and record the pairs")
    func tools() async throws {
        let workspace = try Workspace()
        let scenario = try workspace.write(
            TinyScenario.alternating(["planted-slowdown"], warmupSeconds: 0.01).text,
            as: "alternating.yaml"
        )
        let run = try await Tool.broken.run([
            "compare", "--base-tool", Tool.broken.path, "--head-tool", Tool.broken.path, "--scenario", scenario,
            "--blocks", "2", "--output", workspace.output,
        ])
        // Two blocks are too few for any confidence, on any machine; one that is busy elsewhere hasn't got even those.
        let isBusy = run.lastLine?.contains("counted nothing in") == true
        #expect(run.exitCode == (isBusy ? 5 : 6), "\(run.output)\(run.errors)")
        let words =
            isBusy ? "alternating, planted-slowdown" : "can't tell on this machine: alternating, planted-slowdown"
        #expect(run.lastLine?.contains(words) == true)
        let pairs = try CSVTable(String(contentsOfFile: "\(workspace.output)/pairs.csv", encoding: .utf8))
        let metrics = try #require(pairs[column: "metric"])
        let sides = try zip(#require(pairs[column: "base"]), #require(pairs[column: "head"]))
        let throughput = zip(metrics, sides).filter { $0.0 == "throughput" }.map(\.1)
        // Of each block a dozen slices at least.
        #expect(throughput.count >= 24 && throughput.allSatisfy { $0.0 != nil && $0.1 != nil })
        let differences = try CSVTable(String(contentsOfFile: "\(workspace.output)/compare.csv", encoding: .utf8))
        #expect(differences[column: "verdict"] == [isBusy ? "missing" : "undecided"])
        #expect(isBusy || differences[column: "blocks"] == ["2"])
    }

    @Test(
        "compare leaves out slices that counted nothing and tells of them, unless they are many",
        arguments: [
            // Of the twenty-five slices of a block; the first request is to warm up.
            ("3|9", 0, "24 pairs of slices (base 0, head 0, both 24) counted nothing and were left out", "pass"),
            ("3|9|12", 5, "counted nothing in 3 of the 25 pairs of block 1", "missing"),
            ("*[02468]", 5, "counted nothing in 12 of the 25 pairs of block 1", "missing"),
        ]
    )
    func silentSlices(silent: String, code: Int, words: String, verdict: String) async throws {
        let workspace = try Workspace()
        // Answers as a tool does, always alike, but for the slices of these numbers.
        let tool = try workspace.write(
            """
            #!/bin/sh
            [ "$2" = --help ] && exit
            echo '{"version": 1, "samples": []}'
            slice=0
            while read -r request; do
              case $slice in \(silent)) value=0;; *) value=1000;; esac
              slice=$((slice + 1))
              echo '{"samples": [{"driver": "threads", "metric": "throughput", "unit": "1/s", "value": '$value'}]}'
            done
            """,
            as: "tool"
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool)
        let scenario = try workspace.write(TinyScenario.alternating(["ring"]).text, as: "alternating.yaml")
        let run = try await Tool.benchmark.run([
            "compare", "--base-tool", tool, "--head-tool", tool, "--scenario", scenario, "--blocks", "12",
            "--output", workspace.output,
        ])
        #expect(run.exitCode == code, "\(run.output)\(run.errors)")
        #expect(run.output.contains("alternating, ring (threads): throughput: \(words)"), "\(run.output)")
        let differences = try CSVTable(String(contentsOfFile: "\(workspace.output)/compare.csv", encoding: .utf8))
        #expect(differences[column: "verdict"] == [verdict])
        // The file has all of them.
        let pairs = try CSVTable(String(contentsOfFile: "\(workspace.output)/pairs.csv", encoding: .utf8))
        #expect(pairs.rows.count == 12 * 25)
    }

    @Test("raise no alarm in recorded pairs of a tool with itself, and say again what was committed of them")
    func recorded() async throws {
        for name in ["same", "slower"] {
            let workspace = try Workspace()
            let run = try await Tool.benchmark.run([
                "compare", "--recorded", "results/comparison/\(name)/pairs.csv", "--trials", "100", "--output",
                workspace.output,
            ])
            #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
            let trials = try CSVTable(String(contentsOfFile: "\(workspace.output)/trials.csv", encoding: .utf8))
            let committed = "\(Tool.packageRoot)/results/comparison/\(name)/trials.csv"
            #expect(try trials == CSVTable(String(contentsOfFile: committed, encoding: .utf8)))
            #expect(try #require(trials[column: "better"]).allSatisfy { $0 == "0" }, "\(trials)")
            guard name == "same" else { continue }
            #expect(try #require(trials[column: "worse"]).allSatisfy { $0 == "0" }, "\(trials)")
        }
    }

    @Test(
        "say what is wrong with the sides",
        arguments: [
            ([], "compare needs one of"), (["a"], "compare needs two folders; got 1"),
            (["--base", "no-such-revision"], "git knows no revision 'no-such-revision'"),
            (["--base-tool", "a"], "need each other"), (["--head", "a"], "compare needs one of"),
            (["--recorded", "/nowhere.csv", "--trials", "3"], "/nowhere.csv: no such file"),
            (["/nowhere/a", "/nowhere/b"], "/nowhere/a: no such folder"),
            (["a", "b", "--metric", "trouhgput"], "did you mean 'throughput'?"),
            (["a", "b", "--trace", "day.csv"], "--trace is for run and gate"),
        ]
    )
    func badSides(arguments: [String], words: String) async throws {
        let run = try await Tool.benchmark.run(["compare"] + arguments)
        #expect(run.exitCode == 64 || run.exitCode == 65, "\(run.output)\(run.errors)")
        #expect(run.lastLine?.contains(words) == true, "\(run.output)")
    }
}
