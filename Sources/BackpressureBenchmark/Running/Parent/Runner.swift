import Foundation

/// Carries out a plan: one child process after the other, never two at once.
struct Runner: Sendable {
    let plan: RunPlan
    let child: ChildProcess
    let observer: any RunObserver

    /// What came of one measurement.
    struct Result: Sendable {
        var measurement: RunPlan.Measurement
        /// `nil`: no process could be started; `error` says why.
        var outcome: ChildProcess.Outcome?
        var error: String?
        var capMethod: MemoryCap.Method?
        /// How many processes the kernel killed for want of memory.
        var oomKills: Int?
        /// The most memory the capped group ever used.
        var capPeakBytes: Int?
    }

    /// What came of all.
    struct Results: Sendable {
        var measured: [Result] = []
        /// Measurements thrown away because the machine was disturbed, and made again.
        var repeated = 0
        /// Measurements that had to wait for the processors to be near, and how long all of them did.
        var waited = 0
        var waitedSeconds = 0.0
        /// Ended before the plan was.
        var isInterrupted = false
        /// How long it took, and what was said of that meanwhile.
        var timing = EnvironmentRecord.Timing(plannedS: 0, measuredS: 0)
    }

    func run() async -> Results {
        var results = Results()
        var remaining = RemainingTime(plannedSeconds: plan.plannedSecondsByKind)
        var disturbance = Disturbance()
        var gate = plan.lineLimitNanoseconds.map { LineGate(limitNanoseconds: $0) }
        var hung: Set<String> = []
        var timeLeft = TimeLeftLog()
        var kinds: [String: EnvironmentRecord.KindTiming] = [:]
        let begin = ContinuousClock.now
        func elapsedSeconds() -> Double { (ContinuousClock.now - begin) / .seconds(1) }
        for (index, measurement) in plan.measurements.enumerated() {
            if Task.isCancelled { break }
            timeLeft.said(leftSeconds: remaining.remainingSeconds, atSeconds: elapsedSeconds())
            observer.began(measurement, step: index + 1, remainingSeconds: remaining.remainingSeconds)
            if hung.contains(measurement.job.label) {
                var result = Result(measurement: measurement)
                result.error = "not measured again, because it hung before"
                observer.finished(result)
                results.measured.append(result)
                continue
            }
            let start = ContinuousClock.now
            var result = await measure(measurement, &gate, &results.repeated)
            if result.outcome?.ending == .hung { hung.insert(measurement.job.label) }
            // What a measurement found wrong counts, however noisy the machine was.
            let isClean = result.outcome?.report?.violation == nil
            let isDisturbed = gate == nil && disturbance.isDisturbed(result.outcome?.report?.noise)
            if isDisturbed, isClean, !Task.isCancelled {
                results.repeated += 1
                result = await measure(measurement)
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let kindName = measurement.job.kind.rawValue
            remaining.finished(planned: measurement.plannedSeconds, actual: seconds, kind: kindName)
            var kind = kinds[kindName] ?? .init()
            kind.processes += 1
            kind.plannedS += measurement.plannedSeconds
            kind.measuredS += seconds
            kinds[kindName] = kind
            // Ctrl-C goes to the child too, and may be seen there first.
            if Task.isCancelled || result.outcome?.ending.isInterruption == true { break }
            observer.finished(result)
            results.measured.append(result)
        }
        (results.waited, results.waitedSeconds) = (gate?.waited ?? 0, gate?.waitedSeconds ?? 0)
        results.isInterrupted = results.measured.count < plan.measurements.count
        let error = results.isInterrupted ? nil : timeLeft.error(endedAtSeconds: elapsedSeconds())
        results.timing = .init(
            plannedS: plan.plannedSeconds,
            measuredS: elapsedSeconds(),
            timeLeftErrorMean: error?.mean,
            timeLeftErrorWorst: error?.worst,
            kinds: kinds
        )
        return results
    }

    /// Measures while the processors are near, as often as it takes.
    private func measure(
        _ measurement: RunPlan.Measurement,
        _ gate: inout LineGate?,
        _ repeated: inout Int
    ) async -> Result {
        guard measurement.job.kind == .speed, gate != nil else { return await measure(measurement) }
        var attempt = 1
        while let opened = await gate?.open(), let gate, !Task.isCancelled {
            guard opened else { break }
            let result = await measure(measurement)
            // What it found wrong counts wherever the processors were.
            let hasReport = result.outcome?.report != nil && result.outcome?.report?.violation == nil
            if !hasReport || gate.admits(result.outcome?.report?.noise) || Task.isCancelled { return result }
            guard attempt < gate.attempts else { break }
            attempt += 1
            repeated += 1
        }
        var result = Result(measurement: measurement)
        result.error = gate?.complaint
        return result
    }

    private func measure(_ measurement: RunPlan.Measurement) async -> Result {
        var result = Result(measurement: measurement)
        var job = measurement.job
        var cgroup: CgroupFolder?
        defer { cgroup?.remove() }
        do {
            if let cap = job.scenario.load.memoryCapBytes, job.kind == .flood {
                let method = MemoryCap.method
                if method != .extentHooks { cgroup = try CgroupFolder(method: method, capBytes: cap) }
                job.cap = MemoryCap.Orders(method: method, bytes: cap, cgroup: cgroup?.path)
                result.capMethod = method
            }
            result.outcome = try await child.run(job)
        } catch {
            result.error = "\(error)"
        }
        result.oomKills = cgroup?.oomKills
        result.capPeakBytes = cgroup?.peakBytes
        return result
    }
}

/// Whoever wants to know how far a run is.
protocol RunObserver: Sendable {
    /// A measurement begins, the first being step 1.
    func began(_ measurement: RunPlan.Measurement, step: Int, remainingSeconds: Double)
    func finished(_ result: Runner.Result)
}

/// Tells a disturbed measurement by the time that two threads of its process took to hand a word back and forth: the
/// system has put them apart, or somebody else was on their processors.
private struct Disturbance {
    private var usual: [Double] = []
    private var repetitionsLeft = 40

    /// Whether a measurement should be made again; learns from it.
    mutating func isDisturbed(_ noise: MachineNoise?) -> Bool {
        guard let noise else { return false }
        let limit = Bootstrap.median(usual).map { 3 * $0 }
        usual.append(noise.pingPongNanoseconds)
        guard usual.count > 8, let limit, noise.pingPongNanoseconds > limit, repetitionsLeft > 0 else { return false }
        repetitionsLeft -= 1
        return true
    }
}
