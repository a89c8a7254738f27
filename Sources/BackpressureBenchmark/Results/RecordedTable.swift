/// A result file read back: its rows by column name.
package struct RecordedTable: Sendable {
    package let path: String
    package let header: [String]
    package let rows: [Row]

    /// A row, and where it stands.
    package struct Row: Sendable {
        fileprivate let columns: [String: Int]
        fileprivate let fields: [String?]
        fileprivate let path: String
        /// From 1, in the file; the header is line 1.
        package let line: Int

        /// The field's text; `nil`: not measured, or no such column.
        package subscript(column: String) -> String? { columns[column].flatMap { fields[$0] } }

        /// The field as a number; `nil`: not measured.
        ///
        /// - Throws: ``InputFileError`` if something stands there that isn't a number.
        package func number(_ column: String) throws(InputFileError) -> Double? {
            guard let text = self[column] else { return nil }
            guard let number = Double(text) else {
                throw InputFileError(path: path, line: line, message: "'\(column)' is '\(text)'; a number is expected")
            }
            return number
        }

        /// The field as a whole number that must be there.
        package func integer(_ column: String) throws(InputFileError) -> Int {
            guard let text = self[column], let number = Int(text) else {
                let found = self[column].map { "'\($0)'" } ?? "empty"
                throw InputFileError(path: path, line: line, message: "'\(column)' is \(found); an integer is expected")
            }
            return number
        }

        /// A field that must be there.
        package func text(_ column: String) throws(InputFileError) -> String {
            guard let text = self[column] else {
                throw InputFileError(path: path, line: line, message: "'\(column)' is empty; a text is expected")
            }
            return text
        }
    }

    /// Reads a file that must have the columns of `type`, in their order.
    ///
    /// - Throws: ``InputFileError``: the file can't be read, isn't a table, or was written by another version.
    package init<Type: ResultRow>(path: String, of type: Type.Type) throws(InputFileError) {
        let text = try InputFile.text(path: path, maximumBytes: Self.maximumBytes)
        let table: CSVTable
        do throws(CSVError) {
            table = try CSVTable(text)
        } catch {
            throw InputFileError(path: path, line: error.line, column: error.column, message: error.message)
        }
        let expected = Type.columns.map(\.name)
        guard table.header == expected else {
            let missing = expected.filter { !table.header.contains($0) }
            let unknown = table.header.filter { !expected.contains($0) }
            let differences =
                [("missing", missing), ("unknown", unknown)].filter { !$0.1.isEmpty }
                .map { "\($0.0): \($0.1.joined(separator: ", "))" }
            let what = differences.isEmpty ? "their order is another" : differences.joined(separator: "; ")
            throw InputFileError(
                path: path,
                line: 1,
                message: "these are the columns of another version of the suite (\(what)); measure it anew"
            )
        }
        self.path = path
        header = table.header
        let columns = Dictionary(uniqueKeysWithValues: table.header.enumerated().map { ($1, $0) })
        rows = table.rows.enumerated().map { Row(columns: columns, fields: $1, path: path, line: $0 + 2) }
    }

    /// Larger than any run makes; a file that isn't ours shouldn't fill the memory.
    private static let maximumBytes = 256 << 20
}
