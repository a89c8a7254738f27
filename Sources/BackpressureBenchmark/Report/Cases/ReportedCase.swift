/// One thing that a command looked at, and what came of it, in a form that says nothing of what it was.
///
/// Whatever judges something makes these; ``JUnit`` and ``GitHubAnnotations`` write them down for other programs.
package struct ReportedCase: Sendable, Equatable {
    package enum Outcome: String, Codable, Sendable, CaseIterable {
        case pass, fail, skipped
        /// It was looked at, and what was seen doesn't suffice to say pass or fail. Never a pass.
        case cannotTell = "cannot tell"
    }

    /// What belongs together: a section, or the command's name.
    package var suite: String
    /// Unique within the suite.
    package var name: String
    /// How long it took; `nil`: not known.
    package var seconds: Double?
    package var outcome: Outcome
    /// Why, or how to see it again. The first line alone must be enough to understand it.
    package var message: String?
    /// The file to look at, relative to the repository's root.
    package var file: String?
    /// In `file`, from 1.
    package var line: Int?

    package init(
        suite: String,
        name: String,
        outcome: Outcome,
        message: String? = nil,
        seconds: Double? = nil,
        file: String? = nil,
        line: Int? = nil
    ) {
        self.suite = suite
        self.name = name
        self.seconds = seconds
        self.outcome = outcome
        self.message = message
        self.file = file
        self.line = line
    }

    /// The first line of the message.
    var headline: String? {
        message?.split(whereSeparator: \.isNewline).first.map(String.init)
    }
}

extension Verdict {
    /// The verdict as cases of the suite `suite`: one for each finding, or one that passes.
    ///
    /// A machine that can't measure is no failure of what should have been measured: the case can't tell.
    package func cases(suite: String) -> [ReportedCase] {
        guard exitCode != .pass else { return [ReportedCase(suite: suite, name: "verdict", outcome: .pass)] }
        return findings.enumerated().map { index, finding in
            ReportedCase(
                suite: suite,
                name: "finding \(index + 1)",
                outcome: finding.exitCode == .cannotMeasure ? .cannotTell : .fail,
                message: finding.message
            )
        }
    }
}
