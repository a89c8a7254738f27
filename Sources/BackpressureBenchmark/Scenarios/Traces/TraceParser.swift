/// Makes a trace of the bytes of a file, which come in chunks.
struct TraceParser: Sendable {
    private let path: String
    private var lines: LineSplitter
    private var content: TraceContent

    init(path: String) {
        self.path = path
        lines = LineSplitter(path: path)
        content = TraceContent(path: path)
    }

    mutating func take(_ chunk: [UInt8]) throws(InputFileError) {
        try lines.split(chunk) { line throws(InputFileError) in try content.take(line) }
    }

    /// To be called once, after the last chunk.
    mutating func finish() throws(InputFileError) -> Trace {
        if let line = try lines.last() { try content.take(line) }
        let trace = try content.trace()
        guard trace.total > 0 else {
            throw InputFileError(path: path, message: "the trace holds no request: there is nothing to replay")
        }
        return trace
    }
}

/// Reads the lines of a trace file.
protocol TraceLineParser: Sendable {
    mutating func take(_ line: Line) throws(InputFileError)

    /// What the lines so far amount to.
    func trace() throws(InputFileError) -> Trace
}

/// Reads lines in the format that the first one tells. Blank lines mean nothing.
private struct TraceContent: TraceLineParser {
    let path: String
    private var format: (any TraceLineParser)?

    init(path: String) {
        self.path = path
    }

    mutating func take(_ line: Line) throws(InputFileError) {
        guard !line.isBlank else { return }
        if format == nil, let table = try RequestTableParser(header: line, path: path) {
            format = table
            return
        }
        if format == nil { format = AccessLogParser(path: path) }
        try format?.take(line)
    }

    func trace() throws(InputFileError) -> Trace {
        guard let format else { throw TraceFormat.emptyFile(path) }
        return try format.trace()
    }
}
