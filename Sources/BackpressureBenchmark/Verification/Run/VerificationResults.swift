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
        for outcome in outcomes {
            if outcome.isFault {
                details[rows.count] = outcome.detail
                if subject.role != .control { add(finding(outcome, subject), isVacuity: outcome.verdict == .vacuous) }
            }
            origins.append(outcome.origin)
            replays.append(outcome.replay)
            rows.append(VerifyRow(subject, outcome, seed: seed))
        }
        // One that was only ever seen too little of hasn't been caught.
        if subject.role == .control, !outcomes.contains(where: { $0.verdict == .fail }) {
            if let vacuous = outcomes.first(where: { $0.verdict == .vacuous }) {
                add(finding(vacuous, subject), isVacuity: true)
            } else {
                let words = "the control passed every check, so that others pass means nothing"
                add(.init(.verificationFailed, "\(subject.id): \(words)"), isVacuity: false)
            }
        }
        if !outcomes.contains(where: { $0.verdict != .unsupported }) {
            add(.init(.notMeasured, "\(subject.id): no check applies to it"), isVacuity: true)
        }
    }

    private mutating func add(_ finding: Verdict.Finding, isVacuity: Bool) {
        findings.append(finding)
        if isVacuity { vacuities.append(finding) }
    }

    private func finding(_ outcome: VerificationOutcome, _ subject: VerificationSubject) -> Verdict.Finding {
        let first = outcome.detail?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "failed"
        let kind = outcome.verdict == .vacuous ? subject.role == .control ? "a control, vacuous: " : "vacuous: " : ""
        return .init(.verificationFailed, "\(subject.id), \(outcome.check): \(kind)\(first)")
    }

    func role(of row: VerifyRow) -> Role? { subjects.first { $0.id == row.implementation }?.role }

    /// Whether a finding says no more than that too little was seen.
    func isVacuity(_ finding: Verdict.Finding) -> Bool { vacuities.contains(finding) }

    /// Whether a row is why the verification fails.
    func isFault(_ row: VerifyRow) -> Bool { rows.isFault(row, role: role(of: row)) }

    /// Whether a control failed a check, as it must.
    func isCaught(_ id: String) -> Bool { rows.isCaught(id) }
}

extension [VerifyRow] {
    /// Whether a row, one of these, is why the verification fails: a control must fail, and is undecided if all that was
    /// found is that too little was seen.
    func isFault(_ row: VerifyRow, role: Role?) -> Bool {
        switch row.verdict {
        case "fail": role != .control
        case "vacuous": role != .control || !isCaught(row.implementation)
        default: false
        }
    }

    /// Whether an implementation failed a check.
    func isCaught(_ id: String) -> Bool { contains { $0.implementation == id && $0.verdict == "fail" } }
}

extension VerificationOutcome {
    var isFault: Bool { verdict == .fail || verdict == .vacuous }
}
