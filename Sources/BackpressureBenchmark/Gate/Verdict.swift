package import Foundation

/// What a command comes to: its last line, and `verdict.json`.
package struct Verdict: Sendable, Equatable {
    /// Something that keeps a run from passing.
    package struct Finding: Codable, Sendable, Equatable {
        package var exitCode: ExitCode
        package var message: String

        package init(_ exitCode: ExitCode, _ message: String) {
            self.exitCode = exitCode
            self.message = message
        }
    }

    /// All that was found, in the order in which it was found; empty: pass.
    package var findings: [Finding]
    /// Those among them that the run itself found, if somebody judged its results afterwards; `nil`: all of them.
    package var ofRun: [Finding]?

    package init(_ findings: [Finding] = [], ofRun: [Finding]? = nil) {
        self.findings = findings
        self.ofRun = ofRun
    }

    /// The most serious kind of finding decides: wrong results before failed stress before missing figures before a
    /// regression, and what is sure before what can't be told.
    package var exitCode: ExitCode {
        let severity: [ExitCode] = [
            .usage, .inputFile, .inputOutput, .verificationFailed, .stressFailed, .notMeasured, .regression,
            .cannotMeasure,
        ]
        return severity.first { code in findings.contains { $0.exitCode == code } } ?? .pass
    }

    /// `verdict: pass` or `verdict: fail (REASON)`.
    package var line: String {
        guard exitCode != .pass else { return "verdict: pass" }
        let decisive = findings.filter { $0.exitCode == exitCode }
        // One line, whatever the message.
        let reason = (decisive.first?.message ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
        let more = findings.count - 1
        return "verdict: fail (\(reason)\(more > 0 ? "; and \(more) more" : ""))"
    }

    /// The text of `verdict.json`.
    package func json() -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let record = Record(
            verdict: exitCode == .pass ? "pass" : "fail",
            exit_code: exitCode.rawValue,
            reason: exitCode == .pass ? nil : findings.first { $0.exitCode == exitCode }?.message,
            findings: findings.map(Record.Finding.init),
            run_findings: ofRun?.map(Record.Finding.init)
        )
        // Strings and integers can always be encoded.
        return ((try? encoder.encode(record)) ?? Data()) + Data("\n".utf8)
    }

    /// Puts the verdict of a command that failed before it had results in the place of an older one, which would be taken for
    /// its own; where there is none, none is written. What the run found whose results are there stays known.
    package func replaceOlder(in path: String) {
        guard let before = (try? ResultSet(path: path))?.verdict, let folder = try? ResultFolder(path: path) else {
            return
        }
        var verdict = self
        verdict.ofRun = before.ofRun ?? before.findings
        do {
            try folder.write(verdict.json(), to: "verdict.json")
        } catch {
            // Better none than one that isn't its own.
            folder.remove("verdict.json")
        }
    }

    private struct Record: Encodable {
        struct Finding: Encodable {
            var exit_code: Int
            var message: String

            init(_ finding: Verdict.Finding) {
                (exit_code, message) = (finding.exitCode.rawValue, finding.message)
            }
        }
        var verdict: String
        var exit_code: Int
        var reason: String?
        var findings: [Finding]
        var run_findings: [Finding]?
    }
}
