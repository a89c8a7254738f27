/// Counts the lines of an access log in Common or Combined Log Format by the second that they bear.
///
/// Only the timestamp is read. Lines may be out of order, as they are where a server writes them when a response ends.
/// Malformed lines are left out up to ``toleratedPercent`` of all lines.
struct AccessLogParser: TraceLineParser {
    static let toleratedPercent = 1
    /// Lines after which a file without a single good one is given up.
    private static let hopelessLines = 1_000

    private let path: String
    private var goodLines = 0
    private var malformedLines = 0
    private var firstMalformed: (line: Int, excerpt: String)?
    /// Requests in each second from ``origin`` on.
    private var counts: [UInt32] = []
    private var origin: Int64 = 0
    private var earliest = Int64.max
    private var latest = Int64.min

    init(path: String) {
        self.path = path
    }

    mutating func take(_ line: Line) throws(InputFileError) {
        guard let second = LogTimestamp.epochSecond(in: line.bytes) else {
            malformedLines += 1
            if firstMalformed == nil { firstMalformed = (line.number, line.excerpt) }
            if goodLines == 0, malformedLines >= Self.hopelessLines { throw notATrace() }
            return
        }
        goodLines += 1
        earliest = min(earliest, second)
        latest = max(latest, second)
        let maximumSeconds = Int64(TraceReader.maximumSeconds)
        guard latest - earliest < maximumSeconds else {
            throw InputFileError(
                path: path,
                line: line.number,
                message: "this request and the others lie \(latest - earliest + 1) s apart; a trace may span at most "
                    + "\(maximumSeconds) s (7 days): cut the log, or correct the date"
            )
        }
        if counts.isEmpty {
            // Whatever comes within the span allowed lies inside, earlier or later.
            origin = second - maximumSeconds + 1
            counts = Array(repeating: 0, count: 2 * TraceReader.maximumSeconds - 1)
        }
        let index = Int(second - origin)
        guard counts[index] < UInt32.max else {
            throw InputFileError(path: path, line: line.number, message: "more than \(UInt32.max) requests in a second")
        }
        counts[index] += 1
    }

    func trace() throws(InputFileError) -> Trace {
        guard goodLines > 0 else { throw notATrace() }
        let lines = goodLines + malformedLines
        if let firstMalformed, malformedLines * 100 > lines * Self.toleratedPercent {
            throw InputFileError(
                path: path,
                line: firstMalformed.line,
                message: "\(malformedLines) of \(lines) lines are not in Common or Combined Log Format, more than the "
                    + "\(Self.toleratedPercent) % tolerated; the first has no timestamp like "
                    + "[13/Jul/1995:08:30:00 -0400] before its request: \(firstMalformed.excerpt)"
            )
        }
        let seconds = counts[Int(earliest - origin)...Int(latest - origin)]
        return Trace(requestsPerSecond: Array(seconds), malformedLines: malformedLines)
    }

    private func notATrace() -> InputFileError {
        let line = firstMalformed?.line
        let found = firstMalformed.map { "; found \($0.excerpt)" } ?? ""
        return InputFileError(path: path, line: line, message: TraceFormat.expected + found)
    }
}
