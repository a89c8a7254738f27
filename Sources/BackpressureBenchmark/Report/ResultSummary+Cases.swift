extension ResultSummary {
    /// Everything in the folder that was judged, one case each: the verdict's findings first, then row by row.
    var cases: [ReportedCase] {
        let verdict = results.verdict?.cases(suite: "verdict") ?? []
        return verdict
            + numbered(
                groups.flatMap { group in group.rows.map { speedCase($0, in: group) } }
                    + (results.accuracy ?? []).map(accuracyCase) + (results.stress ?? []).map(floodCase)
                    + (results.verification ?? []).map(verificationCase) + (results.gate ?? []).map(gateCase)
            )
    }

    /// Names of repetitions made different from each other.
    private func numbered(_ cases: [ReportedCase]) -> [ReportedCase] {
        var seen: [String: Int] = [:]
        return cases.map { one in
            let key = "\(one.suite)\n\(one.name)"
            seen[key, default: 0] += 1
            guard let count = seen[key], count > 1 else { return one }
            var one = one
            one.name += " (\(count))"
            return one
        }
    }

    private func speedCase(_ row: ComparisonRow, in group: Group) -> ReportedCase {
        let suite =
            switch group.kind {
            case .throughput: "throughput"
            case .latency: "latency"
            case .idle: "idle"
            case .decisions: "decisions"
            case .systems: "systems"
            case .calls: "calls"
            case .permits: "permits"
            }
        let isMeasured =
            switch group.kind {
            case .idle: estimate(.idleCPU, of: row) != nil
            case .latency: row.latencyP50Ns != nil
            case .throughput, .decisions, .calls, .permits: row.throughputPerS != nil
            // Each kind of trouble has metrics of its own.
            case .systems: Metric.all.contains { estimate($0, of: row) != nil }
            }
        return ReportedCase(
            suite: suite,
            name: "\(group.title): \(row.implementation)",
            outcome: isMeasured ? .pass : .fail,
            message: isMeasured ? nil : "not measured"
        )
    }

    private func accuracyCase(_ row: AccuracyRow) -> ReportedCase {
        var one = ReportedCase(
            suite: "accuracy",
            name: "\(row.scenario): \(row.implementation)",
            outcome: row.verdict == "pass" ? .pass : .fail,
            seconds: row.durationS
        )
        let overshoot = row.overshootPermits.map { Numbers.count($0) } ?? Numbers.notMeasured
        let error = Numbers.decimal(row.errorPpm, decimals: 0)
        let figures = "\(overshoot) permits over the envelope, error \(error) ppm"
        guard role(of: row.implementation) != .control else {
            // Whether it was caught often enough is for the verdict to say.
            one.outcome = row.verdict == "pass" ? .skipped : .pass
            one.message =
                row.verdict == "pass" ? "a control that this doesn't show up" : "a control, caught: \(figures)"
            return one
        }
        if one.outcome == .fail { one.message = figures }
        return one
    }

    private func floodCase(_ row: StressRow) -> ReportedCase {
        let isPass = row.verdict == "pass"
        let peak = Numbers.bytes(row.peakAllocatedBytes.map(Double.init))
        let bound = Numbers.bytes(row.boundBytes.map(Double.init))
        return ReportedCase(
            suite: "stress",
            name: "\(row.scenario): \(row.implementation)",
            outcome: isPass ? .pass : .fail,
            message: isPass ? nil : "expected: \(row.expected); \(row.outcome), peak \(peak), bound \(bound)",
            seconds: row.durationS
        )
    }

    private func verificationCase(_ row: VerifyRow) -> ReportedCase {
        var one = ReportedCase(
            suite: "verify",
            name: "\(row.mechanism.rawValue) \(row.implementation): \(row.check)",
            outcome: .pass,
            message: row.verdict == "pass" ? nil : [row.verdict, row.detail].compactMap(\.self).joined(separator: ": ")
        )
        if row.verdict == "unsupported" { one.outcome = .skipped }
        if results.verification?.isFault(row, role: role(of: row.implementation)) == true { one.outcome = .fail }
        return one
    }

    private func gateCase(_ row: GateRow) -> ReportedCase {
        let outcome: ReportedCase.Outcome =
            switch row.verdict {
            case .pass, .improvement: .pass
            case .regression, .missing, .broken: .fail
            case .undecided: .cannotTell
            case .new: .skipped
            }
        let words = [row.verdict.rawValue, row.detail].compactMap(\.self).joined(separator: ": ")
        return ReportedCase(
            suite: "gate",
            name: row.label,
            outcome: outcome,
            message: row.verdict == .pass ? nil : words
        )
    }
}
