import Foundation

/// A folder of results read back.
package struct RecordedResults: Sendable {
    package let folder: String
    package let profile: String?
    package let environment: EnvironmentRecord?
    package let comparison: RecordedTable
    package let accuracy: RecordedTable?
    package let stress: RecordedTable?
    package let verify: RecordedTable?
    /// By what they are of; in the order of the file.
    package let series: [Series.Key: Series]
    /// What the run itself came to; empty: it passed.
    package let findings: [Verdict.Finding]

    /// The values of one metric, block by block.
    package struct Series: Sendable, Equatable {
        package struct Key: Hashable, Sendable, Comparable {
            package var scenario: String
            package var driver: String
            package var implementation: String
            package var metric: String

            package static func < (first: Self, second: Self) -> Bool {
                (first.scenario, first.driver, first.implementation, first.metric)
                    < (second.scenario, second.driver, second.implementation, second.metric)
            }
        }
        package var values: [Int: Double]
    }

    /// - Throws: ``InputFileError``: no such folder, a file missing that every run writes, or one that can't be used.
    package init(folder: String) throws(InputFileError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw InputFileError(
                path: folder,
                message: "there is no such folder of results; make it with 'run --output \(folder)'"
            )
        }
        self.folder = folder
        func path(_ name: String) -> String { folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }
        func optional<Type: ResultRow>(_ name: String, _ type: Type.Type) throws(InputFileError) -> RecordedTable? {
            guard FileManager.default.fileExists(atPath: path(name)) else { return nil }
            return try RecordedTable(path: path(name), of: type)
        }
        comparison = try RecordedTable(path: path("comparison.csv"), of: ComparisonRow.self)
        accuracy = try optional("accuracy.csv", AccuracyRow.self)
        stress = try optional("stress.csv", StressRow.self)
        verify = try optional("verify.csv", VerifyRow.self)
        series = try Self.series(RecordedTable(path: path("samples.csv"), of: SampleRow.self))
        environment = try Self.environment(path("environment.json"))
        profile = environment?.profile
        findings = try Self.findings(path("verdict.json"))
    }

    private static func series(_ table: RecordedTable) throws(InputFileError) -> [Series.Key: Series] {
        var series: [Series.Key: Series] = [:]
        for row in table.rows {
            let key = Series.Key(
                scenario: try row.text("scenario"),
                driver: try row.text("driver"),
                implementation: try row.text("implementation"),
                metric: try row.text("metric")
            )
            // What wasn't measured is missing in its block; whoever needs it finds out.
            guard let value = try row.number("value") else { continue }
            series[key, default: Series(values: [:])].values[try row.integer("block")] = value
        }
        return series
    }

    private static func environment(_ path: String) throws(InputFileError) -> EnvironmentRecord {
        let text = try InputFile.text(path: path, maximumBytes: 1 << 20)
        do {
            return try JSONDecoder().decode(EnvironmentRecord.self, from: Data(text.utf8))
        } catch {
            throw InputFileError(path: path, message: "this is not the 'environment.json' of a run; measure it anew")
        }
    }

    private struct WrittenVerdict: Decodable {
        struct Finding: Decodable {
            var exit_code: Int
            var message: String
        }
        var findings: [Finding]
    }

    private static func findings(_ path: String) throws(InputFileError) -> [Verdict.Finding] {
        let text = try InputFile.text(path: path, maximumBytes: 16 << 20)
        guard let written = try? JSONDecoder().decode(WrittenVerdict.self, from: Data(text.utf8)) else {
            throw InputFileError(path: path, message: "this is not the 'verdict.json' of a run; measure it anew")
        }
        return written.findings.map { .init(ExitCode(rawValue: $0.exit_code) ?? .notMeasured, $0.message) }
    }
}
