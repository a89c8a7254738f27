/// Reads rows of a type from a table: the inverse of ``ResultFile/csv(_:)``.
///
/// Columns are found by name, in any order, and those that the type doesn't know are left alone, so that a newer file can
/// still be read. A missing column is the same as an empty one where the type can do without it.
struct ResultRowReader {
    let table: CSVTable
    /// Of the file, for errors.
    let path: String
    private let columns: [String: Int]

    init(_ table: CSVTable, path: String) {
        self.table = table
        self.path = path
        columns = Dictionary(uniqueKeysWithValues: table.header.enumerated().map { ($1, $0) })
    }

    /// All rows from top to bottom.
    ///
    /// - Throws: ``InputFileError`` at the first field that isn't what its column must hold, or at the header if it lacks
    ///   a column.
    func rows<Row: ResultRow>(_ type: Row.Type) throws(InputFileError) -> [Row] {
        // The decoder asks for the property's name.
        let names = Row.columns.map { ($0.name.propertyName, $0.name) }
        let indices = names.reduce(into: [String: Int]()) { $0[$1.0] = columns[$1.1] }
        let columnNames = Dictionary(uniqueKeysWithValues: names)
        var rows: [Row] = []
        rows.reserveCapacity(table.rows.count)
        for index in table.rows.indices {
            let decoder = RowDecoder(
                fields: table.rows[index],
                indices: indices,
                columnNames: columnNames
            )
            do {
                rows.append(try Row(from: decoder))
            } catch let error as RowDecoder.FieldError {
                let place = error.index.map { table.places[index][$0] }
                throw InputFileError(
                    path: path,
                    line: place?.line ?? 1,
                    column: place?.column,
                    message: error.message
                )
            } catch {
                throw InputFileError(path: path, line: table.places[index].first?.line, message: "\(error)")
            }
        }
        return rows
    }
}

extension String {
    /// `latency_p99_ns` as the property that holds it is called: `latencyP99Ns`.
    fileprivate var propertyName: String {
        let words = split(separator: "_")
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

/// Gives the fields of one row to the type's own `init(from:)`.
private struct RowDecoder: Decoder {
    struct FieldError: Error {
        /// Of the field in its row; `nil`: there is no such column.
        var index: Int?
        var message: String
    }

    let fields: [String?]
    let indices: [String: Int]
    let columnNames: [String: String]

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Fields<Key>(row: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw FieldError(index: nil, message: "a row is no list")
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw FieldError(index: nil, message: "a row is no single value")
    }

    struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let row: RowDecoder

        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { row.indices.keys.compactMap { Key(stringValue: $0) } }

        private func text(_ key: Key) -> String? { row.indices[key.stringValue].flatMap { row.fields[$0] } }

        func contains(_ key: Key) -> Bool { text(key) != nil }
        func decodeNil(forKey key: Key) throws -> Bool { text(key) == nil }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            let name = row.columnNames[key.stringValue] ?? key.stringValue
            guard let index = row.indices[key.stringValue] else {
                throw FieldError(index: nil, message: "there is no column '\(name)'")
            }
            // An empty text is written as nothing.
            guard let text = row.fields[index] ?? (type == String.self ? "" : nil) else {
                throw FieldError(index: index, message: "\(name) is empty; a value is expected")
            }
            guard let kind = type as? any CSVValue.Type else {
                throw FieldError(index: index, message: "\(name) can't be read from a field")
            }
            guard let value = kind.init(csvField: text) as? T else {
                throw FieldError(index: index, message: "\(name) is '\(text.shortened)', which is not \(kind.csvKind)")
            }
            return value
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { try row.container(keyedBy: type) }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try row.unkeyedContainer()
        }

        func superDecoder() throws -> any Decoder { row }
        func superDecoder(forKey key: Key) throws -> any Decoder { row }
    }
}

extension String {
    /// On one line and not too long to be quoted.
    fileprivate var shortened: String { onOneLine.fitted(to: 40) }
}
