import Foundation

/// A line of a file, without its end.
struct Line {
    /// From 1.
    let number: Int
    let bytes: ArraySlice<UInt8>

    var isBlank: Bool { bytes.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }

    /// The beginning of the line, fit for a message.
    var excerpt: String {
        let longest = 60
        let text = String(decoding: bytes.prefix(longest), as: UTF8.self).unicodeScalars
        let printable = text.map { $0.properties.generalCategory == .control ? "·" : Character($0) }
        return "'" + String(printable) + (bytes.count > longest ? "…'" : "'")
    }
}

/// Cuts the bytes of a file, which come in chunks, into lines that end in LF or CRLF. A byte order mark is skipped.
///
/// Holds one unfinished line at most, so memory is bounded by ``maximumLineBytes``.
struct LineSplitter: Sendable {
    static let maximumLineBytes = 1 << 16
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let path: String
    private var number = 0
    private var unfinished: [UInt8] = []

    init(path: String) {
        self.path = path
    }

    /// Hands over each line that ends in `chunk`.
    mutating func split(
        _ chunk: [UInt8],
        _ body: (Line) throws(InputFileError) -> Void
    ) throws(InputFileError) {
        var start = 0
        while let end = Self.lineEnd(in: chunk, from: start) {
            if unfinished.isEmpty {
                try body(try line(chunk[start..<end]))
            } else {
                unfinished += chunk[start..<end]
                let whole = unfinished
                unfinished.removeAll()
                try body(try line(whole[...]))
            }
            start = end + 1
        }
        unfinished += chunk[start...]
        guard unfinished.count <= Self.maximumLineBytes else { throw tooLong(line: number + 1) }
    }

    private static func lineEnd(in chunk: [UInt8], from start: Int) -> Int? {
        guard start < chunk.count else { return nil }
        return chunk.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let end = memchr(base + start, 0x0A, bytes.count - start) else {
                return nil
            }
            return base.distance(to: end)
        }
    }

    /// The line that the file ends in without a line end; `nil` if there is none.
    mutating func last() throws(InputFileError) -> Line? {
        guard !unfinished.isEmpty else { return nil }
        defer { unfinished.removeAll() }
        return try line(unfinished[...])
    }

    private mutating func line(_ bytes: ArraySlice<UInt8>) throws(InputFileError) -> Line {
        number += 1
        guard bytes.count <= Self.maximumLineBytes else { throw tooLong(line: number) }
        var bytes = bytes
        if number == 1, bytes.starts(with: Self.byteOrderMark) { bytes.removeFirst(Self.byteOrderMark.count) }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return Line(number: number, bytes: bytes)
    }

    private func tooLong(line: Int) -> InputFileError {
        InputFileError(
            path: path,
            line: line,
            message: "the line is longer than the \(Self.maximumLineBytes) bytes allowed; \(TraceFormat.expected)"
        )
    }
}
