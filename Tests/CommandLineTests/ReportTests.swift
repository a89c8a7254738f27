import Foundation
import Testing

@Suite("report")
struct ReportTests {
    @Test("makes a page, a summary and cases of what a run wrote, and says so")
    func afterRun() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex"])) + ["--repetitions", "1"]
        let run = try await Tool.benchmark.run(["run"] + options)
        #expect(run.output.contains("report --results \(workspace.output)"))
        let page = workspace.path + "/page"
        let report = try await Tool.benchmark.run([
            "report", "--results", workspace.output, "--output", page, "--junit", page + "/junit.xml",
        ])
        #expect(report.exitCode == 0 && report.lastLine == "verdict: pass")
        #expect(report.output.contains("Wrote report.html and summary.md to \(page)."))
        #expect(report.output.contains("Of the run itself: verdict: pass."))
        let names = workspace.contents.filter { $0.hasPrefix("page/") }
        #expect(names == ["page/junit.xml", "page/report.html", "page/summary.md"])
    }

    @Test("tells GitHub what was found, and passes though the run did not")
    func github() async throws {
        let workspace = try Workspace()
        try workspace.write("a\n1\n", as: "own.csv")
        try workspace.write(
            "{\"exit_code\": 4, \"findings\": [{\"exit_code\": 4, \"message\": \"flood: it drowned\"}]}",
            as: "verdict.json"
        )
        let step = workspace.path + "/step.md"
        let run = try await Tool.benchmark.run(
            ["report", "--results", workspace.path, "--github"],
            environment: ["GITHUB_STEP_SUMMARY": step]
        )
        #expect(run.exitCode == 0)
        #expect(run.output.contains("\n::error title=benchmark%3A finding 1::flood: it drowned\n"))
        #expect(run.output.contains("Of the run itself: verdict: fail (flood: it drowned)."))
        #expect(try String(contentsOfFile: step, encoding: .utf8).hasPrefix("## ❌ Benchmark: fail"))
    }

    @Test("names the place of what is wrong in a file, and writes nothing")
    func malformed() async throws {
        let workspace = try Workspace()
        try workspace.write("scenario,implementation,elapsed_ns\nflood,ring,soon\n", as: "memory.csv")
        let run = try await Tool.benchmark.run(["report", "--results", workspace.path])
        #expect(run.exitCode == 65)
        #expect(run.lastLine?.contains("memory.csv:2:12: elapsed_ns is 'soon'") == true)
        #expect(workspace.contents == ["memory.csv"])
    }

    @Test("refuses a folder that isn't there, one without results, and empty paths")
    func usage() async throws {
        let workspace = try Workspace()
        for (arguments, code) in [
            (["--results", workspace.path + "/none"], 65), (["--results", workspace.path], 65),
            (["--results", ""], 64), (["--junit", ""], 64), (["--profile", "quick"], 64),
        ] {
            let run = try await Tool.benchmark.run(["report"] + arguments)
            #expect(run.exitCode == code && run.lastLine?.hasPrefix("verdict: fail (") == true, "\(arguments)")
        }
    }
}
