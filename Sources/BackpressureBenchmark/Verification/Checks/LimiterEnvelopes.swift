import RateLimiters

extension VerificationCheck {
    /// Every decision beside the exact limiter, at rates that are hard to hold exactly.
    static let decisions = VerificationCheck(
        id: "decisions",
        mechanism: .limiter,
        summary: "every decision on a virtual clock beside an exact limiter, from one permit to 300 million a second",
        fixedSeconds: 0.3,
        share: 0.7,
        mostSeconds: 600,
        cases: [.load],
        reasonAgainst: { subject in
            guard case .limiter(let limiter) = subject else { return "for limiters" }
            return limiter.virtual == nil ? "takes no clock" : nil
        },
        perform: { subject, effort in
            guard case .limiter(let limiter) = subject else { return [] }
            let rates = [1, 7, 10_000, 80_000, 700_000, 1_000_000, 1_500_000, 3_000_000, 7_000_000, 300_000_000.0]
            let demands: [LimiterLoad.Demand] = [.onOff(onSeconds: 0.0037, offSeconds: 0.01093), .mixed, .saturated]
            var loads = rates.flatMap { rate in
                demands.map { demand in
                    LimiterLoad(ratePerSecond: rate, burst: 100, callers: 1, demand: demand, clock: .virtual)
                }
            }
            loads.append(
                LimiterLoad(ratePerSecond: 10_000, burst: 100, callers: 4, demand: .saturated, clock: .virtual)
            )
            return [await Envelopes(limiter, effort, loads).outcome("decisions")]
        }
    )

    /// Callers at once on the machine's clock: no window holds more than the envelope, wherever within their calls the
    /// grants were made, and nothing is withheld.
    static let contendedEnvelope = VerificationCheck(
        id: "contended-envelope",
        mechanism: .limiter,
        summary: "callers at once on the machine's clock: no window above the envelope, nothing withheld, nobody late",
        fixedSeconds: 1,
        share: 0.3,
        mostSeconds: 120,
        cases: [.load],
        reasonAgainst: { subject in
            guard case .limiter = subject else { return "for limiters" }
            return nil
        },
        perform: { subject, effort in
            guard case .limiter(let limiter) = subject else { return [] }
            let loads = [(10_000.0, 2), (10_000, 4), (1_000_000, 2), (1_000_000, 4), (10_000, 8)].map { rate, callers in
                LimiterLoad(
                    ratePerSecond: rate,
                    burst: rate > 100_000 ? 10_000 : 100,
                    callers: callers,
                    demand: .saturated,
                    clock: .real
                )
            }
            return [await Envelopes(limiter, effort, loads).outcome("contended-envelope")]
        }
    )
}

/// A limiter under several loads, each judged as the accuracy section judges it.
private struct Envelopes {
    let limiter: LimiterImplementation
    let effort: VerificationEffort
    let loads: [LimiterLoad]

    init(_ limiter: LimiterImplementation, _ effort: VerificationEffort, _ loads: [LimiterLoad]) {
        (self.limiter, self.effort, self.loads) = (limiter, effort, loads)
    }

    func outcome(_ check: String) async -> VerificationOutcome {
        await onConductor { measure(check) }
    }

    private func measure(_ check: String) -> VerificationOutcome {
        var outcome = VerificationOutcome(check: check, verdict: .pass, specification: limiter.specification.summary)
        var tally = (operations: 0, successes: 0)
        let driver = limiter.drivers.contains(.threads) ? Scenario.Driver.threads : .tasks
        for (index, load) in loads.enumerated() where effort.includes(load: index) {
            // The first load has the seed that was asked for, and so has one that is asked for alone.
            let seed = effort.only == nil ? effort.seed &+ UInt64(index) : effort.seed
            let job = MeasurementJob(
                kind: .accuracy,
                scenario: .toVerify(.limiter(load), drivers: [driver]),
                implementation: limiter.id,
                driver: driver,
                seed: seed,
                warmupSeconds: 0,
                durationSeconds: max(load.clock == .real ? 0.05 : 0.005, effort.seconds / Double(loads.count)),
                timeLimitSeconds: 60
            )
            do throws(MeasurementError) {
                let measurement = AccuracyMeasurement(job: job, load: load, implementation: limiter)
                guard let figures = try measurement.perform().accuracy else { continue }
                tally.operations += figures.decisions ?? 0
                tally.successes += figures.granted
                let judgement = AccuracyJudgement(figures, load: load)
                guard let complaint = judgement.complaint ?? judgement.lateness else { continue }
                return .failed(
                    check,
                    limiter.specification.summary,
                    tally,
                    "\(Numbers.decimal(load.ratePerSecond, decimals: 0)) permits/s, burst \(load.burst), \(load.callers) "
                        + "caller\(load.callers == 1 ? "" : "s"), seed \(seed): \(complaint)",
                    VerificationReplay(seed: seed, only: VerificationCase(load: index))
                )
            } catch {
                return .failed(check, limiter.specification.summary, tally, "\(error)")
            }
        }
        (outcome.operations, outcome.successes) = (tally.operations, tally.successes)
        if tally.successes == 0 { outcome.verdict = .vacuous }
        return outcome
    }
}
