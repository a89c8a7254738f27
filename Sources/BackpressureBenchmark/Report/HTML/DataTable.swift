import Foundation

/// A table of a result file on the page: every field, with figures as people read them and as the file has them.
struct DataTable: Sendable {
    private let columns: [Column]
    private let rows: [[String?]]
    /// Whether each row of the file is a column on the page: few rows of many figures fit there so.
    private let isTurned: Bool

    private struct Column {
        var index: Int
        var name: String
        var isNumeric: Bool
        /// Names the row, for those who have the table read to them.
        var isRowHeader = false

        var words: String { name.replacing("_", with: " ") }
        /// Without the unit, which its figures have.
        var wordsWithoutUnit: String {
            let unit = ["_ns", "_per_s", "_bytes"].first { name.hasSuffix($0) }
            return String(name.dropLast(unit?.count ?? 0)).replacing("_", with: " ")
        }
    }

    /// - Parameters:
    ///   - leavesOutEmpty: columns that have nothing in any row.
    ///   - leading: the column that comes first, wherever the file has it.
    ///   - isTurned: shows each row as a column.
    init(
        header: [String],
        rows: [[String?]],
        leavesOutEmpty: Bool = false,
        leading: String? = nil,
        isTurned: Bool = false
    ) {
        self.rows = rows
        self.isTurned = isTurned
        var columns: [Column] = header.indices.compactMap { index in
            let fields = rows.compactMap { $0[index] }
            if leavesOutEmpty, fields.isEmpty { return nil }
            let isNumeric = !fields.isEmpty && fields.allSatisfy { Double(csvField: $0) != nil }
            return Column(index: index, name: header[index], isNumeric: isNumeric)
        }
        let named = columns.firstIndex { $0.name == "implementation" } ?? columns.startIndex
        if columns.indices.contains(named) { columns[named].isRowHeader = true }
        if let first = columns.firstIndex(where: { $0.name == leading }) {
            columns.insert(columns.remove(at: first), at: 0)
        }
        self.columns = columns
    }

    init(_ table: CSVTable) {
        self.init(header: table.header, rows: table.rows)
    }

    init<Row: ResultRow>(
        _ rows: [Row],
        without names: Set<String> = [],
        leavesOutEmpty: Bool = true,
        leading: String? = nil
    ) {
        let columns = Row.columns.filter { !names.contains($0.name) }
        self.init(
            header: columns.map(\.name),
            rows: rows.map { row in columns.map { $0.field(row) } },
            leavesOutEmpty: leavesOutEmpty,
            leading: leading
        )
    }

    var isEmpty: Bool { rows.isEmpty }

    /// The table in a place of its own that scrolls if it is too wide, with the keyboard too.
    func region(label: String) -> Markup {
        guard !rows.isEmpty else { return .element("p", ["class": "quiet"], .text("Nothing was measured.")) }
        let (head, body) = isTurned ? turned : upright
        return .element(
            "div",
            ["class": "scroll", "role": "region", "tabindex": "0", "aria-label": "Table: \(label)"],
            .element(
                "table",
                ["class": isTurned ? "turned" : nil],
                .element("thead", [:], .element("tr", [:], head.joined())) + .element("tbody", [:], body.joined())
            )
        )
    }

    private var upright: (head: [Markup], body: [Markup]) {
        let head = columns.map { heading($0.words, $0, scope: "col") }
        let body = rows.map { row in Markup.element("tr", [:], columns.map { cell(row[$0.index], $0) }.joined()) }
        return (head, body)
    }

    private var turned: (head: [Markup], body: [Markup]) {
        guard let names = columns.first(where: \.isRowHeader) else { return ([], []) }
        let corner = Markup.element("th", ["scope": "col"], .text("figure"))
        let head = rows.map { row in
            Markup.element("th", ["scope": "col", "class": "n"], .text(row[names.index] ?? ""))
        }
        let body = columns.filter { !$0.isRowHeader }.map { column in
            let cells = rows.map { row in
                Markup.element("td", ["class": "n"], content(row[column.index], column))
            }
            return Markup.element("tr", [:], heading(column.wordsWithoutUnit, nil, scope: "row") + cells.joined())
        }
        return ([corner] + head, body)
    }

    private func heading(_ words: String, _ column: Column?, scope: String) -> Markup {
        .element("th", ["scope": scope, "class": column?.isNumeric == true ? "n" : nil], .text(words))
    }

    private func cell(_ field: String?, _ column: Column) -> Markup {
        let attributes: KeyValuePairs<String, String?> = [
            "class": column.isNumeric ? "n" : (field?.count ?? 0) > 40 ? "long" : nil,
            "scope": column.isRowHeader ? "row" : nil,
        ]
        return .element(column.isRowHeader ? "th" : "td", attributes, content(field, column))
    }

    private func content(_ field: String?, _ column: Column) -> Markup {
        // A text is nothing that is measured.
        guard let field else {
            return .element("span", ["class": "quiet"], .text(column.isNumeric ? "not measured" : Numbers.notMeasured))
        }
        if let badge = Badge(verdict: field), !column.isNumeric { return badge.markup }
        guard column.isNumeric, let value = Double(csvField: field) else { return .text(field) }
        let text = DataTable.readable(value, column: column.name)
        // The figure as the file has it, for programs that read the page.
        return text == field ? .text(field) : .element("data", ["value": field], .text(text))
    }

    /// A figure in the unit that its column's name ends in.
    static func readable(_ value: Double, column: String) -> String {
        if column.hasSuffix("_ns") || column.contains("_ns_per_") { return Numbers.duration(nanoseconds: value) }
        if column.hasSuffix("_bytes") || column.contains("_bytes_per_") { return Numbers.bytes(value) }
        if column == "throughput_ci_low" || column == "throughput_ci_high" { return Numbers.rate(value) }
        if column.hasSuffix("_per_s") { return Numbers.rate(value) }
        if value == value.rounded(), value.magnitude < 1e15 { return value.csvField ?? "" }
        return value.magnitude < 0.001 ? String(format: "%.2g", value) : String(format: "%.4g", value)
    }
}

/// A verdict as a sign, a word and a colour.
struct Badge: Sendable {
    private let sign: String
    private let text: String
    private let style: String

    /// `nil`: this is the word of no verdict.
    init?(verdict: String) {
        text = verdict
        switch verdict {
        case "pass", "improvement": (sign, style) = ("✓", "good")
        case "fail", "vacuous", "regression", "missing", "broken": (sign, style) = ("✕", "bad")
        case "unsupported", "skipped", "new": (sign, style) = ("–", "quiet")
        case "cannot tell", "can't tell", "undecided": (sign, style) = ("?", "unsure")
        default: return nil
        }
    }

    var markup: Markup {
        .element(
            "span",
            ["class": "badge \(style)"],
            .element("span", ["aria-hidden": "true"], .text("\(sign) ")) + .text(text)
        )
    }
}
