/// A row of `accuracy.csv`: one limiter under one demand: how close it came to the rate, and whether it kept the envelope.
package struct AccuracyRow: ResultRow {
    package var scenario: String
    package var mechanism: Scenario.Mechanism
    package var implementation: String
    /// `mutex`, `actor`, `lock-free`, `other` or `foreign`.
    package var family: String
    package var clock: LimiterLoad.Clock
    package var callers: Int
    package var ratePerS: Double
    /// That it was held to: of a pacer 1, whatever the scenario's.
    package var burst: Int
    package var durationS: Double?
    package var granted: Int?
    /// What an exact oracle grants when asked at the same instants.
    package var allowed: Int?
    /// `granted` against `allowed`, in parts per million.
    package var errorPpm: Double?
    /// The largest excess over burst + rate · T of any window; 0: the envelope was kept.
    package var overshootPermits: Double?
    package var jitterP50Ns: Double?
    package var jitterP99Ns: Double?
    package var jainIndex: Double?
    /// The cost of one decision.
    package var decisionNs: Double?
    package var verdict: String

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("mechanism", \.mechanism),
        .init("implementation", \.implementation),
        .init("family", \.family),
        .init("clock", \.clock),
        .init("callers", \.callers),
        .init("rate_per_s", \.ratePerS),
        .init("burst", \.burst),
        .init("duration_s", \.durationS),
        .init("granted", \.granted),
        .init("allowed", \.allowed),
        .init("error_ppm", \.errorPpm),
        .init("overshoot_permits", \.overshootPermits),
        .init("jitter_p50_ns", \.jitterP50Ns),
        .init("jitter_p99_ns", \.jitterP99Ns),
        .init("jain_index", \.jainIndex),
        .init("decision_ns", \.decisionNs),
        .init("verdict", \.verdict),
    ]
}

/// A row of `accuracy.csv` with what it was made from.
struct JudgedAccuracy: Sendable {
    private(set) var row: AccuracyRow
    let role: Role
    /// What the measurement is called, in every block.
    let label: String
    let figures: AccuracyFigures
    let judgement: AccuracyJudgement

    init(
        _ measurement: RunPlan.Measurement,
        _ load: LimiterLoad,
        _ figures: AccuracyFigures,
        _ judgement: AccuracyJudgement
    ) {
        let job = measurement.job
        role = measurement.role
        label = job.label
        self.figures = figures
        self.judgement = judgement
        row = AccuracyRow(
            scenario: job.scenario.name,
            mechanism: job.scenario.mechanism,
            implementation: job.implementation,
            family: measurement.family.rawValue,
            clock: load.clock,
            callers: load.callers,
            ratePerS: load.ratePerSecond,
            burst: figures.burst ?? load.burst,
            durationS: figures.durationSeconds,
            granted: figures.granted,
            allowed: figures.allowed,
            errorPpm: judgement.errorPartsPerMillion,
            overshootPermits: figures.overshootPermits,
            jitterP50Ns: figures.jitterP50Nanoseconds,
            jitterP99Ns: figures.jitterP99Nanoseconds,
            jainIndex: figures.jainIndex,
            decisionNs: figures.decisionNanoseconds,
            verdict: judgement.complaint == nil ? "pass" : "fail"
        )
    }

    /// Makes what was late a failure.
    mutating func failIfLate() {
        if judgement.lateness != nil { row.verdict = "fail" }
    }
}
