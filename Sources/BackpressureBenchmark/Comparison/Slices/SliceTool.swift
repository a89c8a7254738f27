import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A tool that measures slices when it is asked, seen from the comparison.
final class SliceTool {
    typealias Running = Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>

    private let path: String
    private let running: Running
    private var lines: SubprocessOutputSequence.StringSequence<UTF8>.AsyncIterator

    /// It ended, or said what can't be understood.
    struct Silence: Error {
        var path: String
        /// `nil`: it said nothing.
        var lastLine: String?
        /// Whether that was before it said that it was ready, as of a tool from before there were slices.
        var isFromTheStart: Bool
    }

    /// It couldn't measure, for a reason.
    struct Failure: Error {
        var reason: String
    }

    private init(_ path: String, _ running: Running) {
        self.path = path
        self.running = running
        lines = running.standardOutput.strings(bufferingPolicy: .unbounded).makeAsyncIterator()
    }

    /// Starts the tool for the time of `body`; it ends when that returns.
    static func run<Result: Sendable>(
        _ path: String,
        _ arguments: [String],
        _ body: (SliceTool) async throws -> Result
    ) async throws -> Result {
        try await Subprocess.run(
            .path(FilePath(path)),
            arguments: Arguments([SliceChild.command] + arguments),
            environment: .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]),
            input: .inputWriter,
            output: .sequence,
            error: .discarded
        ) { running in
            let tool = SliceTool(path, running)
            try await tool.waitUntilReady()
            let result = try await body(tool)
            try await running.standardInputWriter.finish()
            return result
        }.closureResult
    }

    private func waitUntilReady() async throws {
        guard try await next(isFromTheStart: true).version == SliceAnswer.version else {
            throw Silence(path: path, lastLine: nil, isFromTheStart: true)
        }
    }

    /// One slice.
    ///
    /// - Throws: ``Failure`` or ``Silence``.
    func measure(_ request: SliceRequest) async throws -> [SliceAnswer.Sample] {
        var line = try JSONEncoder().encode(request)
        line.append(0x0A)
        _ = try await running.standardInputWriter.write([UInt8](line))
        let answer = try await next(isFromTheStart: false)
        if let failure = answer.failure { throw Failure(reason: failure) }
        return answer.samples
    }

    private func next(isFromTheStart: Bool) async throws -> SliceAnswer {
        let line = try await lines.next()
        guard let line, let answer = try? JSONDecoder().decode(SliceAnswer.self, from: Data(line.utf8)) else {
            var last = line
            while let more = try await lines.next() { last = more.isEmpty ? last : more }
            throw Silence(path: path, lastLine: last, isFromTheStart: isFromTheStart)
        }
        return answer
    }
}
