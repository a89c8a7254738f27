package import Foundation

/// One row of a result file.
///
/// The file's columns, their names and their order are the row type's ``columns`` and nothing else: adding a metric is a
/// property and one entry there. Properties have the names of their columns in camel case, and JSON has the columns'
/// names as keys (``ResultFile/json(_:)``). What wasn't measured is `nil`, and an empty field in the file.
package protocol ResultRow: Codable, Sendable, Equatable {
    static var columns: [ResultColumn<Self>] { get }
}

/// A column of a result file: its name, and where a row has its value.
package struct ResultColumn<Row>: Sendable {
    package let name: String
    /// The field's text; `nil`: not measured.
    package let field: @Sendable (Row) -> String?

    /// The column `name` holds what stands at `path`.
    package init<Value: CSVValue>(_ name: String, _ path: any KeyPath<Row, Value> & Sendable) {
        self.name = name
        field = { row in row[keyPath: path].csvField }
    }
}

/// What the files of rows look like.
package enum ResultFile {
    /// The comma-separated file of `rows`: a header, then a line for each.
    package static func csv<Row: ResultRow>(_ rows: [Row]) -> String {
        CSV.text(
            header: Row.columns.map(\.name),
            rows: rows.lazy.map { row in Row.columns.map { column in column.field(row) } }
        )
    }

    /// The same rows as a JSON array of objects, keyed by column name; what wasn't measured has no key.
    ///
    /// - Throws: `EncodingError` if a figure isn't finite.
    package static func json<Row: ResultRow>(_ rows: [Row]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(rows)
    }
}

extension Scenario.Mechanism: CSVValue {}
extension Scenario.Driver: CSVValue {}
extension QueueLoad.Policy: CSVValue {}
extension LimiterLoad.Clock: CSVValue {}
