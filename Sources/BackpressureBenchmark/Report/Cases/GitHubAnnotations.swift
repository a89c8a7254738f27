/// Cases as GitHub Actions shows them beside the code: workflow commands, which the runner reads from standard output.
package enum GitHubAnnotations {
    /// The runner shows ten annotations of a kind for each step and drops the others without a word.
    private static let limit = 10

    /// A line for each case that failed (`error`) or can't be told (`warning`), the last of a kind one that says how many
    /// more there are if they are too many; empty if there is nothing to say. Lines end with a line feed.
    package static func text(_ cases: [ReportedCase]) -> String {
        lines("error", cases.filter { $0.outcome == .fail })
            + lines("warning", cases.filter { $0.outcome == .cannotTell })
    }

    private static func lines(_ kind: String, _ cases: [ReportedCase]) -> String {
        let shown = cases.count > limit ? cases.prefix(limit - 1) : cases[...]
        var text = shown.map { line(kind, $0) }.joined()
        if shown.count < cases.count {
            text += "::\(kind)::" + data("and \(cases.count - shown.count) more; the summary has them all") + "\n"
        }
        return text
    }

    private static func line(_ kind: String, _ one: ReportedCase) -> String {
        let properties = [
            ("file", one.file), ("line", one.file == nil ? nil : one.line.map(String.init)),
            ("title", "\(one.suite): \(one.name)"),
        ].compactMap { name, value in value.map { "\(name)=\(property($0))" } }
        return "::\(kind) \(properties.joined(separator: ","))::" + data(one.message ?? one.outcome.rawValue) + "\n"
    }

    /// What stands after the last colons: a line end would end the command.
    private static func data(_ text: String) -> String {
        // By scalars: a carriage return and a line feed are one character.
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "%": escaped += "%25"
            case "\r": escaped += "%0D"
            case "\n": escaped += "%0A"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }

    private static func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
