/// A table to be read by people, and the same to be read by programs: it is `Codable`, and has all that it shows.
package struct TextTable: Codable, Sendable, Equatable {
    package enum Alignment: String, Codable, Sendable {
        case left, right
    }

    package enum Best: String, Codable, Sendable {
        case highest, lowest
    }

    package struct Column: Codable, Sendable, Equatable {
        package var header: String
        package var unit: String?
        package var alignment: Alignment
        /// Which value of a group is marked; `nil`: none.
        package var best: Best?

        package init(_ header: String, unit: String? = nil, alignment: Alignment = .right, best: Best? = nil) {
            self.header = header
            self.unit = unit
            self.alignment = alignment
            self.best = best
        }
    }

    package struct Cell: Codable, Sendable, Equatable, ExpressibleByStringInterpolation {
        package var text: String
        /// What the text shows; `nil`: no figure, or not measured.
        package var value: Double?

        package init(_ text: String, value: Double? = nil) {
            self.text = text
            self.value = value
        }

        package init(stringLiteral text: String) {
            self.init(text)
        }
    }

    package struct Group: Codable, Sendable, Equatable {
        package var title: String?
        /// Cells in the order of the columns; missing ones are blank, surplus ones aren't shown.
        package var rows: [[Cell]]

        package init(_ title: String? = nil, rows: [[Cell]]) {
            self.title = title
            self.rows = rows
        }
    }

    package var title: String?
    package var columns: [Column]
    package var groups: [Group]
    package var notes: [String]

    package init(title: String? = nil, columns: [Column], groups: [Group], notes: [String] = []) {
        self.title = title
        self.columns = columns
        self.groups = groups
        self.notes = notes
    }

    /// Whether the cell has the best value of its column within `group`, with at least one other to be better than.
    func isBest(_ cell: Cell, inColumn column: Int, of group: Group) -> Bool {
        guard let best = columns[column].best, let value = cell.value, value.isFinite else { return false }
        let rivals = group.rows.compactMap { $0.dropFirst(column).first?.value }.filter(\.isFinite)
        guard rivals.count > 1, rivals.contains(where: { $0 != value }) else { return false }
        return value == (best == .highest ? rivals.max() : rivals.min())
    }
}
