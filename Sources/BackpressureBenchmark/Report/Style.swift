/// How text on a terminal is set off, if at all.
package struct Style: Sendable, Equatable {
    package var usesColor: Bool

    package static let plain = Style(usesColor: false)
    package static let color = Style(usesColor: true)

    package init(usesColor: Bool) {
        self.usesColor = usesColor
    }

    /// Colour only on a terminal that has it, and not against the user's wish (https://no-color.org).
    package init(isTerminal: Bool, environment: [String: String]) {
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        usesColor = isTerminal && !isRefused && environment["TERM"] != "dumb"
    }

    package func bold(_ text: String) -> String { wrapped(text, in: "1") }
    package func dim(_ text: String) -> String { wrapped(text, in: "2") }
    package func red(_ text: String) -> String { wrapped(text, in: "31") }
    package func green(_ text: String) -> String { wrapped(text, in: "32") }

    private func wrapped(_ text: String, in code: String) -> String {
        usesColor && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
