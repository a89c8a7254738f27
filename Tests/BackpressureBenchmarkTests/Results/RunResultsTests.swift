import Testing

@testable import BackpressureBenchmark

@Suite("What a run found out")
struct RunResultsTests {
    private let good = Samples.report([
        .throughput: 100, .cpuTime: 1, .allocations: 0, .peakAllocated: 10, .latencyP99: 5,
    ])

    private func results(
        _ measured: [Runner.Result],
        of scenarios: [Scenario] = [Samples.scenario()]
    ) throws -> RunResults {
        var runner = Runner.Results()
        runner.measured = measured
        var options = RunOptions()
        options.repetitions = 1
        let plan = try RunPlan(options, scenarios: scenarios, registry: .builtIn)
        return RunResults(runner, plan: plan, seed: 1)
    }

    private func finding(_ results: RunResults) throws -> Verdict.Finding {
        #expect(results.findings.count == 1, "\(results.findings)")
        return try #require(results.findings.first)
    }

    @Test("is nothing wrong where all figures are there")
    func pass() throws {
        let results = try results([Samples.result(Samples.job(), report: good)])
        #expect(results.findings.isEmpty)
        #expect(results.samples.count == 5 && results.comparison.count == 1)
        #expect(results.samples.allSatisfy { $0.block == 1 && $0.repetition == 1 })
    }

    @Test("is wrong elements before missing figures")
    func violation() throws {
        var report = good
        report.violation = "lost one"
        let results = try results([Samples.result(Samples.job(), report: report)])
        #expect(try finding(results) == .init(.verificationFailed, "sample, mutex (threads): lost one"))
        #expect(results.comparison.count == 1, "the figures are kept")
    }

    @Test(
        "is a crash that costs its own figures alone",
        arguments: [
            (ChildProcess.Ending.signalled(4), "crashed (SIGILL)"), (.exited(3), "exited with 3"), (.hung, "hung"),
        ]
    )
    func crash(ending: ChildProcess.Ending, words: String) throws {
        let other = Samples.job(implementation: "ring")
        let results = try results([
            Samples.result(Samples.job(), report: good, ending: ending), Samples.result(other, report: good),
        ])
        let finding = try finding(results)
        #expect(finding.exitCode == .notMeasured && finding.message.contains("mutex"))
        #expect(finding.message.contains(words))
        #expect(results.comparison.map(\.implementation) == ["ring"])
    }

    @Test("is why a process could not measure")
    func failure() throws {
        var silent = Samples.result(Samples.job())
        #expect(try finding(results([silent])).message.contains("without a report"))
        silent.outcome?.failure = "no such queue"
        #expect(try finding(results([silent])).message.contains("no such queue"))
        silent.error = "no process"
        #expect(try finding(results([silent])).message.contains("no process"))
    }

    @Test(
        "is a figure that is missing, though the process ended well",
        arguments: [
            ([Metric.throughput], "no throughput"), ([.allocations], "no memory"), ([.peakAllocated], "no memory"),
            ([.throughput, .allocations], "no throughput, no memory"),
        ]
    )
    func missing(metrics: [Metric], words: String) throws {
        var report = good
        for metric in metrics { report[metric] = nil }
        let finding = try finding(results([Samples.result(Samples.job(), report: report)]))
        #expect(finding == .init(.notMeasured, "sample, mutex (threads): \(words)"))
    }

    @Test("is a latency that is missing where elements have intended start times")
    func missingLatency() throws {
        var load = Samples.queueLoad
        load.arrival = .constant(ratePerSecond: 1)
        let scenario = Samples.scenario("sample", .queue(load))
        var report = good
        report[.latencyP99] = nil
        let result = Samples.result(Samples.job(scenario), report: report)
        #expect(try finding(results([result], of: [scenario])).message.contains("no latency"))
        #expect(try results([Samples.result(Samples.job(), report: report)]).findings.isEmpty)
        load.arrival = .roundTrip
        let trip = Samples.scenario("sample", .queue(load))
        let trips = Samples.result(Samples.job(trip), report: report)
        #expect(try finding(results([trips], of: [trip])).message.contains("no latency"))
    }

    @Test("is a processor time that is missing where everybody waits, and no throughput there")
    func idle() throws {
        var load = Samples.queueLoad
        (load.arrival, load.producers) = (.idle, 0)
        let scenario = Samples.scenario("sample", .queue(load))
        func results(_ metrics: KeyValuePairs<Metric, Double>) throws -> RunResults {
            try self.results([Samples.result(Samples.job(scenario), report: Samples.report(metrics))], of: [scenario])
        }
        let good = try results([.idleCPU: 0, .peakAllocated: 10])
        #expect(good.findings.isEmpty, "no time at all is a figure too")
        #expect(good.comparison.map(\.repetitions) == [1] && good.comparison[0].throughputPerS == nil)
        #expect(good.comparison[0].producers == 0)
        #expect(try finding(results([.peakAllocated: 10])).message.contains("no processor time"))
        #expect(try finding(results([.idleCPU: 0])).message.contains("no memory"))
    }

    @Test("is an inaccurate limiter, or a control that keeps the envelope after a rest")
    func accuracy() throws {
        func results(_ role: Role, demand: LimiterLoad.Demand, overshoot: Double) throws -> RunResults {
            var load = Samples.limiterLoad
            load.demand = demand
            let scenario = Samples.scenario("rate", .limiter(load), section: .accuracy)
            var figures = Samples.accurate
            figures.overshootPermits = overshoot
            let job = Samples.job(scenario, kind: .accuracy)
            let result = Samples.result(job, role: role, report: Samples.report(accuracy: figures))
            return try self.results([result], of: [scenario])
        }
        let rests = LimiterLoad.Demand.onOff(onSeconds: 1, offSeconds: 1)
        #expect(try results(.contender, demand: rests, overshoot: 0).findings.isEmpty)
        let broken = try results(.contender, demand: .saturated, overshoot: 5)
        #expect(try finding(broken).exitCode == .verificationFailed)
        #expect(broken.accuracy.map(\.verdict) == ["fail"])
        #expect(try results(.control, demand: rests, overshoot: 8).findings.isEmpty)
        #expect(try results(.control, demand: .saturated, overshoot: 0).findings.isEmpty)
        let blind = try results(.control, demand: rests, overshoot: 0)
        #expect(try finding(blind).exitCode == .verificationFailed)
    }

    @Test("is a limiter that is late in most of its blocks, not in one")
    func lateness() throws {
        func results(late: Int, of blocks: Int, role: Role = .contender) throws -> RunResults {
            let measured = (0..<blocks).map { block in
                var figures = Samples.accurate
                figures.keptShare = block < late ? 0.9 : 0.1
                var result = Samples.result(
                    Samples.job(Samples.accuracy, kind: .accuracy),
                    role: role,
                    report: Samples.report(accuracy: figures)
                )
                result.measurement.block = block
                return result
            }
            return try self.results(measured, of: [Samples.accuracy])
        }
        let once = try results(late: 2, of: 5)
        #expect(once.findings.isEmpty)
        #expect(once.accuracy.allSatisfy { $0.verdict == "pass" })
        let often = try results(late: 3, of: 5)
        #expect(try finding(often).message.hasSuffix("0 % (and so in 3 of 5 blocks)"))
        #expect(often.accuracy.map(\.verdict) == ["fail", "fail", "fail", "pass", "pass"])
        #expect(try finding(results(late: 1, of: 1)).message.hasSuffix("a sleeping thread for 0 %"))
        #expect(try results(late: 5, of: 5, role: .control).findings.isEmpty)
    }

    @Test("is what not to do that does well, where its scenario says that it shouldn't")
    func warnings() throws {
        func results(named: [String], figures: AccuracyFigures) throws -> RunResults {
            var scenario = Samples.scenario("rate", .limiter(Samples.limiterLoad), section: .accuracy)
            scenario.implementations = named
            let job = Samples.job(scenario, kind: .accuracy, implementation: "sleep-interval")
            var result = Samples.result(job, role: .control, report: Samples.report(accuracy: figures))
            result.measurement.standing = .warning
            return try self.results([result], of: [Samples.accuracy])
        }
        var late = Samples.accurate
        late.withheldPermits = 3
        #expect(try results(named: ["sleep-interval"], figures: late).findings.isEmpty)
        let blind = try results(named: ["sleep-interval"], figures: Samples.accurate)
        #expect(try finding(blind).message.contains("the control 'sleep-interval' kept"))
        #expect(try results(named: [], figures: Samples.accurate).findings.isEmpty, "somebody asked for it")
    }

    @Test("is in the table of limiters at a glance")
    func accuracyTable() throws {
        var figures = Samples.accurate
        figures.overshootPermits = 8
        figures.worstWindow = .init(excess: 8, startNanoseconds: 1_000_000, endNanoseconds: 3_000_000, permits: 20)
        (figures.wrongDecisions, figures.decisions) = (12, 3_000)
        let scenario = Samples.accuracy
        let measured = [("pacer-mutex", Samples.accurate), ("token-bucket-mutex", figures)].map { id, figures in
            Samples.result(
                Samples.job(scenario, kind: .accuracy, implementation: id),
                report: Samples.report(accuracy: figures)
            )
        }
        let results = try results(measured, of: [scenario])
        let report = RunReport(results: results, scenarios: [scenario], registry: .builtIn)
        let text = try #require(report.tables.first).markdown()
        #expect(text.contains("kept"))
        #expect(text.contains("broken by 8.00 permits more: 20 between 0.001000 and 0.003000 s"))
        #expect(text.contains("token-bucket-mutex 12 of 3.00 k"))
        #expect(text.contains("pacer-mutex (pacer: burst 1"))
        let metrics = Set(results.samples.filter { $0.implementation == "token-bucket-mutex" }.map(\.metric))
        #expect(metrics.isSuperset(of: ["overshoot_window_start", "overshoot_window_end", "overshoot_window_permits"]))
        #expect(results.accuracy.map(\.burst) == [10, 10])
    }

    @Test("is a flood that ended as it must not, with the curve of its memory")
    func stress() throws {
        let job = Samples.job(Samples.flood, kind: .flood)
        var result = Samples.result(job, report: Samples.report(flood: Samples.survived))
        result.outcome?.heartbeats = [Samples.heartbeat(milliseconds: 10, allocated: 5)]
        result.capMethod = .cgroupV1
        let survived = try results([result], of: [Samples.flood])
        #expect(survived.findings.isEmpty && survived.capMethod == .cgroupV1)
        #expect(survived.memory.map(\.depth) == [16] && survived.memory.map(\.elapsedNs) == [10_000_000])
        result.outcome?.ending = .hung
        #expect(try finding(results([result], of: [Samples.flood])).exitCode == .stressFailed)
        result.outcome = nil
        result.error = "no cgroup"
        let notRun = try results([result], of: [Samples.flood])
        #expect(try finding(notRun) == .init(.notMeasured, "flood, mutex (threads): no cgroup"))
        #expect(notRun.stress.isEmpty)
    }

    @Test("is an interruption, with how much was left")
    func interruption() throws {
        var runner = Runner.Results()
        runner.isInterrupted = true
        let plan = try RunPlan(RunOptions(), scenarios: [Samples.flood], registry: .builtIn)
        let results = RunResults(runner, plan: plan, seed: 1)
        let count = plan.measurements.count
        #expect(try finding(results).message == "interrupted with \(count) of \(count) measurements left")
        #expect(try finding(results).exitCode == .notMeasured)
    }

    @Test("is how noisy the machine was")
    func noise() throws {
        let measured = [1.0, 3].map { value in
            var report = good
            report.noise = MachineNoise(
                calibrationNanoseconds: value,
                pingPongNanoseconds: 10 * value,
                clockNanoseconds: 20 * value
            )
            return Samples.result(Samples.job(), report: report)
        }
        let results = try results(measured)
        #expect(results.noise.calibrationCV == 0.5)
        #expect(results.noise.pingPongP50Ns == 20 && results.noise.pingPongMaxNs == 30)
        #expect(results.clockCostNanoseconds == 40)
        #expect(try self.results([]).noise == .init())
    }
}
