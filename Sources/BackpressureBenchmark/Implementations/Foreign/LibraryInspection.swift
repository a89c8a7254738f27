package import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Finds out what a library offers without opening it: a process of its own does, so that a library whose initialiser
/// crashes or hangs is a bad file and not the end of this process.
package enum LibraryInspection {
    /// What the other process says.
    private enum Answer: Codable {
        case contents(LibraryContents)
        case refused(InputFileError)
    }

    /// Longer than any library should take to load, on a machine however busy.
    private static let timeLimitSeconds: UInt32 = 20

    /// Adds what libraries offer to a registry.
    ///
    /// - Parameter arguments: the words that make this executable print ``answer(path:)`` for the path after them.
    /// - Throws: ``RunError`` if a library can't be used, or if no process can be started.
    package static func load(
        _ paths: [String],
        into registry: Registry,
        arguments: [String]
    ) async throws(RunError) -> Registry {
        var registry = registry
        for path in paths {
            let answer = try await ask(path, arguments)
            do throws(InputFileError) {
                switch answer {
                case .contents(let contents): try registry.register(contents, from: path)
                case .refused(let error): throw error
                }
            } catch {
                throw .inputFile("\(error)")
            }
        }
        return registry
    }

    /// Opens a library in this process, which may not survive that, and returns what the asking process reads.
    package static func answer(path: String) throws -> Data {
        alarm(timeLimitSeconds)
        let answer: Answer
        do throws(InputFileError) {
            answer = .contents(try LibraryContents(of: ForeignLibrary(path: path)))
        } catch {
            answer = .refused(error)
        }
        return try JSONEncoder().encode(answer)
    }

    private static func ask(_ path: String, _ arguments: [String]) async throws(RunError) -> Answer {
        do {
            let result = try await Subprocess.run(
                .path(FilePath(try OwnExecutable.path())),
                arguments: Arguments(arguments + [path]),
                environment: .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]),
                output: .string(limit: 4 << 20),
                error: .string(limit: 1 << 20)
            )
            // A library may print; the answer is the last line.
            let line = result.standardOutput.split(separator: "\n").last.map { Data($0.utf8) } ?? Data()
            let answer = try? JSONDecoder().decode(Answer.self, from: line)
            if let answer, result.terminationStatus == .exited(0) { return answer }
            let said = result.standardError.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
            let how = describe(result.terminationStatus)
            return .refused(InputFileError(path: path, message: "\(how) while it was loaded\(said)"))
        } catch let error as RunError {
            throw error
        } catch {
            throw .cannotMeasure("the process that looks into '\(path)' could not be run: \(error)")
        }
    }

    private static func describe(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "ended its process (exit code \(code))"
        case .signaled(SIGALRM): "hung for \(timeLimitSeconds) s"
        case .signaled(let signal): "crashed (\(signalName(Int(signal))))"
        }
    }
}
