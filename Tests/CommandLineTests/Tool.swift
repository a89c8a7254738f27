import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// One of the executables that are built beside these tests, run as a user runs it: from the package's root.
struct Tool: Sendable {
    static let benchmark = Tool(name: "backpressure-benchmark")
    /// The same with the implementations that misbehave.
    static let broken = Tool(name: "BrokenImplementations")

    static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static let outputLimit = 4 << 20

    let name: String

    /// What a run came to.
    struct Finished: Sendable {
        /// `nil`: a signal ended it.
        var exitCode: Int?
        var output: String
        var errors: String

        var lastLine: String? { output.split(whereSeparator: \.isNewline).last.map(String.init) }
    }

    typealias Running = Execution<NoInput, SequenceOutput, DiscardedOutput>

    var path: String { Tool.products.appendingPathComponent(name).path }

    func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Finished {
        try await Slots.shared.withOne { try await Tool.run(path, arguments, environment: environment) }
    }

    /// Runs the tool where it has next to nothing to do but wait for the end of a time limit: beside the others, not in turn.
    func runIdle(_ arguments: [String]) async throws -> Finished { try await Tool.run(path, arguments) }

    /// Runs the tool where no file may grow beyond a kilobyte: every longer one fails half-written, as on a full disk.
    func runWithoutSpace(_ arguments: [String]) async throws -> Finished {
        let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""
        return try await Slots.shared.withOne { try await Tool.run("/bin/sh", ["-c", script, path] + arguments) }
    }

    /// Runs the tool in a process group of its own, and hands each line of its output to `observe` as it comes. It doesn't
    /// wait for others to end: these tests have a time limit.
    func run(
        _ arguments: [String],
        observe: @escaping @Sendable (_ line: String, Running) async throws -> Void
    )
        async throws -> Finished
    {
        var options = PlatformOptions()
        options.processGroupID = 0
        let result = try await Subprocess.run(
            .path(FilePath(path)),
            arguments: Arguments(arguments),
            workingDirectory: FilePath(Tool.packageRoot),
            platformOptions: options,
            input: .none,
            output: .sequence,
            error: .discarded
        ) { process in
            var output = ""
            for try await line in process.standardOutput.strings() {
                output += line.hasSuffix("\n") ? line : line + "\n"
                try await observe(line, process)
            }
            return output
        }
        return Finished(exitCode: result.terminationStatus.code, output: result.closureResult, errors: "")
    }

    private static func run(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) async throws -> Finished {
        var variables: [Environment.Key: String?] = [:]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            .path(FilePath(path)),
            arguments: Arguments(arguments),
            environment: .inherit.updating(variables),
            workingDirectory: FilePath(packageRoot),
            output: .string(limit: outputLimit),
            error: .string(limit: outputLimit)
        )
        return Finished(
            exitCode: result.terminationStatus.code,
            output: result.standardOutput,
            errors: result.standardError
        )
    }

    private final class Marker {}

    /// Where the build puts executables and test bundles.
    private static let products: URL = {
        let bundle = Bundle(for: Marker.self).bundleURL
        return bundle.pathExtension == "xctest" ? bundle.deletingLastPathComponent() : bundle
    }()
}

/// How many tools run at once. Each has processes and threads of its own: a hundred of them take no less time together than one
/// after the other, spend more of it turning in circles while they wait for their own threads, and are taken to hang.
private actor Slots {
    /// One more than there are processors, since some only wait.
    static let shared = Slots(ProcessInfo.processInfo.activeProcessorCount + 1)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    nonisolated func withOne<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        await take()
        do {
            let result = try await body()
            await giveBack()
            return result
        } catch {
            await giveBack()
            throw error
        }
    }

    private func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func giveBack() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}

extension TerminationStatus {
    /// The exit code; `nil`: a signal ended the process.
    fileprivate var code: Int? {
        if case .exited(let code) = self { Int(code) } else { nil }
    }
}
