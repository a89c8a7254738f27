import BoundedQueues
import CircuitBreakers
import ConcurrencySupport
import Testing

@testable import BackpressureBenchmark

// On the real clock, for a moment: only what holds on the slowest machine is looked at.

/// The figures of the first run in which something came about; a machine that is busy with something else may let the moment
/// that a run lasts go by.
func figuresOfARun(
    until cameAbout: (SystemFigures) -> Bool,
    of run: () async -> SystemFigures
) async -> SystemFigures {
    var figures = await run()
    for _ in 0..<50 where !cameAbout(figures) { figures = await run() }
    return figures
}

@Suite("A run under overload")
struct OverloadRunTests {
    private let load = OverloadLoad(
        workers: 2,
        serviceNanoseconds: 500_000,
        capacity: 16,
        calmLoad: 0.5,
        criticalLoad: 0.2,
        overloadFactor: 10,
        deadlineNanoseconds: 20_000_000
    )
    private let conditions = SystemConditions(seed: 3, warmupSeconds: 0.01, durationSeconds: 0.09)

    private func run(_ system: any AdmissionSystem) async -> SystemFigures {
        await OverloadRun(load: load, system: system, conditions: conditions).perform()
    }

    @Test("meets the same requests for the same seed: critical ones all the time alike, the others ten times as many")
    func schedule() {
        var long = conditions
        long.durationSeconds = 3
        let schedule = OverloadSchedule(load, long)
        #expect(schedule.requests == OverloadSchedule(load, long).requests)
        let times = schedule.requests.map(\.nanoseconds)
        #expect(times == times.sorted() && times.last ?? 0 < schedule.endNanoseconds)
        #expect(schedule.overloadNanoseconds == 1_010_000_000 && schedule.endNanoseconds == 3_010_000_000)
        func count(_ range: Range<UInt64>, _ isCounted: (PriorityTier) -> Bool) -> Double {
            Double(schedule.requests.count { range.contains($0.nanoseconds) && isCounted($0.tier) })
        }
        // 4 000 a second are served; six standard deviations of a Poisson count are allowed.
        func expect(_ count: Double, near expected: Double) {
            #expect(abs(count - expected) <= 6 * expected.squareRoot(), "\(count)")
        }
        let overload = schedule.overloadNanoseconds..<schedule.recoveryNanoseconds
        let calm = schedule.calmNanoseconds..<schedule.overloadNanoseconds
        expect(count(overload) { $0 == .critical }, near: 800)
        expect(count(calm) { $0 == .critical }, near: 800)
        expect(count(calm) { _ in true }, near: 2_000)
        expect(count(overload) { _ in true }, near: 40_000)
        expect(count(overload) { $0 == .low }, near: 39_200 / 2)
    }

    @Test("accounts for every request of a system that keeps its bound")
    func bounded() async {
        let figures = await figuresOfARun(
            until: { $0.account.delivered > 0 && $0[.latencyP99] != nil && $0[.refusalP99] != nil },
            of: { await run(TieredAdmission(queue: MutexPriorityQueue<UInt64>(capacity: 16))) }
        )
        let account = figures.account
        #expect(SystemJudgement(figures, role: .contender).complaint == nil, "\(figures)")
        #expect(account.offered == account.refused + account.delivered + account.left && account.delivered > 0)
        #expect(account.refused > 0 && account.peakInside <= load.bound)
        #expect(figures[.goodputShare] != nil && figures[.latencyP99] != nil && figures[.refusalP99] != nil)
    }

    @Test("shows what happens without a bound")
    func unbounded() async {
        let figures = await figuresOfARun(
            until: { $0.account.peakInside > load.bound },
            of: { await run(UntieredAdmission(queue: UnboundedQueue<UInt64>())) }
        )
        #expect(figures.account.peakInside > load.bound && figures.account.refused == 0)
        #expect(SystemJudgement(figures, role: .control).complaint == nil, "\(figures)")
        #expect(SystemJudgement(figures, role: .contender).complaint?.contains("requests inside at once") == true)
    }

    @Test("finds what is lost, and what comes twice")
    func defects() async {
        let lossy = await run(Faulty(base: UntieredAdmission(queue: MutexQueue<UInt64>(capacity: 16)), copies: 0))
        #expect(lossy.account.lost > 0)
        let doubling = await run(Faulty(base: UntieredAdmission(queue: MutexQueue<UInt64>(capacity: 16)), copies: 2))
        #expect(doubling.account.surplus > 0)
    }

    /// Accepts every fourth request without putting it in, or puts it in twice.
    private struct Faulty: AdmissionSystem {
        let base: UntieredAdmission<MutexQueue<UInt64>>
        let copies: Int

        func offer(_ request: UInt64, tier: PriorityTier) async -> Bool {
            guard request.isMultiple(of: 4) else { return await base.offer(request, tier: tier) }
            if copies == 0 { return true }
            guard await base.offer(request, tier: tier) else { return false }
            _ = await base.offer(request, tier: tier)
            return true
        }

        func take() async -> UInt64? { await base.take() }

        func close() async { await base.close() }
    }
}

@Suite("A run with a flapping dependency")
struct FlappingRunTests {
    private let load = FlappingLoad(
        callers: 2,
        capacity: 64,
        ratePerSecond: 1_000,
        callNanoseconds: 200_000,
        failureNanoseconds: 1_000_000,
        slowNanoseconds: 2_000_000,
        outages: [.down],
        waitNanoseconds: 5_000_000,
        redriveNanoseconds: 5_000_000
    )

    private func run(_ system: any DeliverySystem) async -> SystemFigures {
        let conditions = SystemConditions(seed: 5, warmupSeconds: 0, durationSeconds: 0.15)
        return await FlappingRun(load: load, system: system, conditions: conditions).perform()
    }

    @Test("accounts for every element behind a breaker")
    func guarded() async {
        let setup = DeliverySetup(load)
        let figures = await run(GuardedDeliveries(MutexCircuitBreaker(setup.breaker), setup))
        let account = figures.account
        #expect(SystemJudgement(figures, role: .contender).complaint == nil, "\(figures)")
        #expect(account.offered == account.refused + account.delivered + account.left && account.delivered > 0)
    }

    @Test("accounts for every element without one")
    func unguarded() async {
        let account = await run(UnguardedDeliveries(DeliverySetup(load))).account
        #expect(account.lost == 0 && account.surplus == 0 && account.offered > 0)
    }

    @Test("finds what is thrown away, and what is delivered again")
    func defects() async {
        #expect(await run(Faulty(copies: 0)).account.lost > 0)
        #expect(await run(Faulty(copies: 2)).account.surplus > 0)
    }

    /// Says of every fourth element that it has delivered it, and hasn't, or has twice.
    private struct Faulty: DeliverySystem {
        let copies: Int

        func deliver(
            _ element: UInt64,
            by call: @escaping @Sendable (UInt64) async throws -> Void
        ) async -> DeliveryOutcome {
            do {
                for _ in 0..<(element.isMultiple(of: 4) ? copies : 1) { try await call(element) }
                return .delivered
            } catch {
                return .returned
            }
        }

        func redrive(by call: @escaping @Sendable (UInt64) async throws -> Void) async -> Int { 0 }

        var kept: Int { 0 }

        func takeKept() async -> [UInt64] { [] }
    }
}

@Suite("A run of signals")
struct SignalRunTests {
    private let load = SignalLoad(producers: 2, intervalNanoseconds: 100_000)
    private let conditions = SystemConditions(seed: 7, warmupSeconds: 0, durationSeconds: 0.05)

    @Test("is seen by every producer")
    func seen() async {
        let figures = await SignalRun(load: load, system: FlowSignalling(), conditions: conditions).perform()
        #expect(SystemJudgement(figures, role: .contender).complaint == nil, "\(figures)")
        #expect(figures[.latencyP50] != nil && figures[.throughput] != nil)
    }

    @Test("is late where producers look now and then")
    func polled() async {
        let figures = await SignalRun(load: load, system: PolledState(), conditions: conditions).perform()
        #expect(SystemJudgement(figures, role: .control).complaint == nil, "\(figures)")
        #expect(SystemJudgement(figures, role: .contender).complaint == nil, "late is not lost")
    }
}
