import ArgumentParser
import BackpressureBenchmark
import Foundation

/// `report`: a page and a summary from a result folder.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write report.html and summary.md from a result folder.",
        discussion: """
            report.html needs nothing but a browser: no network, no server.

            Examples:
              swift package benchmark report
              swift package benchmark report --results results/baseline --output /tmp/report
              swift package benchmark report --junit results/latest/junit.xml
              swift package benchmark report --github
            """
    )

    @Option(help: ArgumentHelp("The folder that a run wrote.", valueName: "dir"))
    var results = "results/latest"

    @Option(help: ArgumentHelp("Where to write to (default: to the results).", valueName: "dir"))
    var output: String?

    @Option(help: ArgumentHelp("Write this file too, as JUnit XML.", valueName: "file"))
    var junit: String?

    @Flag(help: "Print annotations for GitHub Actions, and add the summary to $GITHUB_STEP_SUMMARY.")
    var github = false

    func validate() throws {
        if results.isEmpty { throw ValidationError("--results needs the path of a folder") }
        if output?.isEmpty == true { throw ValidationError("--output needs the path of a folder") }
        if junit?.isEmpty == true { throw ValidationError("--junit needs the path of a file") }
    }

    func run() async throws {
        var options = ReportOptions()
        options.results = results
        options.output = output
        options.junit = junit
        options.isForGitHub = github
        options.stepSummary = ProcessInfo.processInfo.environment["GITHUB_STEP_SUMMARY"]
        let console = Console(format: .text, showsProgress: false, isVerbose: false)
        let verdict = try ReportWriting(options: options, registry: BenchmarkTool.registry, console: console).run()
        console.conclude(verdict)
        throw CommandEnded(exitCode: verdict.exitCode)
    }
}
