import Testing

@testable import BackpressureBenchmark

@Suite("The comparison of implementations")
struct ComparisonTableTests {
    private func sample(
        _ implementation: String,
        block: Int,
        _ value: Double?,
        metric: Metric = .throughput,
        driver: Scenario.Driver = .threads
    ) -> SampleRow {
        SampleRow(
            scenario: "sample",
            mechanism: .queue,
            implementation: implementation,
            family: "mutex",
            driver: driver,
            block: block,
            repetition: block,
            metric: metric.name,
            unit: metric.unit,
            value: value
        )
    }

    private func rows(_ samples: [SampleRow], reference: String? = "mutex") -> [ComparisonRow] {
        let scenario = Samples.scenario(drivers: [.threads, .tasks], reference: reference)
        return ComparisonTable(samples: samples, scenarios: [scenario], seed: 1).rows
    }

    @Test("takes ratios inside blocks, so that a machine that drifts changes nothing")
    func drift() throws {
        // Twice as fast in each block, on a machine that gets ten times slower from block to block.
        let samples = [1: 1_000.0, 2: 100, 3: 10].flatMap { block, value in
            [sample("mutex", block: block, value), sample("ring", block: block, 2 * value)]
        }
        let rows = rows(samples)
        #expect(rows.map(\.implementation) == ["mutex", "ring"])
        #expect(rows[0].ratioToReference == 1)
        #expect(rows[1].ratioToReference == 2 && rows[1].ratioCiLow == 2 && rows[1].ratioCiHigh == 2)
        #expect(rows[1].throughputPerS == 200 && rows[1].repetitions == 3 && rows[1].reference == "mutex")
        #expect(try #require(rows[1].throughputCiLow) < 200)
    }

    @Test("has no ratio where the reference is missing, unknown or elsewhere")
    func noReference() {
        let alone = [sample("ring", block: 1, 5)]
        #expect(rows(alone).map(\.ratioToReference) == [nil])
        #expect(rows(alone)[0].reference == "mutex")
        #expect(rows(alone, reference: nil).map(\.reference) == [nil])
        let apart = alone + [sample("mutex", block: 2, 5)]
        #expect(rows(apart).map(\.ratioToReference) == [1, nil])
        let otherDriver = alone + [sample("mutex", block: 1, 5, driver: .tasks)]
        #expect(rows(otherDriver).map(\.ratioToReference) == [nil, 1])
    }

    @Test("condenses each metric to its median, and leaves empty what wasn't measured")
    func metrics() {
        let samples = [3.0, 1, 2].enumerated().map {
            sample("mutex", block: $0.offset + 1, $0.element, metric: .latencyP99)
        }
        let row = rows(samples + [sample("mutex", block: 1, nil)])[0]
        #expect(row.latencyP99Ns == 2)
        #expect(row.throughputPerS == nil && row.latencyP50Ns == nil && row.throughputCiLow == nil)
    }

    @Test("has a column for each metric that says so")
    func condensing() {
        for metric in Metric.all {
            let empty = rows([sample("mutex", block: 1, nil, metric: metric)])[0]
            let full = rows([sample("mutex", block: 1, 7, metric: metric)])[0]
            #expect((empty != full) == (metric.condense != nil), "\(metric.name)")
        }
    }

    @Test("tells what the scenario is")
    func scenario() {
        let row = rows([sample("mutex", block: 1, 5)])[0]
        #expect(row.producers == 1 && row.consumers == 1 && row.capacity == 16 && row.policy == .block)
        let limiter = Samples.scenario("sample", .limiter(Samples.limiterLoad))
        let callers = ComparisonTable(samples: [sample("mutex", block: 1, 5)], scenarios: [limiter], seed: 1).rows[0]
        #expect(callers.producers == 2 && callers.consumers == nil && callers.capacity == nil)
    }
}
