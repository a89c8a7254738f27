/// A folder of results as a comparison needs it: whole, and written by this version of the suite.
package struct RecordedResults: Sendable {
    package let files: ResultSet
    package let environment: EnvironmentRecord
    package let comparison: [ComparisonRow]
    /// By what they are of: the values of one metric, block by block.
    package let series: [Series: [Int: Double]]
    /// What keeps the run itself from passing.
    package let findings: [Verdict.Finding]

    /// What a row of `samples.csv` is a value of.
    package struct Series: Hashable, Sendable {
        package var scenario: String
        package var driver: Scenario.Driver
        package var implementation: String
        package var metric: String
    }

    package var folder: String { files.path }
    package var profile: String { environment.profile }

    /// - Throws: ``InputFileError``: no such folder, a file missing that every run writes, one that can't be used, or one
    ///   with other columns than this version has.
    package init(folder: String) throws(InputFileError) {
        let set = try ResultSet(path: folder)
        files = set
        guard let environment = set.environment, let comparison = set.comparison, let samples = set.samples,
            let verdict = set.verdict
        else {
            throw InputFileError(
                path: folder,
                message: "\(set.missing.joined(separator: ", ")) missing; measure it anew with 'run --output \(folder)'"
            )
        }
        try Self.check(set, "comparison.csv", ComparisonRow.self)
        try Self.check(set, "samples.csv", SampleRow.self)
        try Self.check(set, "accuracy.csv", AccuracyRow.self)
        try Self.check(set, "stress.csv", StressRow.self)
        try Self.checkWhole(set, samples, comparison)
        self.environment = environment
        self.comparison = comparison
        findings = verdict.ofRun ?? verdict.findings
        series = samples.reduce(into: [:]) { series, row in
            let key = Series(
                scenario: row.scenario,
                driver: row.driver,
                implementation: row.implementation,
                metric: row.metric
            )
            // A figure that was none is written as nothing. The block is still there: to leave it out would be to judge by the
            // others.
            series[key, default: [:]][row.block] = row.value ?? .nan
        }
    }

    /// A file that was cut short between two rows reads well, and what is gone from it would be held to nothing.
    private static func checkWhole(
        _ set: ResultSet,
        _ samples: [SampleRow],
        _ comparison: [ComparisonRow]
    ) throws(InputFileError) {
        let main = [Metric.throughput.name, Metric.idleCPU.name]
        let blocks = samples.reduce(into: [Series: Set<Int>]()) { blocks, row in
            guard main.contains(row.metric) else { return }
            let key = Series(
                scenario: row.scenario,
                driver: row.driver,
                implementation: row.implementation,
                metric: ""
            )
            blocks[key, default: []].insert(row.block)
        }
        for row in comparison {
            let key = Series(
                scenario: row.scenario,
                driver: row.driver,
                implementation: row.implementation,
                metric: ""
            )
            let found = blocks[key]?.count ?? 0
            guard found != row.repetitions else { continue }
            throw InputFileError(
                path: set.path + (set.path.hasSuffix("/") ? "" : "/") + "samples.csv",
                message: "has \(found) of the \(row.repetitions) repetitions that comparison.csv has of \(row.label): "
                    + "one of the files was cut short; measure it anew"
            )
        }
    }

    private static func check<Row: ResultRow>(
        _ set: ResultSet,
        _ name: String,
        _ type: Row.Type
    ) throws(InputFileError) {
        let expected = Row.columns.map(\.name)
        guard let header = set.headers[name], header != expected else { return }
        let missing = expected.filter { !header.contains($0) }
        let unknown = header.filter { !expected.contains($0) }
        let differences =
            [("missing", missing), ("unknown", unknown)].filter { !$0.1.isEmpty }
            .map { "\($0.0): \($0.1.joined(separator: ", "))" }
        let what = differences.isEmpty ? "their order is another" : differences.joined(separator: "; ")
        throw InputFileError(
            path: set.path + (set.path.hasSuffix("/") ? "" : "/") + name,
            line: 1,
            message: "these are the columns of another version of the suite (\(what)); measure it anew"
        )
    }
}
