import BackpressureBenchmark
import Foundation
import Testing

@Suite("The command report")
struct ReportWritingTests {
    @Test("It writes beside the results unless told where, and leaves them alone")
    func places() async throws {
        try await withTemporaryFolder { folder in
            try SmallResults().write(to: folder + "/results")
            let before = try names(folder + "/results")
            let verdict = try run(folder)
            #expect(verdict.exitCode == .pass)
            #expect(try names(folder + "/results") == (before + ["report.html", "summary.md"]).sorted())
            try run(folder, output: folder + "/page", junit: folder + "/ci/junit.xml")
            #expect(try names(folder + "/page") == ["report.html", "summary.md"])
            #expect(try names(folder + "/ci") == ["junit.xml"])
        }
    }

    @Test("It adds to the summary of a step, and leaves what was there")
    func stepSummary() async throws {
        try await withTemporaryFolder { folder in
            try SmallResults().write(to: folder + "/results")
            let file = folder + "/step.md"
            try Data("before\n".utf8).write(to: URL(fileURLWithPath: file))
            try run(folder, stepSummary: file)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.hasPrefix("before\n## ✅ Benchmark: pass"))
            #expect(throws: RunError.self) { try run(folder, stepSummary: folder) }
        }
    }

    @Test("A broken table is a bad input file, and a folder that can't be made a matter of output; nothing is written")
    func errors() async throws {
        try await withTemporaryFolder { folder in
            try SmallResults().write(to: folder + "/results")
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/taken"))
            let output = try #require(throws: RunError.self) { try run(folder, output: folder + "/taken") }
            #expect(output.exitCode == .inputOutput)
            try Data("a,b\n1\n".utf8).write(to: URL(fileURLWithPath: folder + "/results/stress.csv"))
            let input = try #require(throws: RunError.self) { try run(folder) }
            #expect(input.exitCode == .inputFile)
            #expect(input.description.contains("stress.csv:2:1: the row has 1 fields"))
            #expect(try !names(folder + "/results").contains("report.html"))
        }
    }

    @discardableResult
    private func run(
        _ folder: String,
        output: String? = nil,
        junit: String? = nil,
        stepSummary: String? = nil
    ) throws -> Verdict {
        var options = ReportOptions()
        options.results = folder + "/results"
        options.output = output
        options.junit = junit
        options.isForGitHub = stepSummary != nil
        options.stepSummary = stepSummary
        let console = Console(format: .json, showsProgress: false, isVerbose: false)
        return try ReportWriting(options: options, registry: .builtIn, console: console).run()
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
