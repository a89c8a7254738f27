import BackpressureTesting
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

    func perform() throws(MeasurementError) -> MeasurementReport {
        var report = MeasurementReport()
        switch load.clock {
        case .real: report.accuracy = try real()
        case .virtual: report.accuracy = try virtual()
        }
        return report
    }

    // MARK: - Real clock

    private func real() throws(MeasurementError) -> AccuracyFigures {
        let control = RunControl(producers: load.callers)
        let duration = UInt64(job.durationSeconds * 1e9)
        let spell = load.demand.spell
        // Room for a limiter that grants four times what it may to a single caller, and for as many refusals in between.
        let fair = load.ratePerSecond * job.durationSeconds + Double(load.burst)
        let capacity = logCapacity ?? Int(min(8 * fair + 200_000 * max(1, job.durationSeconds), 20_000_000))
        let logs = (0..<load.callers).map { _ in CallerLog(capacity: capacity) }
        let limiter = implementation.real(
            LimiterSetup(rate: load.rate, burst: load.burst, clock: SystemNanosecondClock())
        )
        if let failure = limiter.failure { throw MeasurementError(failure) }
        let workers = Workers()
        for log in logs {
            let task = CallerTask(
                control: control,
                log: log,
                durationNanoseconds: duration,
                onNanoseconds: spell?.on ?? duration,
                offNanoseconds: spell?.off ?? 0
            )
            switch job.driver {
            case .threads:
                guard let call = limiter.callOnThread else { throw MeasurementError("not driven by threads") }
                workers.startThread { call(task) }
            case .tasks:
                let call = limiter.callOnTask
                workers.startTask { await call(task) }
            }
        }
        while control.readyWorkers.load(ordering: .relaxed) < load.callers { sleep(nanoseconds: 50_000) }
        control.startNanoseconds.store(SystemNanosecondClock().nanoseconds(), ordering: .relaxed)
        control.phase.store(.measuring, ordering: .releasing)
        workers.join()
        var figures = evaluate(logs.map { Array($0.events[..<$0.count]) })
        // What was noted until then is enough to convict, but not to acquit.
        if let full = logs.first(where: { $0.overflow > 0 }), figures.overshootPermits == 0 {
            throw MeasurementError("a caller's log was too small by \(full.overflow) events")
        }
        figures.decisionNanoseconds = decisionCost()
        return figures
    }

    func evaluate(_ logs: [[CallerLog.Event]]) -> AccuracyFigures {
        let rate = load.rate
        let grants = logs.flatMap { $0.filter { $0.refusals == 0 } }
            .map { GrantStamp(before: $0.first, after: $0.last) }
        let overshoot = EnvelopeCheck.overshoot(
            of: grants,
            permits: rate.permits,
            perNanoseconds: rate.perNanoseconds,
            burst: UInt64(load.burst)
        )
        var figures = AccuracyFigures(
            durationSeconds: job.durationSeconds,
            granted: grants.count,
            allowed: allowed(logs, granted: grants.count),
            overshootPermits: overshoot.permits
        )
        figures.jainIndex = Fairness.jainIndex(logs.map { Double($0.count { $0.refusals == 0 }) })
        if case .saturated = load.demand, let jitter = jitter(grants) {
            figures.jitterP50Nanoseconds = Double(jitter.valueAtPercentile(50))
            figures.jitterP99Nanoseconds = Double(jitter.valueAtPercentile(99))
        }
        return figures
    }

    /// What the oracle grants when it is asked at the same instants.
    ///
    /// When a request was decided is known only to within the call, and a task may be away from its processor in between.
    /// So the oracle is asked at the calls and at the returns; what was granted is right if it lies between the answers.
    private func allowed(_ logs: [[CallerLog.Event]], granted: Int) -> Int {
        let answers = [allowed(logs) { $0.first }, allowed(logs) { $0.last }].sorted()
        return min(max(granted, answers[0]), answers[1])
    }

    /// What the oracle grants to all callers' requests in order of time, grants being asked for at `instant`.
    ///
    /// A row of refusals is asked in pieces of at most 50 µs, so that pieces of different callers interleave.
    private func allowed(_ logs: [[CallerLog.Event]], at instant: (CallerLog.Event) -> UInt64) -> Int {
        let piece: UInt64 = 50_000
        var requests: [CallerLog.Event] = []
        for event in logs.joined() {
            if event.refusals == 0 {
                let moment = instant(event)
                requests.append(CallerLog.Event(first: moment, last: moment, refusals: 1))
                continue
            }
            guard event.refusals > 1, event.last - event.first > piece else {
                requests.append(event)
                continue
            }
            let span = event.last - event.first
            let pieces = min((span + piece - 1) / piece, event.refusals / 2)
            for index in 0..<pieces {
                let first = event.first + span * index / pieces
                let last = event.first + span * (index + 1) / pieces - (index + 1 == pieces ? 0 : 1)
                let count = event.refusals * (index + 1) / pieces - event.refusals * index / pieces
                requests.append(CallerLog.Event(first: first, last: last, refusals: count))
            }
        }
        requests.sort { $0.first < $1.first }
        let rate = load.rate
        var oracle = TokenBucketOracle(
            permits: rate.permits,
            perNanoseconds: rate.perNanoseconds,
            burst: UInt64(load.burst)
        )
        return requests.reduce(0) { granted, request in
            granted
                + oracle.acquireRepeatedly(
                    count: Int(request.refusals),
                    fromNanoseconds: request.first,
                    toNanoseconds: request.last
                )
        }
    }

    /// How far the time from one grant to the next is from 1/rate, once the burst is spent.
    private func jitter(_ grants: [GrantStamp]) -> Histogram<UInt64>? {
        let times = grants.map(\.after).sorted().dropFirst(load.burst)
        guard times.count > 1 else { return nil }
        let ideal = 1e9 / load.ratePerSecond
        var histogram = LatencyRecorder.emptyHistogram
        for (earlier, later) in zip(times, times.dropFirst()) {
            histogram.record(UInt64(abs(Double(later - earlier) - ideal)))
        }
        return histogram
    }

    /// Nanoseconds a decision takes a single caller, nothing noted, under this scenario's rate and burst.
    private func decisionCost() -> Double {
        let limiter = implementation.real(
            LimiterSetup(rate: load.rate, burst: load.burst, clock: SystemNanosecondClock())
        )
        let decisions = 200_000
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
        let limiter = make(LimiterSetup(rate: load.rate, burst: load.burst, clock: clock))
        if let failure = limiter.failure { throw MeasurementError(failure) }
        let (load, seed, duration) = (load, job.seed, job.durationSeconds)
        return waitFor {
            let rate = load.rate
            var oracle = TokenBucketOracle(
                permits: rate.permits,
                perNanoseconds: rate.perNanoseconds,
                burst: UInt64(load.burst)
            )
            var demand = VirtualDemand(load: load, seed: seed)
            var figures = AccuracyFigures(durationSeconds: 0, granted: 0, allowed: 0, overshootPermits: 0)
            var grants: [GrantStamp] = []
            let decisions = Int(duration * 500_000)
            var wrong = 0
            for _ in 0..<decisions {
                let request = demand.next()
                clock.set(nanoseconds: request.nanoseconds)
                let isGranted = await limiter.tryAcquire(request.permits).isGranted
                let isAllowed = oracle.tryAcquire(UInt64(request.permits), atNanoseconds: request.nanoseconds)
                if isGranted != isAllowed { wrong += 1 }
                if isAllowed { figures.allowed += request.permits }
                if isGranted {
                    figures.granted += request.permits
                    grants.append(
                        GrantStamp(
                            before: request.nanoseconds,
                            after: request.nanoseconds,
                            permits: UInt32(request.permits)
                        )
                    )
                }
                figures.durationSeconds = Double(request.nanoseconds) / 1e9
            }
            figures.overshootPermits =
                EnvelopeCheck.overshoot(
                    of: grants,
                    permits: rate.permits,
                    perNanoseconds: rate.perNanoseconds,
                    burst: UInt64(load.burst)
                ).permits
            figures.decisions = decisions
            figures.wrongDecisions = wrong
            return figures
        }
    }
}

/// Requests on virtual time: for the most part of one permit, now and then of several, after random gaps around the
/// limiter's own interval, and after rests.
struct VirtualDemand {
    private let meanGapNanoseconds: Double
    private let spell: (on: UInt64, off: UInt64)?
    private let burst: Int
    private var generator: SeededGenerator
    private var now: UInt64 = 0

    init(load: LimiterLoad, seed: UInt64) {
        // Four requests for each permit there is; after a rest, enough to spend a burst at once.
        meanGapNanoseconds = 1e9 / load.ratePerSecond / (load.demand == .saturated ? 4 : 16)
        spell = load.demand.spell
        burst = load.burst
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> (nanoseconds: UInt64, permits: Int) {
        now += UInt64(Double.random(in: 0...2, using: &generator) * meanGapNanoseconds)
        if let spell, now % (spell.on + spell.off) >= spell.on {
            now += spell.on + spell.off - now % (spell.on + spell.off)
        }
        let isLarge = Int.random(in: 0..<16, using: &generator) == 0
        return (now, isLarge ? Int.random(in: 1...min(burst, 10), using: &generator) : 1)
    }
}

extension LimiterLoad.Demand {
    /// The lengths of demand and rest in nanoseconds; `nil`: it never rests.
    var spell: (on: UInt64, off: UInt64)? {
        switch self {
        case .saturated: nil
        case .onOff(let on, let off): (UInt64(on * 1e9), UInt64(off * 1e9))
        }
    }
}
