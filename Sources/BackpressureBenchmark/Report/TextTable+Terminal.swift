extension TextTable {
    private static let gap = "  "
    private static let indent = "  "

    /// The table as lines for a terminal, aligned by display width; the best values have an asterisk, and are bold in
    /// colour. Ends with a line end.
    package func text(style: Style) -> String {
        let widths = columns.indices.map(width(ofColumn:))
        var lines: [String] = []
        if let title { lines += [style.bold(title.onOneLine), ""] }
        lines.append(heading(widths, style.bold) { $0.header })
        if columns.contains(where: { $0.unit != nil }) {
            lines.append(heading(widths, style.dim) { $0.unit ?? "" })
        }
        lines.append(joined(widths.map { String(repeating: "-", count: $0) }))
        for group in groups {
            if let title = group.title { lines.append(style.bold(title.onOneLine)) }
            for row in group.rows { lines.append(line(row, of: group, widths, style)) }
        }
        if !notes.isEmpty { lines += [""] + notes.map(\.onOneLine) }
        return lines.map { $0 + "\n" }.joined()
    }

    private func heading(_ widths: [Int], _ style: (String) -> String, _ text: (Column) -> String) -> String {
        joined(columns.indices.map { padded(text(columns[$0]).onOneLine, $0, widths, with: style) })
    }

    private func line(_ row: [Cell], of group: Group, _ widths: [Int], _ style: Style) -> String {
        let cells = zip(row, columns.indices).map { cell, column in
            let isBest = isBest(cell, inColumn: column, of: group)
            let text = indent(ofColumn: column, in: group) + cell.text.onOneLine + mark(isBest, column)
            return padded(text, column, widths, with: isBest ? style.bold : { $0 })
        }
        return joined(cells)
    }

    /// The rows of a titled group stand a step to the right of their title.
    private func indent(ofColumn column: Int, in group: Group) -> String {
        column == 0 && group.title != nil ? Self.indent : ""
    }

    /// Takes as much room where there is no asterisk, so that digits stay below digits.
    private func mark(_ isBest: Bool, _ column: Int) -> String {
        guard columns[column].best != nil else { return "" }
        return isBest ? "*" : " "
    }

    private func width(ofColumn column: Int) -> Int {
        let heading = [columns[column].header, columns[column].unit ?? ""].map(\.onOneLine.displayWidth)
        let cells = groups.flatMap { group in
            group.rows.compactMap { $0.dropFirst(column).first }.map { cell in
                (indent(ofColumn: column, in: group) + cell.text.onOneLine + mark(false, column)).displayWidth
            }
        }
        return (heading + cells).max() ?? 0
    }

    /// Styled after padding was counted: escape sequences have no width.
    private func padded(_ text: String, _ column: Int, _ widths: [Int], with style: (String) -> String) -> String {
        let space = String(repeating: " ", count: widths[column] - text.displayWidth)
        return columns[column].alignment == .left ? style(text) + space : space + style(text)
    }

    private func joined(_ cells: [String]) -> String {
        let line = cells.joined(separator: Self.gap)
        return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
    }
}
