/// What a flood came to: whether the process ended as its implementation's role says it must.
struct StressJudgement {
    /// The row of `stress.csv`; `nil`: nothing was measured.
    private(set) var row: StressRow?
    /// What is wrong, in words; `nil`: nothing.
    private(set) var complaint: String?

    init(_ result: Runner.Result) {
        let job = result.measurement.job
        guard let load = FloodColumns(job.scenario.load), let outcome = result.outcome else { return }
        if outcome.ending == .finished, outcome.report?.flood == nil { return }
        let isControl = result.measurement.role == .control
        let ending = FloodEnding(outcome, capBytes: load.capBytes ?? .max, oomKills: result.oomKills)
        var row = StressRow(
            scenario: job.scenario.name,
            implementation: job.implementation,
            family: result.measurement.family.rawValue,
            policy: load.policy,
            capBytes: load.capBytes,
            capMethod: result.capMethod?.rawValue,
            producers: load.producers,
            consumers: load.consumers,
            overloadFactor: load.overloadFactor,
            expected: isControl ? "dies" : "survives",
            outcome: ending.name,
            verdict: "fail"
        )
        if let flood = outcome.report?.flood {
            row.take(flood)
        } else if let last = outcome.heartbeats.last {
            row.take(last, first: outcome.heartbeats[0])
        }
        row.peakResidentBytes = [row.peakResidentBytes, result.capPeakBytes].compactMap(\.self).max()
        // Who survives has filled up in the first half and should grow no more; who dies grows to the end.
        let isSurvivor = ending.kind == .survived
        row.growthBytesPerS = growth(
            isSurvivor ? Array(outcome.heartbeats.suffix(outcome.heartbeats.count / 2)) : outcome.heartbeats
        )
        complaint =
            StressJudgement.complaint(row, ending, isControl: isControl, violation: outcome.report?.violation)
            ?? (isControl ? nil : outcome.report?.flood.flatMap(StressJudgement.complaint))
        row.verdict = complaint == nil ? "pass" : "fail"
        self.row = row
    }

    private static func complaint(
        _ row: StressRow,
        _ ending: FloodEnding,
        isControl: Bool,
        violation: String?
    ) -> String? {
        switch (ending.kind, isControl) {
        case (.diedOfMemory, true): return nil
        case (.survived, true):
            return "the control survived, so the memory cap doesn't work and no survival means anything"
        case (.diedOfMemory, false): return "ran out of memory (\(ending.name))"
        case (.endedOtherwise, _): return "ended by something else than want of memory (\(ending.name))"
        case (.survived, false): break
        }
        if let violation { return violation }
        guard let peak = row.peakAllocatedBytes, let bound = row.boundBytes else { return "its peak was not measured" }
        if peak > bound {
            let (peak, bound) = (Numbers.bytes(Double(peak)), Numbers.bytes(Double(bound)))
            return "allocated \(peak) at its peak, above the bound of \(bound)"
        }
        return nil
    }

    /// What a drained queue keeps that it has no use for.
    private static func complaint(_ flood: FloodFigures) -> String? {
        guard let retained = flood.retainedBytes, let bound = flood.retainedBoundBytes, retained > bound else {
            return nil
        }
        let (kept, allowed) = (Numbers.bytes(Double(retained)), Numbers.bytes(Double(bound)))
        return "kept \(kept) after it was drained, above the bound of \(allowed)"
    }

    /// The slope of the straight line through allocated bytes over time, by least squares; `nil`: too few samples.
    private func growth(_ heartbeats: [Heartbeat]) -> Double? {
        guard heartbeats.count >= 3 else { return nil }
        let points = heartbeats.map { (Double($0.memory.elapsedNanoseconds) / 1e9, Double($0.memory.gauges.allocated)) }
        let count = Double(points.count)
        let meanTime = points.reduce(0) { $0 + $1.0 } / count
        let meanBytes = points.reduce(0) { $0 + $1.1 } / count
        let spread = points.reduce(0) { $0 + ($1.0 - meanTime) * ($1.0 - meanTime) }
        guard spread > 0 else { return nil }
        return points.reduce(0) { $0 + ($1.0 - meanTime) * ($1.1 - meanBytes) } / spread
    }
}

/// What the columns of `stress.csv` say of a flood.
private struct FloodColumns {
    var policy: QueueLoad.Policy
    var capBytes: Int?
    var producers: Int
    var consumers: Int
    var overloadFactor: Double?

    /// `nil`: it is none.
    init?(_ load: Scenario.Load) {
        switch load {
        case .queue(let load):
            (policy, capBytes, overloadFactor) = (load.policy, load.memoryCapBytes, load.overloadFactor)
            (producers, consumers) = (load.queues * load.producers, load.queues * load.consumers)
        case .flood(let load):
            // Who finds no room at the entrance is told so.
            (policy, capBytes, overloadFactor) = (.reject, load.memoryCapBytes, load.overloadFactor)
            (producers, consumers) = (load.producers, load.consumers)
        case .limiter, .breaker, .concurrencyLimit, .system: return nil
        }
    }
}

extension Scenario.Load {
    /// Of a flood: what its process may take, in bytes.
    var memoryCapBytes: Int? { FloodColumns(self)?.capBytes }
}

/// How a flooded process ended, and of what.
struct FloodEnding {
    enum Kind { case survived, diedOfMemory, endedOtherwise }

    let kind: Kind
    /// The `outcome` column.
    let name: String

    init(_ outcome: ChildProcess.Outcome, capBytes: Int, oomKills: Int?) {
        // Swift aborts or faults when malloc returns nothing, and the kernel kills; but a process that was nowhere near
        // its cap died of something else.
        let peak = outcome.heartbeats.last?.peakResidentBytes ?? 0
        let wasNearCap = peak > capBytes / 2 || (oomKills ?? 0) > 0
        switch outcome.ending {
        case .finished:
            (kind, name) = (.survived, "survived")
        case .hung:
            (kind, name) = (.endedOtherwise, "hung")
        case .signalled(let signal):
            let isTypical = [6, 9, 11].contains(signal) && wasNearCap
            kind = isTypical ? .diedOfMemory : .endedOtherwise
            name = isTypical ? "died (\(signalName(signal)))" : "crashed (\(signalName(signal)))"
        case .exited(let code):
            let isTypical = code == MemoryCap.extentHooksExitCode
            kind = isTypical ? .diedOfMemory : .endedOtherwise
            name = isTypical ? "died (exit \(code))" : "exited (\(code))"
        }
    }
}

extension StressRow {
    fileprivate mutating func take(_ flood: FloodFigures) {
        durationS = flood.durationSeconds
        offered = flood.offered
        accepted = flood.accepted
        taken = flood.taken
        refused = flood.refused
        dropped = flood.dropped
        lost = flood.lost
        peakAllocatedBytes = flood.peakAllocatedBytes
        peakResidentBytes = flood.peakResidentBytes
        boundBytes = flood.boundBytes
    }

    /// What is known of a process that died: its last sign of life.
    fileprivate mutating func take(_ last: Heartbeat, first: Heartbeat) {
        durationS = Double(last.memory.elapsedNanoseconds) / 1e9
        secondsToDeath = durationS
        offered = last.offered
        accepted = last.accepted
        taken = last.taken
        peakAllocatedBytes = last.memory.gauges.allocated - first.memory.gauges.allocated
        peakResidentBytes = last.peakResidentBytes
    }
}
