// What is shown as a table: verification, and files that this version knows nothing of.

extension ReportPage {
    var gate: Section? {
        guard let rows = results.gate else { return nil }
        let counts = Dictionary(grouping: rows, by: \.verdict.rawValue).mapValues(\.count)
        let words = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        // What somebody has to look at comes first.
        let sorted = rows.filter { $0.verdict != .pass } + rows.filter { $0.verdict == .pass }
        return Section(
            id: "gate",
            title: "Gate",
            lead:
                "\(rows.count) figures held to the baseline: \(words.isEmpty ? "none" : words). A change above 1 is an "
                + "improvement, whichever way the metric improves.",
            rest: .element("div", ["class": "card"], DataTable(sorted, leading: "verdict").region(label: "Gate"))
        )
    }

    var verification: Section? {
        guard let rows = results.verification, !rows.isEmpty else { return nil }
        let counts = Dictionary(grouping: rows, by: \.verdict).mapValues(\.count)
        let words = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return Section(
            id: "verification",
            title: "Verification",
            lead:
                "\(rows.count) checks: \(words). A check that saw too little contention is vacuous and counts as failed.",
            rest: .element(
                "div",
                ["class": "card"],
                DataTable(rows, leading: "verdict").region(label: "Verification")
            )
        )
    }

    var others: [Section] {
        results.others.enumerated().map { index, other in
            let rows = other.table.rows.count
            return Section(
                id: "table-\(index + 1)",
                title: other.name,
                lead: "\(rows) row\(rows == 1 ? "" : "s").",
                rest: .element("div", ["class": "card"], DataTable(other.table).region(label: other.name))
            )
        }
    }
}
