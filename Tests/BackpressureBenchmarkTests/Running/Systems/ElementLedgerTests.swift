import Testing

@testable import BackpressureBenchmark

@Suite("The account of a run's elements")
struct ElementLedgerTests {
    private func account(offered: Int, _ ends: [(UInt64, ElementLedger.End)]) -> ElementAccount {
        let ledger = ElementLedger(elements: 8)
        for _ in 0..<offered { ledger.offer() }
        for (element, end) in ends { ledger.record(element, end) }
        return ledger.close()
    }

    @Test("adds up where each has ended once")
    func balanced() {
        let account = account(offered: 3, [(2, .refused), (0, .delivered), (1, .left)])
        let expected = ElementAccount(offered: 3, refused: 1, delivered: 1, left: 1, peakInside: 3)
        #expect(account == expected)
        #expect(complaint(account) == nil)
    }

    @Test("finds one that has ended nowhere")
    func lost() {
        let account = account(offered: 3, [(0, .delivered), (2, .delivered)])
        #expect(account.lost == 1 && account.surplus == 0)
        #expect(complaint(account) == "lost 1 of 3 elements")
    }

    @Test("finds one that has ended twice, also if another is missing, and one that nobody has offered")
    func surplus() {
        let twice = account(offered: 2, [(0, .delivered), (0, .left)])
        #expect(twice.lost == 1 && twice.surplus == 1 && twice.delivered == 1 && twice.left == 0)
        let invented = account(offered: 1, [(0, .delivered), (1, .delivered), (99, .delivered), (.max, .left)])
        #expect(invented.lost == 0 && invented.surplus == 3)
        #expect(complaint(invented)?.contains("came out twice, or came from nowhere") == true)
    }

    @Test("has the most that were inside at once")
    func peak() {
        let ledger = ElementLedger(elements: 3)
        ledger.offer()
        ledger.offer()
        #expect(ledger.record(0, .delivered) == 1)
        ledger.offer()
        #expect(ledger.close().peakInside == 2)
    }

    private func complaint(_ account: ElementAccount) -> String? {
        SystemJudgement(SystemFigures(account: account), role: .contender).complaint
    }
}

@Suite("The judgement of a system")
struct SystemJudgementTests {
    private func complaint(_ value: Double, isHard: Bool = true, role: Role) -> String? {
        var figures = SystemFigures()
        figures.promises = [.init(what: "cups", value: value, most: 3, isHard: isHard)]
        return SystemJudgement(figures, role: role).complaint
    }

    @Test("is against a contender above its bound")
    func contender() {
        #expect(complaint(3, role: .contender) == nil)
        #expect(complaint(4, role: .contender) == "cups: 4, where 3 is the most")
        #expect(complaint(4, isHard: false, role: .contender) == nil, "where the machine has a say, nobody fails")
    }

    @Test("is against a control that shows nothing", arguments: [true, false])
    func control(isHard: Bool) {
        #expect(complaint(4, isHard: isHard, role: .control) == nil)
        let blind = complaint(3, isHard: isHard, role: .control)
        #expect(blind?.contains("kept within every bound (cups: 3 of 3)") == true)
    }

    @Test("is against a control that loses elements too")
    func losses() {
        var figures = SystemFigures()
        figures.account = ElementAccount(offered: 2, delivered: 1, lost: 1)
        figures.promises = [.init(what: "cups", value: 4, most: 3)]
        #expect(SystemJudgement(figures, role: .control).complaint == "lost 1 of 2 elements")
    }

    @Test("is in the verdict of a run")
    func verdict() throws {
        let load = OverloadLoad(
            workers: 1,
            serviceNanoseconds: 1,
            capacity: 1,
            calmLoad: 0.5,
            criticalLoad: 0.1,
            overloadFactor: 2,
            deadlineNanoseconds: 1
        )
        let scenario = Samples.scenario("whole", .system(.overload(load)), section: .systems, drivers: [.tasks])
        func results(_ figures: SystemFigures, _ metrics: [Metric]) throws -> RunResults {
            var runner = Runner.Results()
            var report = MeasurementReport()
            for metric in metrics { report[metric] = 1 }
            report.system = figures
            let job = Samples.job(scenario, kind: .system, implementation: "tiers-mutex")
            runner.measured = [Samples.result(job, report: report)]
            let plan = try RunPlan(RunOptions(), scenarios: [scenario], registry: .builtIn)
            return RunResults(runner, plan: plan, seed: 1)
        }
        let figures: [Metric] = [.throughput, .latencyP99, .goodputShare]
        let good = try results(SystemFigures(), figures)
        #expect(good.findings.isEmpty, "\(good.findings)")
        #expect(good.samples.map(\.metric).sorted() == ["goodput_share", "latency_p99", "throughput"])
        #expect(good.comparison.map(\.capacity) == [1] && good.comparison[0].mechanism == .system)
        var lossy = SystemFigures()
        lossy.account = ElementAccount(offered: 2, lost: 2)
        let lost = try results(lossy, figures)
        #expect(lost.findings == [.init(.verificationFailed, "whole, tiers-mutex (tasks): lost 2 of 2 elements")])
        let silent = try results(SystemFigures(), [.goodputShare])
        #expect(silent.findings.map(\.exitCode) == [.notMeasured])
        #expect(silent.findings.first?.message.contains("no throughput, no latency") == true)
    }
}
