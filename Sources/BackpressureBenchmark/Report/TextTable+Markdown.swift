extension TextTable {
    /// The table as GitHub-flavoured Markdown: a table for each group, units beside the headers, the best values in bold.
    /// Ends with a line end.
    package func markdown() -> String {
        var parts: [String] = []
        if let title { parts.append("### \(escaped(title))") }
        for group in groups {
            if let title = group.title { parts.append("**\(escaped(title))**") }
            let rows = group.rows.map { row in line(columns.indices.map { cell($0, of: row, in: group) }) }
            parts.append(([line(columns.map(heading)), line(columns.map(rule))] + rows).joined(separator: "\n"))
        }
        parts += notes.map(escaped)
        return parts.joined(separator: "\n\n") + "\n"
    }

    private func heading(_ column: Column) -> String {
        escaped(column.header) + (column.unit.map { " (\(escaped($0)))" } ?? "")
    }

    private func rule(_ column: Column) -> String {
        switch column.alignment {
        case .left: ":--"
        case .right: "--:"
        }
    }

    private func cell(_ column: Int, of row: [Cell], in group: Group) -> String {
        guard column < row.count else { return "" }
        let text = escaped(row[column].text)
        return isBest(row[column], inColumn: column, of: group) ? "**\(text)**" : text
    }

    private func line(_ cells: [String]) -> String {
        "| \(cells.joined(separator: " | ")) |"
    }

    private func escaped(_ text: String) -> String { TextTable.escaped(text) }

    /// `text` on one line, with nothing in it that Markdown would take for anything but text.
    static func escaped(_ text: String) -> String {
        let special: Set<Character> = ["\\", "|", "*", "_", "`", "<", "[", "]"]
        return text.onOneLine.reduce(into: "") { escaped, character in
            if special.contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
    }
}
