/// What a verification came to: the rows of `verify.csv`, and what is wrong.
struct VerificationResults: Sendable {
    let seed: UInt64
    private(set) var rows: [VerifyRow] = []
    /// Of each row, the id of the check that gave it; `nil`: none was made.
    private(set) var origins: [String?] = []
    /// Of each row, how to see again what it says.
    private(set) var replays: [VerificationReplay?] = []
    private(set) var subjects: [VerificationSubject] = []
    /// Of the rows that are no passes, the details as they were found, by row.
    private(set) var details: [Int: String] = [:]
    var findings: [Verdict.Finding] = []
    /// Those of the findings that say that too little was seen.
    private var vacuities: [Verdict.Finding] = []

    init(seed: UInt64) {
        self.seed = seed
    }

    mutating func add(_ outcomes: [VerificationOutcome], of subject: VerificationSubject) {
        subjects.append(subject)
        var faults = 0
        for outcome in outcomes {
            if outcome.isFault {
                faults += 1
                details[rows.count] = outcome.detail
                if subject.role != .control {
                    let finding = finding(outcome, subject)
                    findings.append(finding)
                    if outcome.verdict == .vacuous { vacuities.append(finding) }
                }
            }
            origins.append(outcome.origin)
            replays.append(outcome.replay)
            rows.append(VerifyRow(subject, outcome, seed: seed))
        }
        if subject.role == .control, faults == 0 {
            findings.append(
                .init(
                    .verificationFailed,
                    "\(subject.id): the control passed every check, so that others pass means nothing"
                )
            )
        }
        if !outcomes.contains(where: { $0.verdict != .unsupported }) {
            let finding = Verdict.Finding(.notMeasured, "\(subject.id): no check applies to it")
            findings.append(finding)
            vacuities.append(finding)
        }
    }

    private func finding(_ outcome: VerificationOutcome, _ subject: VerificationSubject) -> Verdict.Finding {
        let first = outcome.detail?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "failed"
        let kind = outcome.verdict == .vacuous ? "vacuous: " : ""
        return .init(.verificationFailed, "\(subject.id), \(outcome.check): \(kind)\(first)")
    }

    func role(of row: VerifyRow) -> Role? { subjects.first { $0.id == row.implementation }?.role }

    /// Whether a finding says no more than that too little was seen.
    func isVacuity(_ finding: Verdict.Finding) -> Bool { vacuities.contains(finding) }

    /// Whether a row is why the verification fails.
    func isFault(_ row: VerifyRow) -> Bool {
        (row.verdict == "fail" || row.verdict == "vacuous") && role(of: row) != .control
    }
}

extension VerificationOutcome {
    var isFault: Bool { verdict == .fail || verdict == .vacuous }
}
