import Foundation

/// What a result folder holds, read back.
///
/// A file that isn't there is `nil` (a run of one section, a verification alone); a file that is there is right from
/// beginning to end, or reading it fails.
package struct ResultSet: Sendable {
    /// A table that this version knows nothing of but that it is one.
    package struct OtherTable: Sendable, Equatable {
        /// The file's name.
        package var name: String
        package var table: CSVTable
    }

    package let path: String
    package private(set) var comparison: [ComparisonRow]?
    package private(set) var accuracy: [AccuracyRow]?
    package private(set) var stress: [StressRow]?
    package private(set) var memory: [MemoryRow]?
    package private(set) var samples: [SampleRow]?
    package private(set) var verification: [VerifyRow]?
    package private(set) var gate: [GateRow]?
    package private(set) var environment: EnvironmentRecord?
    package private(set) var verdict: Verdict?
    /// Further CSV files, by name.
    package private(set) var others: [OtherTable] = []
    /// The columns of each CSV file, by its name.
    package private(set) var headers: [String: [String]] = [:]
    /// Files of a run that aren't there; `verify.csv` and `gate.csv` are none.
    package private(set) var missing: [String] = []

    // A run of the profile 'full' writes some tens of megabytes.
    private static let maximumBytes = 1 << 29

    /// Reads the folder at `path`; O(size).
    ///
    /// - Throws: ``InputFileError`` with file, line and column of what is wrong, or if the folder holds no result at all.
    package init(path: String) throws(InputFileError) {
        self.path = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw InputFileError(path: path, message: "no such folder; 'run' makes one")
        }
        guard isFolder.boolValue else {
            throw InputFileError(path: path, message: "this is a file; a folder of results is expected")
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        comparison = try rows("comparison.csv")
        accuracy = try rows("accuracy.csv")
        stress = try rows("stress.csv")
        memory = try rows("memory.csv")
        samples = try rows("samples.csv")
        verification = try rows("verify.csv")
        gate = try rows("gate.csv")
        let ofRuns = ["comparison.csv", "accuracy.csv", "stress.csv", "memory.csv", "samples.csv"]
        missing = ofRuns.filter { !names.contains($0) }
        let known = Set(ofRuns + ["verify.csv", "gate.csv"])
        for name in names where name.hasSuffix(".csv") && !name.hasPrefix(".") && !known.contains(name) {
            if let table = try table(name) { others.append(OtherTable(name: name, table: table)) }
        }
        environment = try json("environment.json", as: EnvironmentRecord.self)
        verdict = try json("verdict.json", as: VerdictRecord.self)?.verdict
        missing += ["environment.json", "verdict.json"].filter { !names.contains($0) }
        guard names.contains(where: { known.contains($0) }) || !others.isEmpty || verdict != nil else {
            throw InputFileError(path: path, message: "there are no results in this folder; 'run' makes some")
        }
    }

    /// The rows of one file.
    ///
    /// - Throws: ``InputFileError`` with file, line and column of what is wrong.
    package static func rows<Row: ResultRow>(inFile path: String, of type: Row.Type) throws(InputFileError) -> [Row] {
        let text = try InputFile.text(path: path, maximumBytes: maximumBytes)
        return try ResultRowReader(try table(text, path: path), path: path).rows(type)
    }

    private static func table(_ text: String, path: String) throws(InputFileError) -> CSVTable {
        do throws(CSVError) {
            return try CSVTable(text)
        } catch {
            throw InputFileError(path: path, line: error.line, column: error.column, message: error.message)
        }
    }

    private mutating func rows<Row: ResultRow>(_ name: String) throws(InputFileError) -> [Row]? {
        guard let table = try table(name) else { return nil }
        headers[name] = table.header
        return try ResultRowReader(table, path: file(name)).rows(Row.self)
    }

    private func table(_ name: String) throws(InputFileError) -> CSVTable? {
        guard let text = try text(name) else { return nil }
        return try Self.table(text, path: file(name))
    }

    private func json<Value: Decodable>(_ name: String, as type: Value.Type) throws(InputFileError) -> Value? {
        guard let text = try text(name) else { return nil }
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            if let place = JSONSyntax.firstViolation(in: text) {
                throw InputFileError(
                    path: file(name),
                    line: place.line,
                    column: place.column,
                    message: "this is not JSON"
                )
            }
            throw InputFileError(path: file(name), message: problem(error))
        }
    }

    /// `nil`: there is no such file.
    private func text(_ name: String) throws(InputFileError) -> String? {
        let path = file(name)
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        // A pipe would keep the reader waiting for ever.
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw InputFileError(path: path, message: "this is no regular file")
        }
        return try InputFile.text(path: path, maximumBytes: Self.maximumBytes)
    }

    private func file(_ name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }
}

/// `verdict.json` as it is read.
private struct VerdictRecord: Decodable {
    struct Finding: Decodable {
        var exit_code: ExitCode
        var message: String
    }
    var exit_code: ExitCode
    var reason: String?
    var findings: [Finding]?
    var run_findings: [Finding]?

    var verdict: Verdict {
        func all(_ findings: [Finding]) -> [Verdict.Finding] { findings.map { .init($0.exit_code, $0.message) } }
        var verdict = Verdict(all(findings ?? []), ofRun: run_findings.map(all))
        // What somebody else wrote may have a reason only.
        if verdict.exitCode == .pass, exit_code != .pass {
            verdict.findings = [.init(exit_code, reason ?? "failed, it doesn't say why")]
        }
        return verdict
    }
}

/// What a decoder found wrong with well-formed JSON, in words.
private func problem(_ error: any Error) -> String {
    func path(_ keys: [any CodingKey]) -> String {
        let path = keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? "this" : "'\(path)'"
    }
    guard let error = error as? DecodingError else { return "this can't be read: \(error)" }
    return switch error {
    case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
        "\(path(context.codingPath)) is of another type than expected"
    case .dataCorrupted(let context): "\(path(context.codingPath)) has a value that this version doesn't know"
    @unknown default: "this can't be read: \(error)"
    }
}
