import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("Summary for a pull request")
struct SummaryDocumentTests {
    @Test("It has the verdict, what was measured, folded tables, and what to do next")
    func golden() async throws {
        var results = SmallResults()
        results.comparison.removeAll { $0.implementation == SmallResults.nasty }
        results.verdict = Verdict([.init(.stressFailed, "flood: mutex ran out of *memory*")])
        let summary = ResultSummary(try await results.read(), .builtIn)
        let golden = try String(contentsOfFile: packageFolder + "Fixtures/golden/summary.md", encoding: .utf8)
        #expect(SummaryDocument(summary: summary).markdown() == golden)
    }

    @Test("Names can't become markup")
    func escaping() async throws {
        let summary = ResultSummary(try await SmallResults().read(), .builtIn)
        let text = SummaryDocument(summary: summary).markdown()
        #expect(text.contains("\\</svg>\\<script>"))
        #expect(!text.contains(/[^\\]<script/))
    }

    @Test("Where it is too long it does without its tables and says so")
    func limit() async throws {
        let summary = ResultSummary(try await SmallResults().read(), .builtIn)
        let text = SummaryDocument(summary: summary).markdown(maximumBytes: 1_000)
        #expect(!text.contains("<details>") && text.contains("report.html has them"))
        #expect(text.contains("What to do next"))
    }

    @Test(
        "The next steps follow from the findings",
        arguments: [
            (ExitCode.verificationFailed, "verify --seed 7"), (.stressFailed, "stress --seed 7"),
            (.notMeasured, "run it again"),
            (.cannotMeasure, "quieter"), (.regression, "compare --base main"), (.usage, "did not get as far"),
        ]
    )
    func nextSteps(code: ExitCode, words: String) async throws {
        var results = SmallResults()
        results.verdict = Verdict([.init(code, "x")])
        let lines = NextSteps(try await results.read()).lines
        #expect(lines.count == 1 && lines.first?.contains(words) == true)
    }
}

/// The package's root, with a slash at the end.
private let packageFolder = String(resultsFolder.dropLast("results/".count))
