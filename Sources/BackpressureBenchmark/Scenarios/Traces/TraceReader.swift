/// Reads traffic from a file of any of these formats, told apart by content:
///
/// - comma-separated values with the columns `second` and `requests`,
/// - access logs in Common or Combined Log Format,
/// - either of them packed with gzip.
///
/// Files are read in chunks and line by line: memory does not grow with their size.
package enum TraceReader {
    /// The longest time from the first request of a trace to the last.
    package static let maximumSeconds = 7 * 86_400

    private static let chunkBytes = 1 << 18

    /// The traffic in a file. O(size).
    ///
    /// - Throws: ``InputFileError`` at the first line that can't be used, or on the file as a whole.
    package static func read(path: String) async throws(InputFileError) -> Trace {
        try await read(path: path, gzipSearchPath: nil)
    }

    /// - Parameter gzipSearchPath: folders to look for sh and gzip in; `nil`: those of the environment.
    static func read(path: String, gzipSearchPath: String?) async throws(InputFileError) -> Trace {
        let file = try InputFile(path: path)
        var chunk = try file.read(upToCount: chunkBytes)
        guard !chunk.isEmpty else { throw TraceFormat.emptyFile(path) }
        var parser = TraceParser(path: path)
        if GzipStream.isGzip(chunk) {
            parser = try await GzipStream(path: path, searchPath: gzipSearchPath).unpacked(into: parser)
        } else {
            while !chunk.isEmpty {
                try parser.take(chunk)
                chunk = try file.read(upToCount: chunkBytes)
            }
        }
        return try parser.finish()
    }
}

/// What to say where neither format is found.
enum TraceFormat {
    static let expected =
        "a trace is expected: comma-separated values with the header 'second,requests', or an access log in Common or "
        + "Combined Log Format"

    static func emptyFile(_ path: String) -> InputFileError {
        InputFileError(path: path, message: "the file is empty; \(expected)")
    }
}
