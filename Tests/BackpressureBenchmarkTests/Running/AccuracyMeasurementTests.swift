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

    @Test("tells the jitter after the burst, under steady demand")
    func jitter() {
        let log = (0..<10).map { grant(atMicroseconds: $0) } + (1...100).map { grant(atMicroseconds: 1_000 * $0) }
        let figures = measurement.evaluate([log])
        #expect(figures.jitterP50Nanoseconds == 0 && figures.jitterP99Nanoseconds == 0)
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
        #expect(AccuracyJudgement(figures, load: load).complaint?.contains("more than burst") == true)
    }
}

@Suite("Demand on virtual time")
struct VirtualDemandTests {
    private func requests(_ load: LimiterLoad, seed: UInt64) -> [[Int]] {
        var demand = VirtualDemand(load: load, seed: seed)
        return (0..<2_000).map { _ in
            let request = demand.next()
            return [Int(request.nanoseconds), request.permits]
        }
    }

    @Test("is the same for the same seed and another for another")
    func seeds() {
        #expect(requests(Samples.limiterLoad, seed: 1) == requests(Samples.limiterLoad, seed: 1))
        #expect(requests(Samples.limiterLoad, seed: 1) != requests(Samples.limiterLoad, seed: 2))
    }

    @Test("never goes back, asks for no more than the burst, and asks for several now and then")
    func bounds() {
        let requests = requests(Samples.limiterLoad, seed: 1)
        #expect(zip(requests, requests.dropFirst()).allSatisfy { $0[0] <= $1[0] })
        #expect(requests.allSatisfy { (1...10).contains($0[1]) })
        #expect(requests.contains { $0[1] > 1 })
    }

    @Test("rests when it should")
    func rests() {
        var load = Samples.limiterLoad
        load.demand = .onOff(onSeconds: 0.005, offSeconds: 0.0213)
        let requests = requests(load, seed: 1)
        #expect(requests.allSatisfy { $0[0] % 26_300_000 < 5_000_000 })
        #expect(requests.last.map { $0[0] > 2 * 26_300_000 } == true)
    }
}

private struct GenerousLimiter: SynchronousRateLimiter {
    func tryAcquire(_ permits: Int) -> Acquisition { .granted }
    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {}
}
