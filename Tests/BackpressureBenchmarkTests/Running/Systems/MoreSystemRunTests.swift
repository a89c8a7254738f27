import FlowControl
import Testing

@testable import BackpressureBenchmark

// On the real clock, for a moment: only what holds on the slowest machine is looked at.

@Suite("A run of a crowd through stages")
struct CrowdRunTests {
    private let load = CrowdLoad(
        stages: [
            .init(workers: 1, serviceNanoseconds: 100_000), .init(workers: 2, serviceNanoseconds: 1_000_000),
            .init(workers: 1, serviceNanoseconds: 100_000),
        ],
        capacity: 4,
        malformedOneIn: 5,
        arrival: .constant(ratePerSecond: 10_000)
    )

    private func run(_ make: @escaping @Sendable (StagedSetup) -> any StagedSystem) async -> SystemFigures {
        let conditions = SystemConditions(seed: 1, warmupSeconds: 0, durationSeconds: 0.1)
        return await CrowdRun(load: load, make: make, conditions: conditions).perform()
    }

    @Test("knows the bound and the slowest stage of its load")
    func bounds() {
        #expect(load.bound == 3 * 4 + 4 + 1 && load.bottleneck == 1 && load.inspection == 1)
        let single = CrowdLoad(stages: [load.stages[0]], capacity: 1, malformedOneIn: nil, arrival: .idle)
        #expect(single.inspection == 0 && single.bottleneck == 0)
    }

    @Test("accounts for every element, malformed ones too")
    func pipeline() async {
        let figures = await run { PipelinedStages($0, queues: .mutex) }
        let account = figures.account
        #expect(SystemJudgement(figures, role: .contender).complaint == nil, "\(figures)")
        #expect(account.offered == 1_000 && account.refused > 0 && account.peakInside <= load.bound)
        #expect(account.delivered + account.left > 0 && figures[.bottleneckNamed] != nil)
        #expect(figures[.deadLettered] == Double(account.deadLettered))
    }

    @Test("shows what happens without bounds")
    func unbounded() async {
        let figures = await run { PipelinedStages($0, queues: UnboundedStageQueues()) }
        #expect(figures.account.deadLettered == 200, "every fifth, since all come through")
        #expect(figures.account.peakInside > load.bound)
        #expect(SystemJudgement(figures, role: .control).complaint == nil, "\(figures)")
    }
}

@Suite("A run in which the capacity changes")
struct CapacityRunTests {
    private let load = CapacityLoad(
        servers: 4,
        serviceNanoseconds: 1_000_000,
        load: 3,
        deadlineNanoseconds: 4_000_000
    )
    private let conditions = SystemConditions(seed: 1, warmupSeconds: 0, durationSeconds: 0.12)

    private func run(_ system: any LimitSystem) async -> SystemFigures {
        await CapacityRun(load: load, system: system, conditions: conditions).perform()
    }

    @Test("halves it for the middle third")
    func capacity() {
        let record = CapacityRecord(load, conditions, [], start: 1_000)
        let moments: [UInt64] = [0, 39_999_999, 40_000_000, 79_999_999, 80_000_000]
        #expect(moments.map { record.capacity(atNanoseconds: 1_000 + $0) } == [4, 4, 2, 2, 4])
    }

    @Test("accounts for every request under a limit, whether it adapts or not")
    func limited() async {
        await expectAccount(of: FixedLimiting(LimitSetup(load)))
        await expectAccount(of: AdaptiveLimiting(VegasLimit(bounds: 1...16, initial: 4), LimitSetup(load)))
    }

    private func expectAccount(of system: any LimitSystem) async {
        let figures = await run(system)
        let account = figures.account
        #expect(SystemJudgement(figures, role: .contender).complaint == nil, "\(figures)")
        #expect(account.offered > 0 && account.offered == account.refused + account.delivered + account.left)
        #expect(figures[.latencyP50] != nil && figures[.goodputShare] != nil)
    }

    @Test("shows what happens without one")
    func unlimited() async {
        let figures = await figuresOfARun(
            until: { $0[.peakInside] ?? 0 > Double(load.highestLimit) },
            of: { await run(NoLimiting()) }
        )
        #expect(figures[.peakInside] ?? 0 > Double(load.highestLimit))
        #expect(SystemJudgement(figures, role: .control).complaint == nil, "\(figures)")
    }
}

@Suite("A run of records", .enabled(if: Jemalloc.isAccounting, "what is allocated can't be told here"))
struct MonitorRunTests {
    private func run(_ system: some RecordingSystem) async -> SystemFigures {
        let conditions = SystemConditions(seed: 1, warmupSeconds: 0, durationSeconds: 0.03)
        let run = MonitorRun(load: MonitorLoad(recorders: 2), system: RecordingInstance(system), conditions: conditions)
        return await run.perform()
    }

    @Test("finds that the monitor counts everything and allocates nothing")
    func monitor() async {
        let figures = await run(MonitoredLatencies())
        #expect(SystemJudgement(figures, role: .contender).complaint == nil, "\(figures)")
        #expect(figures.account.offered > 0 && figures[.allocatedBytes] == 0)
        #expect(figures[.cpuTime] != nil)
    }

    @Test("finds that an array allocates")
    func sorted() async {
        let figures = await run(SortedLatencies())
        #expect(SystemJudgement(figures, role: .control).complaint == nil, "\(figures)")
    }

    @Test("finds what isn't counted")
    func forgetful() async {
        let figures = await run(Forgetful())
        #expect(SystemJudgement(figures, role: .contender).complaint?.contains("lost ") == true)
    }

    private struct Forgetful: RecordingSystem {
        func record(nanoseconds: UInt64) {}
        func read() async -> UInt64 { 0 }
    }
}
