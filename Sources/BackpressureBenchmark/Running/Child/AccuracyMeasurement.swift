import ConcurrencySupport
import Histogram
import RateLimiters
import Synchronization

/// How close a rate limiter comes to its rate, and whether it keeps its envelope: on the real clock from the outside, on
/// a virtual clock decision by decision.
struct AccuracyMeasurement {
    let job: MeasurementJob
    let load: LimiterLoad
    let implementation: LimiterImplementation
    /// Events that each caller can note; `nil`: enough for any limiter that isn't grossly wrong.
    var logCapacity: Int?

    private var envelope: GrantEnvelope { GrantEnvelope(implementation.specification, load) }

    func perform() throws(MeasurementError) -> MeasurementReport {
        var figures: AccuracyFigures
        switch load.clock {
        case .real: figures = try real()
        case .virtual: figures = try virtual()
        }
        figures.burst = envelope.burst
        figures.windowNanoseconds = envelope.window?.shortest
        figures.isConservative = !envelope.isExact
        var report = MeasurementReport()
        report.accuracy = figures
        return report
    }

    // MARK: - Real clock

    /// What callers that wait do first, for that many nanoseconds and with a limiter of its own. The first call of all takes tens
    /// of microseconds in which its code is read into memory, and by as much all that follow would seem to be late, since the
    /// times at which they are due are reckoned from it.
    private static let rehearsalNanoseconds: UInt64 = 30_000_000

    private func rehearse() throws(MeasurementError) {
        let control = RunControl(producers: load.callers)
        let logs = (0..<load.callers).map { _ in CallerLog(capacity: logCapacity ?? ampleLogCapacity) }
        let limiter = try instance()
        let workers = Workers()
        for task in try tasks(control, logs, areNoted: false, durationNanoseconds: Self.rehearsalNanoseconds) {
            workers.startTask { await limiter.waitOnTask(task) }
        }
        waitUntilReady(control, workerCount: load.callers)
        letGo(control)
        workers.join()
    }

    private func waitUntilReady(_ control: RunControl, workerCount: Int) {
        while control.readyWorkers.load(ordering: .relaxed) < workerCount { sleep(nanoseconds: 50_000) }
    }

    /// Lets the workers go; returns when that was.
    @discardableResult
    private func letGo(_ control: RunControl) -> UInt64 {
        let start = SystemNanosecondClock().nanoseconds()
        control.startNanoseconds.store(start, ordering: .relaxed)
        control.phase.store(.measuring, ordering: .releasing)
        return start
    }

    private func real() throws(MeasurementError) -> AccuracyFigures {
        if load.demand == .waiting { try rehearse() }
        let control = RunControl(producers: load.callers)
        let logs = (0..<load.callers).map { _ in CallerLog(capacity: logCapacity ?? ampleLogCapacity) }
        let (limiter, areNoted) = try askedInstance()
        let workers = Workers()
        let duration = UInt64(job.durationSeconds * 1e9)
        for task in try tasks(control, logs, areNoted: areNoted, durationNanoseconds: duration) {
            switch job.driver {
            case .threads:
                guard let call = limiter.callOnThread else { throw MeasurementError("not driven by threads") }
                workers.startThread { VirtualClock.$readings.withValue(task.readings) { call(task) } }
            case .tasks:
                let call = load.demand == .waiting ? limiter.waitOnTask : limiter.callOnTask
                workers.startTask { await VirtualClock.$readings.withValue(task.readings) { await call(task) } }
            }
        }
        var workerCount = load.callers
        var timer: TimerYardstick?
        if load.demand == .waiting {
            let yardstick = TimerYardstick(
                intervalNanoseconds: UInt64(1e9 / load.ratePerSecond),
                durationNanoseconds: duration
            )
            workers.startThread { yardstick.run(control) }
            workerCount += 1
            timer = yardstick
        }
        waitUntilReady(control, workerCount: workerCount)
        let usage = ProcessUsage.now()
        let start = letGo(control)
        workers.join()
        let cpuNanoseconds = ProcessUsage.now().cpuNanoseconds - usage.cpuNanoseconds
        let elapsedNanoseconds = Double(SystemNanosecondClock().nanoseconds() - start)
        var figures = evaluate(logs.map { Array($0.events[..<$0.count]) }, startNanoseconds: start)
        // What was noted until then is enough to convict, but not to acquit.
        if let full = logs.first(where: { $0.overflow > 0 }), figures.overshootPermits == 0 {
            throw MeasurementError("a caller's log was too small by \(full.overflow) events")
        }
        if let timer {
            figures.processors = (cpuNanoseconds - timer.cpuNanoseconds) / elapsedNanoseconds
            figures.timerKeptShare = timer.keptShare
            let lateness = JitterPercentiles(timer.latenessNanoseconds)
            (figures.timerP50Nanoseconds, figures.timerP99Nanoseconds) = (lateness?.p50, lateness?.p99)
        }
        figures.decisionNanoseconds = try decisionCost()
        return figures
    }

    /// The limiter that the callers ask, and whether its clock notes what it reads for each of them, as one can that is given
    /// a clock: that is when it decided.
    private func askedInstance() throws(MeasurementError) -> (LimiterInstance, areNoted: Bool) {
        // A loaded one is judged by what everybody calls, by its own clock; the other function may be right where that is wrong.
        guard load.demand != .waiting, implementation.library == nil, let make = implementation.virtual else {
            return (try instance(), false)
        }
        let clock = VirtualClock.notingMachineTime()
        return (try made(make(LimiterSetup(rate: load.rate, burst: load.burst, clock: clock))), true)
    }

    private func instance() throws(MeasurementError) -> LimiterInstance {
        try made(
            implementation.real(LimiterSetup(rate: load.rate, burst: load.burst, clock: SystemNanosecondClock()))
        )
    }

    private func made(_ limiter: LimiterInstance) throws(MeasurementError) -> LimiterInstance {
        if let failure = limiter.failure { throw MeasurementError(failure) }
        return limiter
    }

    /// Room for a limiter that grants four times what it may to a single caller, and for as many refusals in between.
    private var ampleLogCapacity: Int {
        let fair = load.ratePerSecond * job.durationSeconds + Double(load.burst)
        let refusals = 1e9 / Double(CallerLog.longestGapNanoseconds)
        return Int(min(8 * fair + refusals * max(1, job.durationSeconds), 20_000_000))
    }

    private func tasks(
        _ control: RunControl,
        _ logs: [CallerLog],
        areNoted: Bool,
        durationNanoseconds duration: UInt64
    ) throws(MeasurementError) -> [CallerTask] {
        let schedules = try schedules()
        return logs.enumerated().map { index, log in
            CallerTask(
                control: control,
                log: log,
                durationNanoseconds: duration,
                onNanoseconds: load.demand.spell?.on ?? duration,
                offNanoseconds: load.demand.spell?.off ?? 0,
                largestRequest: load.demand == .mixed
                    ? UInt64(min(envelope.burst, LimiterLoad.Demand.largestMixedRequest)) : 1,
                schedule: schedules?[index],
                readings: areNoted ? CallerReadings() : nil
            )
        }
    }

    /// Of each caller, where requests come at recorded times.
    private func schedules() throws(MeasurementError) -> [Schedule]? {
        guard case .trace(let path, let speedup, let requests) = load.demand else { return nil }
        do throws(ArrivalScheduleError) {
            let arrivals = try ArrivalSchedule(
                .trace(path: path, speedup: speedup, requestsPerSecond: requests),
                durationSeconds: job.durationSeconds,
                producers: load.callers,
                seed: job.seed
            )
            return arrivals?.startNanoseconds.map { Schedule($0) }
        } catch {
            throw MeasurementError("\(error)")
        }
    }

    /// - Parameter start: what the clock read when the callers were let go.
    func evaluate(_ logs: [[CallerLog.Event]], startNanoseconds start: UInt64 = 0) -> AccuracyFigures {
        let evidence = CallerEvidence(envelope, logs)
        var figures = AccuracyFigures(
            durationSeconds: job.durationSeconds,
            granted: evidence.granted,
            allowed: 0,
            overshootPermits: 0
        )
        if let worst = evidence.overshoot() {
            figures.overshootPermits = worst.excess
            figures.worstWindow = worst
            figures.worstWindow?.startNanoseconds -= min(start, worst.startNanoseconds)
            figures.worstWindow?.endNanoseconds -= min(start, worst.endNanoseconds)
        }
        figures.knowsDecisions = evidence.knowsDecisions
        figures.decisions = logs.joined().reduce(0) { $0 + max(1, Int($1.refusals)) }
        figures.jainIndex = Fairness.jainIndex(logs.map { $0.reduce(0) { $0 + ($1.isGrant ? Double($1.permits) : 0) } })
        if load.demand == .waiting {
            let waits = evidence.waits()
            let end = start + UInt64(job.durationSeconds * 1e9)
            figures.granted = waits.count { $0.ran <= end }
            figures.allowed = waits.count { $0.due <= end }
            figures.keptShare = min(1, Double(CallerEvidence.keptNanoseconds(waits)) / (job.durationSeconds * 1e9))
            figures.setJitter(waits.map { $0.ran > $0.due ? $0.ran - $0.due : $0.due - $0.ran })
        } else {
            figures.allowed = evidence.allowed()
            figures.withheldPermits = evidence.mostWithheld()
            if load.demand == .saturated { figures.setJitter(distances(logs)) }
        }
        return figures
    }

    /// How far the time from one grant to the next is from 1/rate, once the burst is spent.
    private func distances(_ logs: [[CallerLog.Event]]) -> [UInt64] {
        let times = logs.joined().filter(\.isGrant).map(\.last).sorted().dropFirst(envelope.burst)
        let ideal = 1e9 / load.ratePerSecond
        return zip(times, times.dropFirst()).map { UInt64(abs(Double($1 - $0) - ideal)) }
    }

    /// Nanoseconds a decision takes a single caller, nothing noted, under this scenario's rate and burst.
    private func decisionCost() throws(MeasurementError) -> Double {
        let limiter = try instance()
        let decisions = 100_000
        func measure() -> Double {
            let clock = SystemNanosecondClock()
            let start = clock.nanoseconds()
            switch job.driver {
            case .threads: keep(limiter.repeatOnThread?(decisions))
            case .tasks: keep(waitFor { await limiter.repeatOnTask(decisions) })
            }
            return Double(clock.nanoseconds() - start) / Double(decisions)
        }
        return (0..<3).map { _ in measure() }.min() ?? .nan
    }

    // MARK: - Virtual clock

    /// Asks limiter and oracle the same at the same virtual instants; any difference is a wrong decision.
    private func virtual() throws(MeasurementError) -> AccuracyFigures {
        guard let make = implementation.virtual else { throw MeasurementError("\(implementation.id) takes no clock") }
        let clock = VirtualClock()
        let limiter = try made(make(LimiterSetup(rate: load.rate, burst: load.burst, clock: clock)))
        let run = DecisionRun(
            load: load,
            envelope: envelope,
            clock: clock,
            seed: job.seed,
            seconds: job.durationSeconds,
            leastDecisions: job.decisions ?? 0
        )
        let workers = Workers()
        if load.callers == 1 {
            switch job.driver {
            case .threads:
                guard let decide = limiter.decideOnThread else { throw MeasurementError("not driven by threads") }
                workers.startThread { decide(run) }
            case .tasks:
                let decide = limiter.decideOnTask
                workers.startTask { await decide(run) }
            }
        } else {
            let table = RoundTable(run, callers: load.callers)
            for _ in 0..<load.callers {
                switch job.driver {
                case .threads:
                    guard let decide = limiter.decideAtTableOnThread else {
                        throw MeasurementError("not driven by threads")
                    }
                    workers.startThread { decide(table) }
                case .tasks:
                    let decide = limiter.decideAtTableOnTask
                    workers.startTask { await decide(table) }
                }
            }
        }
        workers.join()
        return run.figures
    }
}

extension AccuracyFigures {
    fileprivate mutating func setJitter(_ nanoseconds: [UInt64]) {
        guard let percentiles = JitterPercentiles(nanoseconds) else { return }
        (jitterP50Nanoseconds, jitterP99Nanoseconds) = (percentiles.p50, percentiles.p99)
    }
}

/// Of times that should be small, in nanoseconds; `nil` of none.
private struct JitterPercentiles {
    let p50: Double
    let p99: Double

    init?(_ nanoseconds: [UInt64]) {
        guard !nanoseconds.isEmpty else { return nil }
        var histogram = LatencyRecorder.emptyHistogram
        for one in nanoseconds { histogram.record(one) }
        p50 = Double(histogram.valueAtPercentile(50))
        p99 = Double(histogram.valueAtPercentile(99))
    }
}
