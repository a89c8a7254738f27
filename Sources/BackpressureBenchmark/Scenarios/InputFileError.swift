/// A file that was given to the suite and can't be used: which, where in it, what was found and what is allowed.
///
/// The tool prints ``description`` and ends with exit code 65.
package struct InputFileError: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// As it was given, or as it stood in the file that named it.
    package var path: String
    /// From 1; `nil`: the file as a whole.
    package var line: Int?
    /// In characters (Unicode scalars), from 1; `nil`: the line as a whole.
    package var column: Int?
    package var message: String

    package init(path: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
    }

    /// `path:line:column: message`, as compilers write it, so that editors can jump there.
    package var description: String {
        ([path] + [line, column].compactMap { $0?.description }).joined(separator: ":") + ": " + message
    }
}

/// A position in an input file, kept for an error that may be found later.
struct InputPlace: Sendable, Equatable {
    var path: String
    var line: Int?
    var column: Int?

    func error(_ message: String) -> InputFileError {
        InputFileError(path: path, line: line, column: column, message: message)
    }
}
