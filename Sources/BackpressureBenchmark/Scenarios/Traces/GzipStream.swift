import Subprocess

/// A gzip file, unpacked by the gzip program as it is read.
struct GzipStream {
    private static let magic: [UInt8] = [0x1F, 0x8B]
    private static let maximumErrorBytes = 1 << 16
    private static let commandNotFound: Int32 = 127
    /// gzip unpacked everything and found bytes behind the end, which it ignored.
    private static let unpackedWithWarning: Int32 = 2

    let path: String
    /// Folders to look for sh and gzip in, separated by colons; `nil`: those of the environment.
    let searchPath: String?

    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    /// Feeds what the file holds to `parser`; memory doesn't grow with it.
    ///
    /// - Throws: ``InputFileError`` of the parser, or if gzip is missing or can't unpack the file.
    func unpacked(into parser: TraceParser) async throws(InputFileError) -> TraceParser {
        // Through a shell, which opens the file itself: gzip refuses a path that doesn't end in .gz.
        let environment = searchPath.map { Environment.inherit.updating(["PATH": $0]) } ?? .inherit
        do {
            let result = try await run(
                .name("sh"),
                arguments: ["-c", "exec gzip -dc <\"$1\"", "sh", path],
                environment: environment,
                input: .none,
                output: .sequence,
                error: .string(limit: Self.maximumErrorBytes)
            ) { process in
                var parser = parser
                for try await chunk in process.standardOutput {
                    try parser.take(chunk.withUnsafeBytes(Array.init))
                }
                return parser
            }
            try check(result.terminationStatus, message: result.standardError)
            return result.closureResult
        } catch let error as InputFileError {
            throw error
        } catch {
            throw InputFileError(path: path, message: "gzip can't be run: \(error); \(Self.wayOut)")
        }
    }

    private static let wayOut = "unpack the file yourself and give the unpacked one"

    private func check(_ status: TerminationStatus, message: String) throws(InputFileError) {
        switch status {
        case .exited(0), .exited(Self.unpackedWithWarning): return
        case .exited(Self.commandNotFound):
            throw InputFileError(
                path: path,
                message: "the file is packed with gzip, which is not installed: install gzip, or \(Self.wayOut)"
            )
        case .exited, .signaled:
            let reason = message.split(separator: "\n").first?.trimmingPrefix("gzip: stdin: ") ?? "it said nothing"
            throw InputFileError(
                path: path,
                message: "gzip can't unpack it (\(reason)); the file is truncated or corrupt: "
                    + "get it anew, and try it with 'gzip -t'"
            )
        }
    }
}
