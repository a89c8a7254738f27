import Foundation

/// All that a run found out, as the rows of its files, and what keeps it from passing.
struct RunResults: Sendable {
    var samples: [SampleRow] = []
    var comparison: [ComparisonRow] = []
    var judgedAccuracy: [JudgedAccuracy] = []
    var stress: [StressRow] = []
    var memory: [MemoryRow] = []
    var findings: [Verdict.Finding] = []
    var noise = EnvironmentRecord.Noise()
    var clockCostNanoseconds: Double?
    var capMethod: MemoryCap.Method?
    /// Whether each control failed somewhere as it must, of those that were in a scenario that should show it.
    private var controlWasCaught: [String: Bool] = [:]

    var accuracy: [AccuracyRow] { judgedAccuracy.map(\.row) }

    init(_ results: Runner.Results, plan: RunPlan, seed: UInt64) {
        for result in results.measured {
            switch result.measurement.job.kind {
            case .speed, .memory: addSamples(result)
            case .system: addSystem(result)
            case .accuracy: addAccuracy(result)
            case .flood: addStress(result)
            }
        }
        addLateness()
        comparison = ComparisonTable(samples: samples, scenarios: plan.scenarios, seed: seed).rows
        if !results.isInterrupted {
            addMissing(plan)
            addBlindness()
        }
        noise.measurementsRepeated = results.repeated
        if plan.lineLimitNanoseconds != nil {
            noise.measurementsHeldBack = results.waited
            noise.heldBackS = results.waitedSeconds
        }
        addNoise(results.measured.compactMap { $0.outcome?.report?.noise })
        capMethod = results.measured.compactMap(\.capMethod).first
        if results.isInterrupted {
            let left = plan.measurements.count - results.measured.count
            let all = plan.measurements.count
            findings.append(.init(.notMeasured, "interrupted with \(left) of \(all) measurements left"))
        }
    }

    // MARK: - Throughput

    private mutating func addSamples(_ result: Runner.Result) {
        let job = result.measurement.job
        guard let report = report(of: result) else { return }
        if let violation = report.violation {
            findings.append(.init(.verificationFailed, "\(job.label): \(violation)"))
        }
        for metric in Metric.all {
            if let value = report[metric] { addSample(result.measurement, metric.name, metric.unit, value) }
        }
        memory += report.memory.map { MemoryRow($0, job: job) }
    }

    private mutating func addSample(
        _ measurement: RunPlan.Measurement,
        _ metric: String,
        _ unit: String,
        _ value: Double
    ) {
        let job = measurement.job
        samples.append(
            SampleRow(
                scenario: job.scenario.name,
                mechanism: job.scenario.mechanism,
                implementation: job.implementation,
                family: measurement.family.rawValue,
                driver: job.driver,
                block: measurement.block + 1,
                repetition: measurement.block + 1,
                metric: metric,
                unit: unit,
                value: value
            )
        )
    }

    /// The child's report, or a finding that says why there is none.
    private mutating func report(of result: Runner.Result) -> MeasurementReport? {
        if let report = result.outcome?.report, result.outcome?.ending == .finished { return report }
        findings.append(.init(.notMeasured, "\(result.measurement.job.label): \(result.trouble)"))
        return nil
    }

    /// A figure that was asked for and isn't there is a finding, though its process may have ended well.
    private mutating func addMissing(_ plan: RunPlan) {
        for row in comparison {
            guard let scenario = plan.scenarios.first(where: { $0.name == row.scenario }) else { continue }
            var missing: [String] = []
            if scenario.section == .systems {
                if row.throughputPerS == nil { missing.append("throughput") }
                if row.latencyP99Ns == nil, scenario.hasLatency { missing.append("latency") }
            } else if scenario.isIdle {
                if row.repetitions == 0 { missing.append("processor time") }
                if row.peakAllocatedBytes == nil { missing.append("memory") }
            } else {
                if row.throughputPerS == nil { missing.append("throughput") }
                if row.allocationsPerOp == nil || row.peakAllocatedBytes == nil { missing.append("memory") }
            }
            if scenario.isOpenLoop || scenario.isRoundTrip, row.latencyP99Ns == nil { missing.append("latency") }
            if !missing.isEmpty, !findings.contains(where: { $0.message.hasPrefix(row.label) }) {
                findings.append(.init(.notMeasured, "\(row.label): no \(missing.joined(separator: ", no "))"))
            }
        }
    }

    // MARK: - Systems

    private mutating func addSystem(_ result: Runner.Result) {
        addSamples(result)
        let job = result.measurement.job
        guard let figures = result.outcome?.report?.system, result.outcome?.ending == .finished else { return }
        if let complaint = SystemJudgement(figures, role: result.measurement.role).complaint {
            findings.append(.init(.verificationFailed, "\(job.label): \(complaint)"))
        }
    }

    // MARK: - Accuracy

    private mutating func addAccuracy(_ result: Runner.Result) {
        let job = result.measurement.job
        guard case .limiter(let load) = job.scenario.load, let figures = report(of: result)?.accuracy else { return }
        let judgement = AccuracyJudgement(figures, load: load)
        judgedAccuracy.append(JudgedAccuracy(result.measurement, load, figures, judgement))
        let single: [(String, String, Double?)] = [
            ("error", "ppm", judgement.errorPartsPerMillion), ("overshoot", "permits", figures.overshootPermits),
            ("jitter_p50", "ns", figures.jitterP50Nanoseconds), ("jitter_p99", "ns", figures.jitterP99Nanoseconds),
            ("decision", "ns", figures.decisionNanoseconds),
            ("wrong_decisions", "1", figures.wrongDecisions.map(Double.init)),
            ("decisions", "1", figures.decisions.map(Double.init)), ("withheld", "permits", figures.withheldPermits),
            ("kept_waiting", "1", figures.keptShare), ("timer_kept_waiting", "1", figures.timerKeptShare),
            ("timer_p50", "ns", figures.timerP50Nanoseconds), ("timer_p99", "ns", figures.timerP99Nanoseconds),
            ("processors", "1", figures.processors),
            ("overshoot_window_start", "ns", figures.worstWindow.map { Double($0.startNanoseconds) }),
            ("overshoot_window_end", "ns", figures.worstWindow.map { Double($0.endNanoseconds) }),
            ("overshoot_window_permits", "permits", figures.worstWindow.map { Double($0.permits) }),
        ]
        for (metric, unit, value) in single {
            if let value { addSample(result.measurement, metric, unit, value) }
        }
        if result.measurement.role != .control, let complaint = judgement.complaint {
            findings.append(.init(.verificationFailed, "\(job.label): \(complaint)"))
        }
        guard result.measurement.role == .control else { return }
        let isCaught: Bool
        switch result.measurement.standing {
        case .warning:
            // Named where its fault shows, and anywhere else only if somebody asked for it.
            guard job.scenario.implementations.contains(job.implementation) else { return }
            isCaught = judgement.complaint != nil || judgement.lateness != nil
        case .own, .peer, .variant:
            // Under steady demand a fixed window may look innocent; after a rest it can't.
            guard load.demand.rests else { return }
            isCaught = figures.overshootPermits >= 1
        }
        controlWasCaught[job.implementation, default: false] = isCaught || controlWasCaught[job.implementation] ?? false
    }

    /// A limiter is late if it was in more than half of its blocks: in one, the machine may have been.
    private mutating func addLateness() {
        for blocks in Dictionary(grouping: judgedAccuracy.indices, by: { judgedAccuracy[$0].label }).values {
            let late = blocks.filter { judgedAccuracy[$0].judgement.lateness != nil }
            guard let first = late.first, 2 * late.count > blocks.count else { continue }
            for index in late { judgedAccuracy[index].failIfLate() }
            let judged = judgedAccuracy[first]
            guard judged.role != .control, let lateness = judged.judgement.lateness else { continue }
            let share = blocks.count > 1 ? " (and so in \(late.count) of \(blocks.count) blocks)" : ""
            findings.append(.init(.verificationFailed, "\(judged.label): \(lateness)\(share)"))
        }
    }

    /// A control that kept its promise wherever it could have broken it shows that the check sees nothing.
    private mutating func addBlindness() {
        for (control, wasCaught) in controlWasCaught.sorted(by: { $0.key < $1.key }) where !wasCaught {
            let complaint = "the control '\(control)' kept the envelope in every scenario, so the check sees nothing"
            findings.append(.init(.verificationFailed, complaint))
        }
    }

    // MARK: - Stress

    private mutating func addStress(_ result: Runner.Result) {
        guard let row = StressJudgement(result).row else {
            findings.append(.init(.notMeasured, "\(result.measurement.job.label): \(result.trouble)"))
            return
        }
        stress.append(row)
        let job = result.measurement.job
        memory += result.outcome?.heartbeats.map { MemoryRow($0.memory, job: job) } ?? []
        if let flood = result.outcome?.report?.flood {
            if let peak = flood.peakAllocatedBytes {
                addSample(result.measurement, "flood_peak_allocated", "B", Double(peak))
            }
            if let retained = flood.retainedBytes {
                addSample(result.measurement, "flood_retained", "B", Double(retained))
            }
        }
        if row.verdict != "pass" {
            findings.append(.init(.stressFailed, "\(job.label): \(StressJudgement(result).complaint ?? row.outcome)"))
        }
    }

    // MARK: - Noise

    private mutating func addNoise(_ noises: [MachineNoise]) {
        guard !noises.isEmpty else { return }
        let calibrations = noises.map(\.calibrationNanoseconds)
        let mean = calibrations.reduce(0, +) / Double(calibrations.count)
        let variance = calibrations.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(calibrations.count)
        noise.calibrationCV = variance.squareRoot() / mean
        noise.pingPongP50Ns = Bootstrap.median(noises.map(\.pingPongNanoseconds))
        noise.pingPongMaxNs = noises.map(\.pingPongNanoseconds).max()
        clockCostNanoseconds = Bootstrap.median(noises.map(\.clockNanoseconds))
    }
}

extension MeasurementJob {
    /// What it is, for people.
    var label: String { "\(scenario.name), \(implementation) (\(driver.rawValue))" }
}

extension ComparisonRow {
    var label: String { "\(scenario), \(implementation) (\(driver.rawValue))" }
}

extension MemoryRow {
    init(_ sample: MemorySample, job: MeasurementJob) {
        self.init(
            scenario: job.scenario.name,
            implementation: job.implementation,
            elapsedNs: sample.elapsedNanoseconds,
            allocatedBytes: sample.gauges.allocated,
            activeBytes: sample.gauges.active,
            residentBytes: sample.gauges.resident,
            metadataBytes: sample.gauges.metadata,
            depth: sample.depth
        )
    }
}

extension Runner.Result {
    /// Why there is no measurement, in words.
    var trouble: String { error ?? outcome?.trouble ?? "not run" }
}

extension ChildProcess.Outcome {
    /// How it ended, in words, if it should have said more than it did.
    var trouble: String {
        let said = complaint.isEmpty ? "" : "; it said: \(complaint)"
        switch ending {
        case .finished: return failure ?? "the measuring process ended without a report\(said)"
        case .exited(let code): return "the measuring process exited with \(code)\(said)"
        case .signalled(let signal): return "the measuring process crashed (\(signalName(signal)))\(said)"
        case .hung: return "the measuring process hung and was ended after \(Int(seconds)) s"
        }
    }
}

/// The name of a signal, as `kill -l` has it.
func signalName(_ number: Int) -> String {
    let names = [
        4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 14: "SIGALRM",
    ]
    return names[number] ?? "signal \(number)"
}

extension Scenario {
    /// Whether elements have intended start times, so that latency can be measured.
    var isOpenLoop: Bool {
        guard case .queue(let load) = load else { return false }
        return switch load.arrival {
        case .closedLoop, .alternating, .roundTrip, .idle: false
        case .constant, .poisson, .onOff, .trace: true
        }
    }

    /// Whether elements go to and fro, so that the latency of the whole trip can be measured.
    var isRoundTrip: Bool {
        if case .queue(let load) = load { load.arrival == .roundTrip } else { false }
    }

    /// Whether nothing is offered at all.
    var isIdle: Bool {
        if case .queue(let load) = load { load.arrival == .idle } else { false }
    }

    /// Of a whole system: whether anything has a latency in it.
    var hasLatency: Bool {
        if case .system(let load) = load { load.hasLatency } else { true }
    }

    /// Whether there are times in which nothing is offered.
    var comesInBursts: Bool {
        if case .queue(let load) = load, case .onOff = load.arrival { true } else { false }
    }

    /// Whether it replays recorded traffic.
    var replaysTrace: Bool {
        switch load {
        case .queue(let load): if case .trace = load.arrival { true } else { false }
        case .limiter(let load): if case .trace = load.demand { true } else { false }
        case .breaker, .concurrencyLimit, .flood: false
        case .system(let load): load.arrival != nil
        }
    }
}
