/// The traces that were read so far, so that scenarios which replay the same file have it read once.
struct TraceFiles {
    private var traces: [String: Trace] = [:]

    /// The traffic in a file. O(size) the first time.
    ///
    /// - Throws: ``InputFileError`` at the first line that can't be used, or on the file as a whole.
    mutating func trace(path: String) async throws(InputFileError) -> Trace {
        if let trace = traces[path] { return trace }
        let trace = try await TraceReader.read(path: path)
        traces[path] = trace
        return trace
    }
}
