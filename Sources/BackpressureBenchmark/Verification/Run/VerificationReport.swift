/// A verification for people: a table, and each counter-example.
struct VerificationReport {
    let results: VerificationResults

    init(_ results: VerificationResults) { self.results = results }

    var tables: [TextTable] {
        Scenario.Mechanism.allCases.compactMap { mechanism in
            let subjects = results.subjects.filter { $0.mechanism == mechanism }
            guard !subjects.isEmpty else { return nil }
            return TextTable(
                title: "Verification of \(mechanism.plural)",
                columns: [
                    .init("implementation", alignment: .left), .init("family", alignment: .left),
                    .init("held to", alignment: .left), .init("checks passed"), .init("operations"),
                    .init("overlap", unit: "%"), .init("schedules"), .init("verdict", alignment: .left),
                ],
                groups: [.init(rows: subjects.map(row))],
                notes: notes(subjects)
            )
        }
    }

    private func row(_ subject: VerificationSubject) -> [TextTable.Cell] {
        let rows = results.rows.filter { $0.implementation == subject.id && $0.verdict != "unsupported" }
        let faults = rows.filter { $0.verdict != "pass" }
        let operations = rows.reduce(0) { $0 + ($1.operations ?? 0) }
        let overlap = rows.compactMap(\.overlapPct).first
        let schedules = rows.compactMap(\.schedules).reduce(0, +)
        return [
            "\(subject.id)", "\(subject.family.rawValue)", "\(subject.specification)",
            "\(rows.count - faults.count) of \(rows.count)", "\(Numbers.count(Double(operations)))",
            "\(overlap.map { Numbers.decimal($0, decimals: 0) } ?? "–")", "\(schedules > 0 ? "\(schedules)" : "–")",
            "\(verdict(of: subject, rows.count, faults))",
        ]
    }

    private func verdict(of subject: VerificationSubject, _ checks: Int, _ faults: [VerifyRow]) -> String {
        if subject.role == .control, faults.isEmpty { return "control passed: fail" }
        if subject.role == .control, results.isCaught(subject.id) { return "control fails, as it must" }
        guard let first = faults.first else { return checks == 0 ? "no check applies" : "pass" }
        return "\(first.verdict): \(first.check)\(faults.count > 1 ? " and \(faults.count - 1) more" : "")"
    }

    private func notes(_ subjects: [VerificationSubject]) -> [String] {
        let ids = Set(subjects.map(\.id))
        let unsupported = results.rows.count { $0.verdict == "unsupported" && ids.contains($0.implementation) }
        var notes = ["Overlap: operations in the recorded histories that ran while another thread's did."]
        if unsupported > 0 {
            notes.append("\(unsupported) checks don't apply to an implementation; verify.csv says why.")
        }
        return notes
    }

    /// In full, those of controls left out that failed, as they must.
    var counterExamples: [String] {
        results.details.sorted { $0.key < $1.key }.compactMap { index, detail in
            let row = results.rows[index]
            return results.isFault(row) ? "\(row.implementation), \(row.check): \(detail)" : nil
        }
    }
}
