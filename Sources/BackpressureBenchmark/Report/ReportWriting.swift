import Foundation

/// What `report` is asked for.
package struct ReportOptions: Sendable {
    /// The folder to read.
    package var results = "results/latest"
    /// Where `report.html` and `summary.md` go; `nil`: to the results.
    package var output: String?
    /// A file for JUnit XML; `nil`: none.
    package var junit: String?
    /// Whether to print annotations and to add to the summary of the step, as GitHub Actions wants them.
    package var isForGitHub = false
    /// The file that `GITHUB_STEP_SUMMARY` names.
    package var stepSummary: String?

    package init() {}
}

/// The whole of `report`: from a result folder to pages, and files for other programs.
package struct ReportWriting: Sendable {
    /// What GitHub accepts for a step is a mebibyte; other commands of the step may have written to it.
    private static let maximumStepSummaryBytes = 512 << 10

    package let options: ReportOptions
    package let registry: Registry
    package let console: Console

    package init(options: ReportOptions, registry: Registry, console: Console) {
        self.options = options
        self.registry = registry
        self.console = console
    }

    /// Reads, writes and says what it wrote. Passes when that worked, whatever the verdict of the run was.
    ///
    /// - Throws: ``RunError`` if a result file is not as it should be, or if nothing can be written.
    package func run() throws(RunError) -> Verdict {
        let results: ResultSet
        do throws(InputFileError) { results = try ResultSet(path: options.results) } catch {
            throw .inputFile("\(error)")
        }
        let summary = ResultSummary(results, registry)
        let document = SummaryDocument(summary: summary)
        do throws(ResultFolderError) {
            let folder = try ResultFolder(path: options.output ?? options.results)
            try folder.write(ReportPage(summary).document, to: "report.html")
            try folder.write(document.markdown(), to: "summary.md")
            console.say("Wrote report.html and summary.md to \(folder.path).")
            if let junit = options.junit { try writeJUnit(summary.cases, to: junit) }
        } catch {
            throw .output("\(error)")
        }
        if options.isForGitHub { try tellGitHub(summary, document) }
        if !results.missing.isEmpty {
            console.say("Not in \(results.path): \(results.missing.joined(separator: ", ")).")
        }
        console.say("Of the run itself: \(results.verdict?.line ?? "there is no verdict").")
        return Verdict()
    }

    private func writeJUnit(_ cases: [ReportedCase], to path: String) throws(ResultFolderError) {
        let url = URL(fileURLWithPath: path)
        let folder = try ResultFolder(path: url.deletingLastPathComponent().path)
        try folder.write(JUnit.document(cases), to: url.lastPathComponent)
        console.say("Wrote \(cases.count) cases to \(path).")
    }

    private func tellGitHub(_ summary: ResultSummary, _ document: SummaryDocument) throws(RunError) {
        // The verdict has all that keeps a run from passing; its rows would say it twice.
        console.say(GitHubAnnotations.text(summary.results.verdict?.cases(suite: "benchmark") ?? []), terminator: "")
        guard let path = options.stepSummary, !path.isEmpty else {
            console.say("GITHUB_STEP_SUMMARY is not set: no summary was added.")
            return
        }
        try StepSummary.append(document.markdown(maximumBytes: Self.maximumStepSummaryBytes), to: path)
        console.say("Added the summary to that of the step.")
    }
}

/// The file behind the page of a step in GitHub Actions: everybody adds to it.
package enum StepSummary {
    /// Adds `markdown` to the end of the file at `path`, which is made if it isn't there.
    package static func append(_ markdown: String, to path: String) throws(RunError) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .output("\(path): \(String(cString: strerror(errno)))") }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data((markdown + "\n").utf8))
            try handle.close()
        } catch {
            throw .output("\(path): \(error.localizedDescription)")
        }
    }
}
