import RateLimiters
import Testing

@testable import BackpressureBenchmark

@Suite("What an exact limiter grants at the same instants")
struct AccuracyMeasurementTests {
    /// A burst of 10 and a permit each millisecond.
    private let measurement = AccuracyMeasurement(
        job: Samples.job(Samples.accuracy, kind: .accuracy, implementation: "token-bucket-mutex"),
        load: Samples.limiterLoad,
        implementation: Registry.builtIn.limiters[0]
    )
    private let start: UInt64 = 1_000_000_000

    private func grant(atMicroseconds time: UInt64) -> CallerLog.Event {
        .init(first: start + time * 1_000, last: start + time * 1_000 + 50, refusals: 0)
    }

    private func refusals(_ count: UInt64, microseconds span: ClosedRange<UInt64>) -> CallerLog.Event {
        .init(first: start + span.lowerBound * 1_000, last: start + span.upperBound * 1_000, refusals: count)
    }

    @Test("is as much, where the limiter is right")
    func exact() {
        let burst = (0..<10).map { grant(atMicroseconds: $0) }
        let log = burst + [refusals(900, microseconds: 10...999), grant(atMicroseconds: 1_000)]
        let figures = measurement.evaluate([log])
        #expect(figures.granted == 11 && figures.allowed == 11)
        #expect(figures.overshootPermits == 0)
        #expect(AccuracyJudgement(figures, load: Samples.limiterLoad).complaint == nil)
    }

    @Test("is found between call and return, since a caller may be held up in between")
    func heldUp() {
        let burst = (0..<10).map { grant(atMicroseconds: $0) }
        // Called too early, decided when the permit was there.
        let late = CallerLog.Event(first: start + 500_000, last: start + 1_100_000, refusals: 0)
        #expect(measurement.evaluate([burst + [late]]).allowed == 11)
        // Returned before it was there: no moment within the call makes it right.
        let early = CallerLog.Event(first: start + 500_000, last: start + 900_000, refusals: 0)
        #expect(measurement.evaluate([burst + [early]]).allowed == 10)
    }

    @Test("is less than a generous limiter granted")
    func generous() {
        let figures = measurement.evaluate([(0..<40).map { grant(atMicroseconds: $0) }])
        #expect(figures.granted == 40 && figures.allowed == 10)
        #expect(figures.overshootPermits > 29.9 && figures.overshootPermits <= 30)
    }

    @Test("is more than a mean limiter granted, also between requests refused in a row")
    func mean() {
        let figures = measurement.evaluate([[refusals(100_000, microseconds: 0...100_000)]])
        #expect(figures.granted == 0)
        #expect((109...110).contains(figures.allowed))
        #expect(figures.jainIndex == nil)
    }

    @Test("is asked by all callers in order of time")
    func callers() {
        // Each alone would be granted all; together they share one burst.
        let first = (0..<8).map { grant(atMicroseconds: 2 * $0) }
        let second = (0..<8).map { grant(atMicroseconds: 2 * $0 + 1) }
        let figures = measurement.evaluate([first, second])
        #expect(figures.allowed == 10)
        #expect(figures.jainIndex == 1)
        // Spans of different callers overlap; what the one is granted the other isn't.
        let spans = measurement.evaluate([
            [refusals(1_000, microseconds: 0...5_000)], [refusals(1_000, microseconds: 0...5_000)],
        ])
        #expect((15...16).contains(spans.allowed))
    }

    @Test("is forgiven for what stalls, and no refusal is while permits are at hand")
    func withheld() {
        // A permit each millisecond and a burst of 10: half a second of rest gives ten and no more.
        let burst = (0..<10).map { grant(atMicroseconds: $0) }
        let stalled = measurement.evaluate([burst + [refusals(1, microseconds: 999...999)]])
        #expect(stalled.withheldPermits == 0)
        let rested = measurement.evaluate([burst + [refusals(1, microseconds: 500_000...500_000)]])
        #expect(rested.withheldPermits == 10)
        let complaint = AccuracyJudgement(rested, load: Samples.limiterLoad).complaint
        #expect(complaint == "refused a request when 10.00 permits were to be had")
    }

    @Test("tells where the worst window is, from the start of the run")
    func worstWindow() throws {
        let log = (0..<40).map { grant(atMicroseconds: 100 + $0) }
        let figures = measurement.evaluate([log], startNanoseconds: start)
        let window = try #require(figures.worstWindow)
        #expect(window.startNanoseconds == 100_000 && window.endNanoseconds == 139_050 && window.permits == 40)
        let judgement = AccuracyJudgement(figures, load: Samples.limiterLoad)
        #expect(judgement.broken == "29.96 permits more: 40 between 0.000100 and 0.000139 s")
    }

    @Test("tells the jitter after the burst, under steady demand")
    func jitter() {
        let log = (0..<10).map { grant(atMicroseconds: $0) } + (1...100).map { grant(atMicroseconds: 1_000 * $0) }
        let figures = measurement.evaluate([log])
        #expect(figures.jitterP50Nanoseconds == 0 && figures.jitterP99Nanoseconds == 0)
    }

    /// A run of 50 ms on the real clock, saturated.
    private func measured(_ id: String, callers: Int) async throws -> (figures: AccuracyFigures, load: LimiterLoad) {
        var scenario = Samples.accuracy
        scenario.durationSeconds = 0.05
        var load = Samples.limiterLoad
        load.callers = callers
        let measurement = AccuracyMeasurement(
            job: Samples.job(scenario, kind: .accuracy, implementation: id),
            load: load,
            implementation: try #require(Registry.builtIn.limiters.first { $0.id == id })
        )
        let report = try await onOwnThread { () throws(MeasurementError) in try measurement.perform() }
        return (try #require(report.accuracy), load)
    }

    @Test(
        "is what a single caller of an exact limiter gets, to the permit",
        arguments: ["token-bucket-lockfree", "pacer-lockfree", "pacer-mutex", "sliding-log-mutex"]
    )
    func singleCaller(id: String) async throws {
        let (figures, load) = try await measured(id, callers: 1)
        #expect(figures.knowsDecisions == true)
        #expect(figures.granted > 0 && figures.granted == figures.allowed)
        #expect(AccuracyJudgement(figures, load: load).complaint == nil)
    }

    @Test(
        "is what several callers get between them, whoever of them decides and wherever",
        arguments: ["token-bucket-lockfree", "pacer-lockfree", "pacer-mutex", "sliding-log-mutex"]
    )
    func severalCallers(id: String) async throws {
        let (figures, load) = try await measured(id, callers: 3)
        #expect(figures.knowsDecisions == true)
        #expect(figures.granted > 0)
        // Asked at the calls or the returns, a pacer's oracle would grant much less.
        #expect(AccuracyJudgement(figures, load: load).complaint == nil)
    }

    @Test("is more than several callers of a pacer get that lets a permit through every 30 µs in place of every 20")
    func meanToSeveral() async throws {
        var load = Samples.limiterLoad
        (load.ratePerSecond, load.callers) = (50_000, 3)
        var scenario = Samples.accuracy
        scenario.durationSeconds = 0.05
        let slow = LimiterImplementation(
            id: "mean",
            family: .lockFree,
            summary: "too slow by half",
            specification: .pacer,
            real: {
                LimiterInstance(LockFreeTokenBucket(pacing: Rate(permits: 1, perNanoseconds: 30_000), clock: $0.clock))
            },
            virtual: {
                LimiterInstance(LockFreeTokenBucket(pacing: Rate(permits: 1, perNanoseconds: 30_000), clock: $0.clock))
            }
        )
        let measurement = AccuracyMeasurement(
            job: Samples.job(scenario, kind: .accuracy, implementation: slow.id),
            load: load,
            implementation: slow
        )
        let report = try await onOwnThread { () throws(MeasurementError) in try measurement.perform() }
        let complaint = AccuracyJudgement(try #require(report.accuracy), load: load).complaint
        #expect(complaint == "refused a request when 1.00 permits were to be had")
    }

    @Test("is known to within a call only, of a limiter with a clock of its own")
    func unknownDecisions() async throws {
        #expect(try await measured("pacer-mutex-spinning", callers: 1).figures.knowsDecisions == false)
    }

    @Test("is compared on the real clock even with a limiter that grants more than can be noted")
    func grantsEverything() async throws {
        var scenario = Samples.accuracy
        scenario.durationSeconds = 0.05
        var load = Samples.limiterLoad
        load.callers = 1
        let measurement = AccuracyMeasurement(
            job: Samples.job(scenario, kind: .accuracy, implementation: "generous"),
            load: load,
            implementation: .init(
                id: "generous",
                family: .other,
                summary: "refuses nothing",
                real: { _ in LimiterInstance(GenerousLimiter()) },
                virtual: nil
            ),
            logCapacity: 1_000
        )
        let report = try await onOwnThread { () throws(MeasurementError) in try measurement.perform() }
        let figures = try #require(report.accuracy)
        #expect(figures.overshootPermits > 900)
        #expect(AccuracyJudgement(figures, load: load).complaint?.contains("permits more") == true)
    }
}

private struct GenerousLimiter: SynchronousRateLimiter {
    func tryAcquire(_ permits: Int) -> Acquisition { .granted }
    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {}
}
