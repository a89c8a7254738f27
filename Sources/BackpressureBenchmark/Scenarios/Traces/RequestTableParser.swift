/// Reads comma-separated values with the columns `second` and `requests`, in any order and among others.
///
/// Seconds count from the start of the trace, which is 0. They may be left out, which means no request, but must rise.
struct RequestTableParser: TraceLineParser {
    private static let columns = ["second", "requests"]

    private let path: String
    private let columnCount: Int
    private let secondColumn: Int
    private let requestsColumn: Int
    private var requestsPerSecond: [UInt32] = []

    /// - Returns: `nil` if the line names neither column, so that it isn't the header of such a table.
    /// - Throws: ``InputFileError`` if it names one of them alone, or one of them twice.
    init?(header: Line, path: String) throws(InputFileError) {
        let names = Self.fields(of: header).map { String(decoding: $0.bytes, as: UTF8.self).lowercased() }
        guard Self.columns.contains(where: names.contains) else { return nil }
        for column in Self.columns {
            let count = names.count { $0 == column }
            guard count == 1 else {
                throw InputFileError(
                    path: path,
                    line: header.number,
                    column: 1,
                    message: "the header has \(count == 0 ? "no" : "more than one") column '\(column)' "
                        + "(found: \(names.joined(separator: ","))); 'second,requests' is expected"
                )
            }
        }
        self.path = path
        columnCount = names.count
        secondColumn = names.firstIndex(of: Self.columns[0]) ?? 0
        requestsColumn = names.firstIndex(of: Self.columns[1]) ?? 0
    }

    mutating func take(_ line: Line) throws(InputFileError) {
        if let requests = plainRequests(line) {
            requestsPerSecond.append(requests)
            return
        }
        let fields = Self.fields(of: line)
        guard fields.count == columnCount else {
            throw InputFileError(
                path: path,
                line: line.number,
                column: 1,
                message: "the row has \(fields.count) fields, the header has \(columnCount)"
            )
        }
        let second = try number(fields[secondColumn], "second", in: 0...(TraceReader.maximumSeconds - 1), line: line)
        let requests = try number(fields[requestsColumn], "requests", in: 0...Int(UInt32.max), line: line)
        guard second >= requestsPerSecond.count else {
            let last = requestsPerSecond.count - 1
            throw InputFileError(
                path: path,
                line: line.number,
                column: fields[secondColumn].column,
                message: "second \(second) follows second \(last); each second may stand once, in rising order"
            )
        }
        let skipped = second - requestsPerSecond.count
        requestsPerSecond.append(contentsOf: repeatElement(0, count: skipped))
        requestsPerSecond.append(UInt32(requests))
    }

    /// The requests of the next second, if that is all there is to the line: two numbers, as in nearly each of a day's.
    ///
    /// - Returns: `nil`: the line needs a closer look, and may be wrong.
    private func plainRequests(_ line: Line) -> UInt32? {
        // So few digits are no number that an Int can't hold.
        guard columnCount == 2, line.bytes.count <= 18 else { return nil }
        return line.bytes.withUnsafeBufferPointer { bytes in
            var (before, number) = (0, 0)
            var (isSecondField, hasDigit) = (false, false)
            for byte in bytes {
                if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                    number = number * 10 + Int(byte - UInt8(ascii: "0"))
                    hasDigit = true
                } else if byte == UInt8(ascii: ","), hasDigit, !isSecondField {
                    (before, number) = (number, 0)
                    (isSecondField, hasDigit) = (true, false)
                } else {
                    return nil
                }
            }
            guard isSecondField, hasDigit else { return nil }
            let (second, requests) = secondColumn == 0 ? (before, number) : (number, before)
            guard second == requestsPerSecond.count, second < TraceReader.maximumSeconds else { return nil }
            return UInt32(exactly: requests)
        }
    }

    func trace() throws(InputFileError) -> Trace { Trace(requestsPerSecond: requestsPerSecond) }

    private struct Field {
        let bytes: ArraySlice<UInt8>
        /// From 1.
        let column: Int
    }

    private static func fields(of line: Line) -> [Field] {
        line.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { field in
            Field(bytes: unquoted(field), column: field.startIndex - line.bytes.startIndex + 1)
        }
    }

    private static func unquoted(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var field = field
        while field.first == UInt8(ascii: " ") { field.removeFirst() }
        while field.last == UInt8(ascii: " ") { field.removeLast() }
        let quote = UInt8(ascii: "\"")
        return field.count >= 2 && field.first == quote && field.last == quote ? field.dropFirst().dropLast() : field
    }

    private func number(
        _ field: Field,
        _ column: String,
        in range: ClosedRange<Int>,
        line: Line
    ) throws(InputFileError) -> Int {
        guard let number = Int(String(decoding: field.bytes, as: UTF8.self)), range.contains(number) else {
            let found = Line(number: line.number, bytes: field.bytes).excerpt
            throw InputFileError(
                path: path,
                line: line.number,
                column: field.column,
                message: "'\(column)' is \(found); allowed: an integer from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}
