import ConcurrencySupport
import Foundation
import RateLimiters
import Testing

@testable import BackpressureBenchmark

@Suite("Decisions beside the exact limiter's")
struct DecisionRunTests {
    private func figures(
        _ implementation: LimiterImplementation,
        driver: Scenario.Driver = .threads,
        _ change: (inout LimiterLoad) -> Void = { _ in }
    ) async throws -> AccuracyFigures {
        var load = Samples.limiterLoad
        (load.clock, load.callers, load.ratePerSecond) = (.virtual, 1, 700_000)
        change(&load)
        var job = Samples.job(Samples.accuracy, kind: .accuracy, implementation: implementation.id)
        (job.durationSeconds, job.driver) = (0, driver)
        let measurement = AccuracyMeasurement(job: job, load: load, implementation: implementation)
        let report = try await onOwnThread { () throws(MeasurementError) in try measurement.perform() }
        return try #require(report.accuracy)
    }

    private static let contenders = Registry.builtIn.limiters
        .filter { $0.role == .contender && $0.virtual != nil }.map(\.id)

    private func limiter(_ id: String) throws -> LimiterImplementation {
        try #require(Registry.builtIn.limiters.first { $0.id == id })
    }

    private static let demands: [LimiterLoad.Demand] = [
        .saturated, .onOff(onSeconds: 0.000_5, offSeconds: 0.001_37), .mixed,
        .trace(path: "x", speedup: 1_000, requestsPerSecond: [900, 0, 20]),
    ]

    @Test("are the same for every limiter of the package, under every demand", arguments: contenders, demands)
    func exact(id: String, demand: LimiterLoad.Demand) async throws {
        let ours = try limiter(id)
        let figures = try await figures(ours, driver: ours.drivers[0]) { $0.demand = demand }
        #expect(figures.wrongDecisions == 0 && figures.granted > 100)
        // A window in parts may grant less.
        #expect(figures.granted == figures.allowed || figures.isConservative == true)
        #expect(figures.decisions ?? 0 >= 20_000)
        #expect(figures.overshootPermits == 0 && figures.withheldPermits == 0)
        #expect(figures.burst == (ours.specification == .pacer ? 1 : 10))
    }

    @Test("are the same for several callers at once", arguments: contenders)
    func rounds(id: String) async throws {
        let ours = try limiter(id)
        let figures = try await figures(ours, driver: ours.drivers[0]) { $0.callers = 3 }
        #expect(figures.wrongDecisions == 0 && figures.granted > 100)
        #expect(figures.granted == figures.allowed || figures.isConservative == true)
        let requests = (figures.decisions ?? 0)
        #expect(figures.granted < requests, "some are refused")
        #expect(requests.isMultiple(of: 3 * DecisionRun.requestsPerRound))
    }

    @Test("are the same for a sliding window that is exact")
    func window() async throws {
        let figures = try await figures(.window()) { $0.burst = 50 }
        #expect(figures.wrongDecisions == 0 && figures.granted > 100 && figures.granted == figures.allowed)
        #expect(figures.windowNanoseconds == 71_429)
        let rounds = try await self.figures(.window()) { ($0.burst, $0.callers) = (50, 2) }
        #expect(rounds.wrongDecisions == 0 && rounds.granted == rounds.allowed)
    }

    @Test("differ for a sliding window of a permit more, a nanosecond more or a nanosecond less")
    func brokenWindow() async throws {
        for (permits, nanoseconds) in [(1, 0), (0, 1), (0, -1)] {
            let figures = try await figures(.window(extraPermits: permits, extraNanoseconds: nanoseconds)) {
                $0.burst = 50
            }
            #expect(figures.wrongDecisions ?? 0 > 0, "\(permits), \(nanoseconds)")
            #expect((figures.overshootPermits > 0) == (permits > 0 || nanoseconds < 0))
            #expect((figures.withheldPermits ?? 0 > 0) == (nanoseconds > 0))
        }
    }

    @Test("of a window in parts may be late by a part, and no more")
    func parts() async throws {
        func wrong(extraNanoseconds: Int) async throws -> Int? {
            try await figures(.window(.slidingWindow(parts: 10), extraNanoseconds: extraNanoseconds)) { $0.burst = 50 }
                .wrongDecisions
        }
        #expect(try await wrong(extraNanoseconds: 0) == 0)
        #expect(try await wrong(extraNanoseconds: 7_143) == 0)
        #expect(try await wrong(extraNanoseconds: 7_144) ?? 0 > 0)
        #expect(try await wrong(extraNanoseconds: -1) ?? 0 > 0)
    }

    @Test("differ for the control and for what not to do, each where its scenario has it")
    func controls() async throws {
        let boundary = try await figures(try limiter("fixed-window")) {
            ($0.ratePerSecond, $0.burst) = (10_000, 100)
            $0.demand = .onOff(onSeconds: 0.004, offSeconds: 0.024)
        }
        #expect(boundary.overshootPermits > 50)
        #expect(boundary.worstWindow?.permits ?? 0 > 150, "a burst before the boundary and one after it")
        let date = try await figures(try limiter("actor-date"), driver: .tasks) {
            ($0.ratePerSecond, $0.burst) = (1_000_000, 1_000)
        }
        #expect(date.wrongDecisions ?? 0 > 0)
    }

    @Test("show a check and a take that are two steps, as soon as several callers ask")
    func torn() async throws {
        let torn = LimiterImplementation(
            id: "torn",
            family: .other,
            summary: "looks, and then takes",
            real: { LimiterInstance(TornLimiter($0)) },
            virtual: { LimiterInstance(TornLimiter($0)) }
        )
        #expect(try await figures(torn).wrongDecisions == 0, "a single caller can't tell")
        let figures = try await figures(torn) { $0.callers = 3 }
        #expect(figures.wrongDecisions ?? 0 > 0 && figures.granted > figures.allowed)
        #expect(AccuracyJudgement(figures, load: Samples.limiterLoad).broken != nil)
    }

    @Test("are as many as were asked for, however long they take")
    func count() async throws {
        var job = Samples.job(Samples.accuracy, kind: .accuracy, implementation: "token-bucket-mutex")
        (job.durationSeconds, job.decisions) = (0, 50_000)
        var load = Samples.limiterLoad
        (load.clock, load.callers) = (.virtual, 1)
        let measurement = AccuracyMeasurement(job: job, load: load, implementation: try limiter("token-bucket-mutex"))
        let report = try await onOwnThread { () throws(MeasurementError) in try measurement.perform() }
        #expect(report.accuracy?.decisions ?? 0 >= 50_000)
    }
}

/// A bucket that is exact for a single caller, but looks in one step and takes in another.
private final class TornLimiter<ClockType: NanosecondClock>: SynchronousRateLimiter {
    private let clock: ClockType
    private let oracle: Lock<LimiterOracle>

    init(_ setup: LimiterSetup<ClockType>) {
        clock = setup.clock
        oracle = Lock(LimiterOracle(GrantEnvelope(rate: setup.rate, burst: setup.burst)))
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        let now = clock.nanoseconds()
        var seen = oracle.withLock { $0 }
        guard seen.tryAcquire(UInt64(permits), atNanoseconds: now) else {
            return .refused(retryAfter: .init(nanoseconds: 1))
        }
        // Long enough that others look meanwhile.
        for _ in 0..<8 { sched_yield() }
        oracle.withLock { $0 = seen }
        return .granted
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        while !tryAcquire(permits).isGranted { await Task.yield() }
    }
}
