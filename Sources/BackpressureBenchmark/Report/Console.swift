import Foundation

/// Where a command speaks: its results to standard output, everything about its progress to standard error or, on a
/// plain run, to standard output too.
package struct Console: Sendable {
    /// The form of the results on standard output.
    package enum Format: String, CaseIterable, Sendable {
        case text, markdown, json
    }

    package let format: Format
    package let style: Style
    package let showsProgress: Bool
    package let isVerbose: Bool
    /// Columns of the terminal; `nil`: standard output is none.
    package let terminalWidth: Int?

    package init(format: Format, showsProgress: Bool, isVerbose: Bool) {
        self.format = format
        self.isVerbose = isVerbose
        self.showsProgress = showsProgress
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let environment = ProcessInfo.processInfo.environment
        style = Style(isTerminal: isTerminal, environment: environment)
        // A dumb one has no lines that can be rewritten.
        terminalWidth = isTerminal && environment["TERM"] != "dumb" ? Console.width() : nil
    }

    /// Something for people on the way: standard error if standard output is to be read by a program.
    package func say(_ text: String, terminator: String = "\n") {
        write(text + terminator, to: format == .json ? .standardError : .standardOutput)
    }

    /// Part of the results.
    package func show(_ text: String) {
        write(text, to: .standardOutput)
    }

    /// Tables, in the form that was asked for.
    ///
    /// - Throws: ``RunError`` if a figure in them can't be written.
    func show(_ tables: [TextTable]) throws(RunError) {
        switch format {
        case .text:
            for table in tables { show("\n" + table.text(style: style)) }
            show("\n")
        case .markdown:
            for table in tables { show(table.markdown() + "\n") }
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            guard let json = try? encoder.encode(tables) else { throw .output("the tables can't be written as JSON") }
            show(String(decoding: json, as: UTF8.self) + "\n")
        }
    }

    /// Something that went wrong.
    package func complain(_ text: String) {
        write(text + "\n", to: .standardError)
    }

    /// The last line of every command.
    package func conclude(_ verdict: Verdict) {
        let isPass = verdict.exitCode == .pass
        say(isPass ? style.green(verdict.line) : style.red(verdict.line))
    }

    private func write(_ text: String, to handle: FileHandle) {
        // Whoever read this has gone; there is nobody left to tell.
        try? handle.write(contentsOf: Data(text.utf8))
    }

    private static func width() -> Int {
        var size = winsize()
        let status = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size)
        return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
