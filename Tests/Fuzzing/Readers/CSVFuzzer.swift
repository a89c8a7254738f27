@testable import BackpressureBenchmark

/// The reader and the writer of comma-separated values.
///
/// The text is read; what can be read must come back the same when it is written and read again. And the text's pieces
/// serve as fields of a table, which must come back the same when it is written and read.
enum CSVFuzzer {
    @Sendable
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        do {
            let table = try CSVTable(text)
            expectRoundTrip(header: table.header, rows: table.rows)
        } catch {
            Fuzzing.expect(error.line >= 1 && error.column >= 1, "an error at line \(error.line), \(error.column)")
            let lines = text.unicodeScalars.count { $0 == "\n" } + 1
            Fuzzing.expect(error.line <= lines, "an error in line \(error.line) of \(lines)")
        }

        // A control character that is no part of the format parts the fields.
        let fields = text.unicodeScalars.split(separator: "\u{1F}", maxSplits: 31, omittingEmptySubsequences: false)
            .map { String(String.UnicodeScalarView($0)) }
        let rows = stride(from: 0, to: fields.count - 1, by: 2).map { start in
            fields[start...start + 1].map { $0.isEmpty ? nil : $0 }
        }
        expectRoundTrip(header: ["first", "x" + fields[0]], rows: rows)
        compareNumbers(input)
    }

    private static func expectRoundTrip(header: [String], rows: [[String?]]) {
        let text = CSV.text(header: header, rows: rows)
        do {
            let again = try CSVTable(text)
            Fuzzing.expectEqual(
                scalars(again.header, again.rows),
                scalars(header, rows),
                "the table that was written as \(text.debugDescription)"
            )
        } catch {
            Fuzzing.fail("\(header) and \(rows), written as \(text.debugDescription), can't be read: \(error)")
        }
    }

    /// By scalars: texts that are equal as Swift sees it may still be different ones.
    private static func scalars(_ header: [String], _ rows: [[String?]]) -> [[[Unicode.Scalar]?]] {
        ([header] + rows).map { row in row.map { field in field.map { Array($0.unicodeScalars) } } }
    }

    /// The first eight bytes as a number, which must come back the same.
    private static func compareNumbers(_ input: [UInt8]) {
        let number = Double(bitPattern: input.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        guard let field = number.csvField else {
            Fuzzing.expect(!number.isFinite, "the number \(number) is written as missing")
            return
        }
        Fuzzing.expectEqual(Double(field), number, "the number written as \(field)")
        Fuzzing.expect(!field.contains("e"), "the number \(number) is written with an exponent: \(field)")
    }
}
