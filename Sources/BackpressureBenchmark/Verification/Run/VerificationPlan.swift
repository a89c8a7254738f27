/// What is verified, how long each check may take, and what is left out.
struct VerificationPlan: Sendable {
    struct Part: Sendable {
        let subject: VerificationSubject
        let checks: [VerificationJob.Check]
        /// Checks that aren't for this implementation, with why.
        let unsupported: [VerificationOutcome]
        let plannedSeconds: Double
    }

    let parts: [Part]

    var plannedSeconds: Double { parts.reduce(0) { $0 + $1.plannedSeconds } }

    init(_ options: VerificationOptions, registry: Registry) throws(RunError) {
        let subjects = try VerificationPlan.subjects(options, registry)
        let known = Set(VerificationCheck.all.map(\.id))
        if let unknown = options.checks.first(where: { !known.contains($0) }) {
            let hint = NearestWord.hint(for: unknown, among: known.sorted())
            throw .usage("there is no check '\(unknown)'; there are: \(known.sorted().joined(separator: ", "))\(hint)")
        }
        let only = try VerificationPlan.only(options, subjects)
        let budget = options.budgetSeconds ?? VerificationPlan.defaultBudgetSeconds(options, subjects)
        let chosen = subjects.map { subject in
            VerificationCheck.checks(for: subject).filter { options.checks.isEmpty || options.checks.contains($0.id) }
        }
        let applicable = zip(subjects, chosen).map { subject, checks in
            checks.filter { $0.reasonAgainst(subject) == nil }
        }
        // Controls must be caught whenever they are verified, so that theirs are all made.
        let samples = subjects.map {
            $0.role == .control || options.runs == 1 ? 1 : VerificationOptions.casesOfOneOfMany
        }
        let fixed =
            zip(applicable, samples).reduce(0) { sum, next in
                sum + next.0.reduce(0) { $0 + $1.fixedSeconds } / Double(next.1)
            }
            + VerificationPlan.processSeconds * Double(subjects.count)
        let shares = applicable.joined().reduce(0) { $0 + $1.share }
        let secondsAShare = shares > 0 ? max(0, budget - fixed) / shares : 0
        parts = zip(zip(subjects, samples), zip(chosen, applicable)).map { subject, checks in
            let ((subject, sample), (chosen, applicable)) = (subject, checks)
            let orders = applicable.map { check in
                let seconds = min(check.mostSeconds, check.share * secondsAShare)
                return VerificationJob.Check(
                    id: check.id,
                    seconds: seconds,
                    timeLimitSeconds: 30 + 6 * (check.fixedSeconds + seconds) + check.patienceSeconds,
                    patienceSeconds: options.runs > 1 ? min(1, check.patienceSeconds) : check.patienceSeconds,
                    only: only,
                    sampleOneIn: sample
                )
            }
            return Part(
                subject: subject,
                checks: orders,
                unsupported: chosen.compactMap { check in
                    check.reasonAgainst(subject).map { reason in
                        VerificationOutcome(
                            check: check.id,
                            verdict: .unsupported,
                            specification: "",
                            detail: reason
                        )
                    }
                },
                plannedSeconds: VerificationPlan.processSeconds
                    + zip(applicable, orders).reduce(0) { $0 + $1.0.fixedSeconds / Double(sample) + $1.1.seconds }
            )
        }
        guard parts.contains(where: { !$0.checks.isEmpty }) else {
            throw .nothingToMeasure("no implementation is left to verify, or no check applies to any")
        }
    }

    private static func defaultBudgetSeconds(
        _ options: VerificationOptions,
        _ subjects: [VerificationSubject]
    ) -> Double {
        let once = VerificationOptions.defaultBudgetSeconds(implementations: subjects.count)
        return options.runs > 1 ? min(once, VerificationOptions.budgetSecondsOfOneOfMany) : once
    }

    /// The case that alone is to be made; one that its check doesn't have is the caller's mistake.
    private static func only(
        _ options: VerificationOptions,
        _ subjects: [VerificationSubject]
    ) throws(RunError) -> VerificationCase? {
        guard let text = options.only else { return nil }
        guard subjects.count == 1, options.checks.count == 1 else {
            throw .usage("--only is for one implementation and one check: --implementation ID --check ID --only CASE")
        }
        let forms = VerificationCheck.checks(for: subjects[0]).first { $0.id == options.checks[0] }?.cases ?? []
        guard let only = VerificationCase(text), forms.contains(where: { only.has($0.fields) }) else {
            let known = forms.map(\.example).joined(separator: " or ")
            throw .usage(
                "there is no case '\(text)' of the check '\(options.checks[0])'; "
                    + (forms.isEmpty ? "it has none" : "its cases are written \(known)")
            )
        }
        return only
    }

    /// Starting a child.
    private static let processSeconds = 0.06

    /// Those that were asked for; otherwise all that must keep promises, and the controls that must break them.
    private static func subjects(
        _ options: VerificationOptions,
        _ registry: Registry
    ) throws(RunError) -> [VerificationSubject] {
        let all = registry.subjects
        try registry.checkNames(options.implementations)
        var subjects =
            options.implementations.isEmpty
            ? all.filter { $0.role != .yardstick && !$0.isWarning }
            : all.filter { options.implementations.contains($0.id) }
        if let filter = options.filter {
            guard let regex = try? Regex(filter) else {
                throw .usage("--filter '\(filter)' is not a regular expression")
            }
            subjects = subjects.filter { $0.id.firstMatch(of: regex) != nil }
        }
        return subjects
    }
}

extension VerificationSubject {
    fileprivate var isWarning: Bool { implementation.standing == .warning }
}
