/// Comma-separated values as RFC 4180 has them: CRLF line ends, a header row, quotes where a field needs them.
///
/// A missing value is an empty field. Reading and writing are inverse but for that: an empty text comes back as missing.
package enum CSV {
    /// The file that holds `rows` under `header`; O(size).
    package static func text(header: [String], rows: some Sequence<[String?]>) -> String {
        var text = line(header)
        for row in rows { text += line(row) }
        return text
    }

    // The byte order mark, because at the beginning of the file it would be taken for the file's own.
    private static let needingQuotes: Set<Unicode.Scalar> = [",", "\"", "\r", "\n", "\u{FEFF}"]

    private static func line(_ fields: [String?]) -> String {
        fields.map { $0.map(quoted) ?? "" }.joined(separator: ",") + "\r\n"
    }

    private static func quoted(_ field: String) -> String {
        guard field.unicodeScalars.contains(where: { needingQuotes.contains($0) }) else { return field }
        // By scalars: a combining mark after a quote makes another character of it, but not another quote.
        var quoted = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in field.unicodeScalars {
            if scalar == "\"" { quoted.append(scalar) }
            quoted.append(scalar)
        }
        quoted.append("\"")
        return String(quoted)
    }
}

/// What makes a text no table of comma-separated values, and where.
package struct CSVError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    /// In characters (Unicode scalars), from 1.
    package var column: Int
    package var message: String

    package var description: String { "line \(line), column \(column): \(message)" }
}

/// Where something stands in a file, from 1; columns in characters (Unicode scalars).
package struct CSVPlace: Sendable, Equatable {
    package var line: Int
    package var column: Int
}

/// A table read from comma-separated values.
package struct CSVTable: Sendable, Equatable {
    package var header: [String]
    /// As many fields as the header has, each; `nil`: missing.
    package var rows: [[String?]]
    /// Where each field of each row begins.
    package private(set) var places: [[CSVPlace]]
    /// Where each name of the header begins.
    package private(set) var headerPlaces: [CSVPlace]

    /// Reads `text`, with CRLF or LF line ends; a byte order mark is skipped. O(size).
    ///
    /// - Throws: ``CSVError`` at the first character that breaks RFC 4180, at a row that is longer or shorter than the
    ///   header, at a column name that is empty or taken, or if there is no header.
    package init(_ text: String) throws(CSVError) {
        var parser = CSVParser(text)
        guard let names = try parser.nextRecord() else {
            throw CSVError(line: 1, column: 1, message: "the file is empty; a header row is expected")
        }
        header = []
        headerPlaces = []
        for field in names {
            guard !field.text.isEmpty else { throw field.error("a column has no name") }
            guard !header.contains(field.text) else { throw field.error("the column '\(field.text)' is there twice") }
            header.append(field.text)
            headerPlaces.append(field.place)
        }
        rows = []
        places = []
        while let record = try parser.nextRecord() {
            guard record.count == header.count else {
                let place = record.count > header.count ? record[header.count] : record[record.count - 1]
                throw place.error("the row has \(record.count) fields, the header has \(header.count)")
            }
            rows.append(record.map { $0.text.isEmpty ? nil : $0.text })
            places.append(record.map(\.place))
        }
    }

    /// The values of a column from top to bottom; `nil` if there is no such column.
    package subscript(column name: String) -> [String?]? {
        header.firstIndex(of: name).map { index in rows.map { $0[index] } }
    }
}

private struct CSVParser {
    struct Field {
        var text: String
        var line: Int
        var column: Int

        var place: CSVPlace { CSVPlace(line: line, column: column) }

        func error(_ message: String) -> CSVError { CSVError(line: line, column: column, message: message) }
    }

    private static let byteOrderMark: Unicode.Scalar = "\u{FEFF}"

    private var rest: Substring.UnicodeScalarView
    private var line = 1
    private var column = 1

    init(_ text: String) {
        rest = text[...].unicodeScalars
        if rest.first == Self.byteOrderMark { rest.removeFirst() }
    }

    /// The fields up to the next line end; `nil` at the end of the text.
    mutating func nextRecord() throws(CSVError) -> [Field]? {
        guard !rest.isEmpty else { return nil }
        var fields = [try nextField()]
        while take(",") { fields.append(try nextField()) }
        if take("\r") {
            guard rest.first == "\n" else { throw error("a line feed must follow a carriage return outside quotes") }
        }
        _ = take("\n")
        return fields
    }

    private mutating func nextField() throws(CSVError) -> Field {
        var field = Field(text: "", line: line, column: column)
        guard take("\"") else {
            while let scalar = rest.first, scalar != ",", scalar != "\r", scalar != "\n" {
                guard scalar != "\"" else { throw error("a quote inside a field that doesn't start with one") }
                field.text.unicodeScalars.append(advance())
            }
            return field
        }
        while true {
            guard !rest.isEmpty else { throw field.error("the quote that opens here is never closed") }
            if take("\"") {
                guard rest.first == "\"" else { break }
            }
            field.text.unicodeScalars.append(advance())
        }
        if let scalar = rest.first, scalar != ",", scalar != "\r", scalar != "\n" {
            throw error("a comma or the end of the line is expected after the closing quote")
        }
        return field
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        _ = advance()
        return true
    }

    private mutating func advance() -> Unicode.Scalar {
        let scalar = rest.removeFirst()
        if scalar == "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
        return scalar
    }

    private func error(_ message: String) -> CSVError { CSVError(line: line, column: column, message: message) }
}
