/// Why a command could not do its work, with the exit code that says which kind of reason it was.
package enum RunError: Error, Sendable, CustomStringConvertible {
    /// The command line asks for something that doesn't exist or makes no sense.
    case usage(String)
    /// Nothing fits what was asked for.
    case nothingToMeasure(String)
    /// This machine or this build can't measure.
    case cannotMeasure(String)
    /// A file that was given is not as it should be.
    case inputFile(String)
    /// Results can't be written.
    case output(String)

    /// The tool's exit code.
    package var exitCode: ExitCode {
        switch self {
        case .usage: .usage
        case .nothingToMeasure: .notMeasured
        case .cannotMeasure: .cannotMeasure
        case .inputFile: .inputFile
        case .output: .inputOutput
        }
    }

    package var description: String {
        switch self {
        case .usage(let text), .nothingToMeasure(let text), .cannotMeasure(let text), .inputFile(let text),
            .output(let text):
            text
        }
    }
}

/// The tool's exit codes.
package enum ExitCode: Int, Codable, Sendable {
    case pass = 0
    case regression = 2
    case verificationFailed = 3
    case stressFailed = 4
    /// Nothing, or not all that was asked for, was measured.
    case notMeasured = 5
    /// The machine cannot measure it.
    case cannotMeasure = 6
    case usage = 64
    case inputFile = 65
    case inputOutput = 74
}
