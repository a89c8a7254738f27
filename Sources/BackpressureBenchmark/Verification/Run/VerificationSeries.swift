/// A row of `verify-runs.csv`: everything verified once.
package struct VerifyRunRow: ResultRow {
    package var seed: UInt64
    package var implementations: Int
    /// Verdicts of checks, those left out that don't apply.
    package var checks: Int
    package var operations: Int
    /// Checks of implementations that must keep their promises and didn't.
    package var failures: Int
    /// Checks that saw too little in the time they had.
    package var vacuous: Int
    package var seconds: Double

    package static let columns: [ResultColumn<Self>] = [
        .init("seed", \.seed),
        .init("implementations", \.implementations),
        .init("checks", \.checks),
        .init("operations", \.operations),
        .init("failures", \.failures),
        .init("vacuous", \.vacuous),
        .init("seconds", \.seconds),
    ]

    init(_ results: VerificationResults, seconds: Double) {
        let judged = results.rows.filter { $0.verdict != "unsupported" }
        let faults = judged.filter(results.isFault)
        seed = results.seed
        implementations = results.subjects.count
        checks = judged.count
        operations = judged.reduce(0) { $0 + ($1.operations ?? 0) }
        failures = faults.count { $0.verdict == "fail" }
        vacuous = faults.count { $0.verdict == "vacuous" }
        self.seconds = (seconds * 10).rounded() / 10
    }
}

/// The same verified again and again with different seeds: what is right must never be called wrong.
///
/// One short run may see too little for a verdict, which is no alarm. A check that saw too little in all of them is.
struct VerificationSeries {
    private(set) var rows: [VerifyRunRow] = []
    /// Of implementation and check, those that were decided at least once, and those that were made; of a control its name
    /// alone, decided if any check caught it.
    private var decided: Set<[String]> = []
    private var made: [[String]] = []
    /// Why it ended.
    private(set) var alarms: [Verdict.Finding] = []

    mutating func add(_ results: VerificationResults, seconds: Double) {
        rows.append(VerifyRunRow(results, seconds: seconds))
        alarms = results.findings.filter { !results.isVacuity($0) }
        for row in results.rows where row.verdict != "unsupported" && results.role(of: row) != .control {
            add([row.implementation, row.check], isDecided: row.verdict != "vacuous")
        }
        for subject in results.subjects where subject.role == .control {
            let isUndecided = results.rows.contains { $0.implementation == subject.id && results.isFault($0) }
            add([subject.id], isDecided: !isUndecided)
        }
    }

    private mutating func add(_ name: [String], isDecided: Bool) {
        if !made.contains(name) { made.append(name) }
        if isDecided { decided.insert(name) }
    }

    /// Whether a subject is in the next run: whether a control is caught is asked until it is.
    func has(_ subject: VerificationSubject) -> Bool { subject.role != .control || !decided.contains([subject.id]) }

    /// What is wrong with all runs together.
    var findings: [Verdict.Finding] {
        alarms
            + made.filter { !decided.contains($0) }.map { name in
                .init(.verificationFailed, "\(name.joined(separator: ", ")): vacuous in each of \(rows.count) runs")
            }
    }

    var summary: String {
        let checks = rows.reduce(0) { $0 + $1.checks }
        let (failures, vacuous) = rows.reduce(into: (0, 0)) { ($0.0, $0.1) = ($0.0 + $1.failures, $0.1 + $1.vacuous) }
        return "\(rows.count) runs, \(checks) checks: \(failures) failed, \(vacuous) saw too little for a verdict."
    }
}
