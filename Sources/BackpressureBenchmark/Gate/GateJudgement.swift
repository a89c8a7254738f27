/// Holds the results of a run to a baseline and to thresholds. It fails closed: what is missing, what isn't finite and
/// what can't be told are findings like a regression is.
package struct GateJudgement: Sendable {
    package private(set) var rows: [GateRow] = []
    package private(set) var findings: [Verdict.Finding] = []
    /// Those that the run itself found.
    package var ofRun: [Verdict.Finding] { results.findings }
    /// Those, of all findings, that say of a row why it can't be compared.
    package private(set) var missed: [Verdict.Finding] = []
    /// References without a yardstick beside them, which nothing holds.
    private var unheld: [String] = []
    /// What is worth knowing and fails nothing.
    package private(set) var notes: [String] = []
    /// Rows of `comparison.csv` whose intervals more blocks could narrow.
    package private(set) var unsettled: Set<Subject> = []

    /// One row of `comparison.csv`.
    package struct Subject: Hashable, Sendable {
        package var scenario: String
        package var driver: String
        package var implementation: String
    }

    /// What the judgement must know beside the files.
    package struct Context: Sendable {
        /// Those whose speed nobody promises anything of: controls and yardsticks.
        package var bystanders: Set<String>
        /// Does nothing: what the reference itself is held against.
        package var yardsticks: [String]
        /// Whether the run was asked for this at all.
        package var isAsked: @Sendable (_ scenario: String, _ implementation: String) -> Bool
        package var seed: UInt64

        package init(
            bystanders: Set<String>,
            yardsticks: [String],
            seed: UInt64,
            isAsked: @escaping @Sendable (_ scenario: String, _ implementation: String) -> Bool
        ) {
            self.bystanders = bystanders
            self.yardsticks = yardsticks
            self.seed = seed
            self.isAsked = isAsked
        }
    }

    private let results: RecordedResults
    private let baseline: RecordedResults
    private let thresholds: Thresholds
    private let context: Context

    package init(
        _ results: RecordedResults,
        baseline: RecordedResults,
        thresholds: Thresholds,
        context: Context
    ) {
        self.results = results
        self.baseline = baseline
        self.thresholds = thresholds
        self.context = context
        findings = results.findings
        checkOrigin()
        holdRatios()
        holdPresence()
        for rule in thresholds.bounds { hold(rule) }
        if !unheld.isEmpty {
            let names = unheld.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            notes.append(
                "Held by nothing, being what the others are held against where no yardstick is measured: "
                    + "\(names.joined(separator: ", ")). 'compare' of two revisions would see it become slower."
            )
        }
    }

    /// A baseline that was measured otherwise says nothing of this run.
    private mutating func checkOrigin() {
        let (now, before) = (results.profile, baseline.profile)
        if now != before {
            findings.append(
                .init(
                    .notMeasured,
                    "the baseline \(baseline.folder) was measured with the profile '\(before)', this run with '\(now)': "
                        + "measure both with the same"
                )
            )
        }
        if !baseline.findings.isEmpty {
            findings.append(
                .init(.notMeasured, "the baseline \(baseline.folder) is of a run that failed; measure it anew")
            )
        }
        for (name, new, old) in [
            ("processor", results.environment.cpuModel, baseline.environment.cpuModel),
            (
                "number of processors", "\(results.environment.cores)",
                "\(baseline.environment.cores)"
            ),
        ] where new != old {
            notes.append(
                "The baseline's \(name) was another (\(old ?? "unknown"), here \(new ?? "unknown")): ratios carry over "
                    + "better than times, but not always."
            )
        }
    }

    // MARK: - Ratios

    private mutating func holdRatios() {
        var known: Set<Subject> = []
        let measured = Dictionary(
            results.comparison.map { (Subject($0), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        for row in baseline.comparison {
            let subject = Subject(row)
            known.insert(subject)
            guard context.isAsked(subject.scenario, subject.implementation) else { continue }
            guard let current = measured[subject] else {
                miss(subject, "comparison", "in the baseline, but not measured now")
                continue
            }
            guard !context.bystanders.contains(subject.implementation) else { continue }
            guard current.reference == row.reference else {
                let (now, before) = (current.reference ?? "none", row.reference ?? "none")
                miss(subject, "comparison", "its ratios are to '\(now)' now, in the baseline to '\(before)'")
                continue
            }
            guard let reference = row.reference else { continue }
            for metric in Metric.all where metric.better != nil { hold(subject, metric, to: reference) }
        }
        for subject in measured.keys.sorted(by: { ($0.scenario, $0.implementation) < ($1.scenario, $1.implementation) })
        where !known.contains(subject) && !context.bystanders.contains(subject.implementation) {
            add(subject, "comparison", .new, "not in the baseline, so that nothing holds it; measure the baseline anew")
        }
    }

    private mutating func hold(_ subject: Subject, _ metric: Metric, to reference: String) {
        let rule = thresholds.ratios.last {
            $0.metric == metric.name
                && $0.selection.includes(
                    scenario: subject.scenario,
                    implementation: subject.implementation,
                    driver: subject.driver
                )
        }
        guard let tolerance = rule?.tolerance else { return }
        // The reference can't be held against itself: that nothing else has changed its ratio to it says nothing of it.
        let reference =
            reference == subject.implementation
            ? context.yardsticks.first { baseline.has(subject, $0, metric) }
            : reference
        guard baseline.has(subject, subject.implementation, metric) else { return }
        guard let reference else {
            unheld.append("\(subject.implementation) in \(subject.scenario)")
            return
        }
        let before = baseline.ratios(subject, to: reference, metric)
        let now = results.ratios(subject, to: reference, metric)
        for (side, ratios) in [("the baseline", before), ("this run", now)] where !ratios.isComplete {
            let blocks = ratios.values.isEmpty ? "" : " in \(ratios.without) of its \(ratios.blocks) blocks"
            miss(
                subject,
                metric.name,
                "\(side) has no positive, finite ratio to '\(reference)'\(blocks)",
                reference: reference
            )
            return
        }
        guard let base = before.median, let current = now.median else { return }
        let shift = Shift(
            from: before.goodness(metric),
            to: now.goodness(metric),
            tolerance: tolerance,
            leastBlocks: thresholds.leastBlocks,
            bootstrap: Bootstrap(seed: context.seed, confidence: thresholds.confidence)
        )
        var row = GateRow(
            scenario: subject.scenario,
            driver: subject.driver,
            implementation: subject.implementation,
            metric: metric.name,
            kind: .ratio,
            reference: reference,
            blocks: now.values.count,
            baselineBlocks: before.values.count,
            current: current,
            baseline: base,
            change: shift.change.median,
            changeCiLow: shift.change.low,
            changeCiHigh: shift.change.high,
            limit: Numbers.decimal(1 - tolerance, decimals: 4),
            verdict: .pass
        )
        let interval = Numbers.percentages(shift.change)
        let sure = "\(Numbers.decimal(thresholds.confidence * 100, decimals: 1)) % sure"
        switch shift.answer {
        case .within: row.verdict = .pass
        case .better:
            row.verdict = .improvement
            row.detail = "better: \(interval), \(sure)"
        case .worse:
            row.verdict = .regression
            row.detail = "worse: \(interval), \(sure); -\(Numbers.decimal(tolerance * 100, decimals: 1)) % is tolerated"
            findings.append(.init(.regression, "\(row.label) is \(row.detail ?? "worse")"))
            unsettled.insert(subject)
        case .undecided:
            row.verdict = .undecided
            row.detail =
                "\(interval), which may or may not be within the -\(Numbers.decimal(tolerance * 100, decimals: 1)) % that are "
                + "tolerated (\(now.values.count) blocks against the baseline's \(before.values.count))"
            findings.append(.init(.cannotMeasure, "can't tell on this machine: \(row.label) \(row.detail ?? "")"))
            unsettled.insert(subject)
        }
        rows.append(row)
    }

    private mutating func miss(_ subject: Subject, _ metric: String, _ why: String, reference: String? = nil) {
        let row = add(subject, metric, .missing, why, reference: reference)
        missed.append(.init(.notMeasured, "\(row.label): \(why)"))
        findings.append(missed[missed.count - 1])
    }

    @discardableResult
    private mutating func add(
        _ subject: Subject,
        _ metric: String,
        _ verdict: GateRow.Outcome,
        _ detail: String,
        reference: String? = nil
    ) -> GateRow {
        let row = GateRow(
            scenario: subject.scenario,
            driver: subject.driver,
            implementation: subject.implementation,
            metric: metric,
            kind: .ratio,
            reference: reference,
            verdict: verdict,
            detail: detail
        )
        rows.append(row)
        return row
    }

    // MARK: - Presence

    /// What has no ratios must be there again all the same; and a baseline in which nothing fits what was asked for holds nothing.
    private mutating func holdPresence() {
        var isAnythingAsked = baseline.comparison.contains { context.isAsked($0.scenario, $0.implementation) }
        for file in [Thresholds.RecordedFile.accuracy, .stress] {
            var measured = Set((results.bounded(file) ?? []).map(\.subject))
            for row in baseline.bounded(file) ?? [] where context.isAsked(row.scenario, row.implementation) {
                isAnythingAsked = true
                // Said once of each, however many rows there are.
                guard measured.insert(row.subject).inserted else { continue }
                let missing = GateRow(
                    scenario: row.scenario,
                    implementation: row.implementation,
                    metric: file.rawValue,
                    kind: .bound,
                    verdict: .missing,
                    detail: "in the baseline, but not measured now"
                )
                rows.append(missing)
                findings.append(.init(.notMeasured, "\(missing.label): \(missing.detail ?? "")"))
            }
        }
        guard !isAnythingAsked else { return }
        findings.append(
            .init(
                .notMeasured,
                "nothing in the baseline \(baseline.folder) fits the options, so that nothing was held to it"
            )
        )
    }

    // MARK: - Bounds

    private mutating func hold(_ rule: Thresholds.BoundRule) {
        let place = "\(thresholds.path)\(rule.line.map { ":\($0)" } ?? "")"
        let name = "\(rule.file.rawValue).\(rule.column)"
        guard let rows = results.bounded(rule.file) else {
            findings.append(
                .init(.notMeasured, "\(place): \(results.folder) has no \(rule.file.rawValue).csv to hold '\(name)' in")
            )
            return
        }
        var held = 0
        for row in rows {
            guard
                rule.selection.includes(scenario: row.scenario, implementation: row.implementation, driver: row.driver),
                rule.selection.implementations.contains(row.implementation)
                    || !context.bystanders.contains(row.implementation)
            else { continue }
            held += 1
            hold(rule, name, row)
        }
        let narrowed = !rule.selection.scenarios.isEmpty || !rule.selection.implementations.isEmpty
        if held == 0, !narrowed || baselineAsks(rule) {
            findings.append(.init(.notMeasured, "\(place): no row of \(rule.file.rawValue).csv is left for '\(name)'"))
        }
    }

    /// Whether the run should have had rows for a rule that found none.
    private func baselineAsks(_ rule: Thresholds.BoundRule) -> Bool {
        (baseline.bounded(rule.file) ?? []).contains { row in
            context.isAsked(row.scenario, row.implementation)
                && rule.selection.includes(
                    scenario: row.scenario,
                    implementation: row.implementation,
                    driver: row.driver
                )
        }
    }

    private mutating func hold(
        _ rule: Thresholds.BoundRule,
        _ name: String,
        _ row: BoundedRow
    ) {
        var result = GateRow(
            scenario: row.scenario,
            driver: row.driver,
            implementation: row.implementation,
            metric: name,
            kind: .bound,
            limit: rule.wording,
            verdict: .pass
        )
        if let equals = rule.equals {
            let found = row.field(rule.column)
            if found != equals {
                result.verdict = found == nil ? .missing : .broken
                result.detail = "is \(found.map { "'\($0)'" } ?? "not measured"); allowed: \(rule.wording)"
            }
        } else if let value = row.field(rule.column).flatMap(Double.init(csvField:)) {
            result.current = value
            if rule.least.map({ value < $0 }) ?? false || rule.most.map({ value > $0 }) ?? false {
                result.verdict = .broken
                result.detail = "is \(value.csvField ?? ""); allowed: \(rule.wording)"
            }
        } else {
            result.verdict = .missing
            result.detail = "is not measured; allowed: \(rule.wording)"
        }
        rows.append(result)
        switch result.verdict {
        case .missing: findings.append(.init(.notMeasured, "\(result.label) \(result.detail ?? "")"))
        case .broken: findings.append(.init(rule.file.exitCode, "\(result.label) \(result.detail ?? "")"))
        default: break
        }
    }
}

extension Thresholds.BoundRule {
    /// `at most 0`.
    fileprivate var wording: String {
        if let equals { return "'\(equals)'" }
        let parts = [least.map { "at least \($0.csvField ?? "")" }, most.map { "at most \($0.csvField ?? "")" }]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}

extension Thresholds.RecordedFile {
    fileprivate var exitCode: ExitCode {
        switch self {
        case .comparison: .regression
        case .accuracy, .verify: .verificationFailed
        case .stress: .stressFailed
        }
    }
}

extension GateJudgement.Subject {
    fileprivate init(_ row: ComparisonRow) {
        self.init(scenario: row.scenario, driver: row.driver.rawValue, implementation: row.implementation)
    }
}

extension RecordedResults {
    /// The rows that a bound may be for; `nil`: there is no such file.
    fileprivate func bounded(_ file: Thresholds.RecordedFile) -> [BoundedRow]? {
        switch file {
        case .comparison: comparison.map { BoundedRow($0, $0.scenario, $0.implementation, $0.driver.rawValue) }
        case .accuracy: files.accuracy?.map { BoundedRow($0, $0.scenario, $0.implementation) }
        case .stress: files.stress?.map { BoundedRow($0, $0.scenario, $0.implementation) }
        // A check is to a verification what a scenario is to a run.
        case .verify: files.verification?.map { BoundedRow($0, $0.check, $0.implementation) }
        }
    }

    private func values(_ subject: GateJudgement.Subject, _ implementation: String, _ metric: Metric) -> [Int: Double] {
        guard let driver = Scenario.Driver(rawValue: subject.driver) else { return [:] }
        let key = Series(
            scenario: subject.scenario,
            driver: driver,
            implementation: implementation,
            metric: metric.name
        )
        return series[key] ?? [:]
    }

    fileprivate func has(_ subject: GateJudgement.Subject, _ implementation: String, _ metric: Metric) -> Bool {
        !values(subject, implementation, metric).isEmpty
    }

    /// The subject's values over the reference's, block by block. A block without a positive, finite quotient is counted:
    /// leaving it out would let something that hangs at times pass by the blocks in which it doesn't.
    fileprivate func ratios(_ subject: GateJudgement.Subject, to reference: String, _ metric: Metric) -> BlockRatios {
        let own = values(subject, subject.implementation, metric)
        let other = values(subject, reference, metric)
        // Where nothing was counted there is no latency either. Memory is measured in processes, and blocks, of its own.
        let all =
            Metric.accounted.contains(metric.name) ? 0 : values(subject, subject.implementation, .throughput).count
        return BlockRatios(
            values: own.keys.sorted().compactMap { block in
                guard let value = own[block], let base = other[block], case let ratio = value / base, ratio.isFinite,
                    ratio > 0
                else { return nil }
                return ratio
            },
            blocks: max(own.count, all)
        )
    }
}

/// A row of any file, as a bound sees it.
private struct BoundedRow {
    let scenario: String
    let implementation: String
    let driver: String?
    let field: (String) -> String?

    var subject: GateJudgement.Subject {
        .init(scenario: scenario, driver: driver ?? "", implementation: implementation)
    }

    init<Row: ResultRow>(_ row: Row, _ scenario: String, _ implementation: String, _ driver: String? = nil) {
        (self.scenario, self.implementation, self.driver) = (scenario, implementation, driver)
        field = { name in Row.columns.first { $0.name == name }?.field(row) }
    }
}

private struct BlockRatios {
    var values: [Double]
    /// How many there were, with those that have no ratio.
    var blocks: Int

    var without: Int { blocks - values.count }
    var isComplete: Bool { without == 0 && blocks > 0 }
    var median: Double? { Bootstrap.median(values) }

    /// The same so that more is better.
    func goodness(_ metric: Metric) -> [Double] {
        metric.better == .lower ? values.map { 1 / $0 } : values
    }
}
