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

/// A table read from comma-separated values.
package struct CSVTable: Sendable, Equatable {
    package var header: [String]
    /// As many fields as the header has, each; `nil`: missing.
    package var rows: [[String?]]

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
        for field in names {
            guard !field.text.isEmpty else { throw field.error("a column has no name") }
            guard !header.contains(field.text) else { throw field.error("the column '\(field.text)' is there twice") }
            header.append(field.text)
        }
        rows = []
        while let record = try parser.nextRecord() {
            guard record.count == header.count else {
                let place = record.count > header.count ? record[header.count] : record[record.count - 1]
                throw place.error("the row has \(record.count) fields, the header has \(header.count)")
            }
            rows.append(record.map { $0.text.isEmpty ? nil : $0.text })
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

/// A value that can stand in a field of comma-separated values.
package protocol CSVValue: Sendable {
    /// The field's text, the same in every locale; `nil`: missing.
    var csvField: String? { get }
}

extension String: CSVValue {
    package var csvField: String? { self }
}

extension Bool: CSVValue {
    package var csvField: String? { description }
}

extension Int: CSVValue {
    package var csvField: String? { description }
}

extension UInt64: CSVValue {
    package var csvField: String? { description }
}

extension Optional: CSVValue where Wrapped: CSVValue {
    package var csvField: String? { flatMap(\.csvField) }
}

extension CSVValue where Self: RawRepresentable, RawValue == String {
    package var csvField: String? { rawValue }
}

extension Double: CSVValue {
    /// The fewest decimals that read back as the same number, with no exponent; missing if not finite.
    package var csvField: String? {
        guard isFinite else { return nil }
        // The description has the shortest digits that round-trip, but an exponent if the number is large or small.
        let parts = magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        var whole = String(mantissa[0])
        var fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        if exponent > 0 {
            let digits = fraction + String(repeating: "0", count: max(0, exponent - fraction.count))
            whole += digits.prefix(exponent)
            fraction = String(digits.dropFirst(exponent))
        } else if exponent < 0 {
            let digits = String(repeating: "0", count: max(0, 1 - exponent - whole.count)) + whole
            whole = String(digits.dropLast(-exponent))
            fraction = digits.suffix(-exponent) + fraction
        }
        let sign = self < 0 ? "-" : ""
        return fraction.isEmpty ? sign + whole : "\(sign)\(whole).\(fraction)"
    }
}
