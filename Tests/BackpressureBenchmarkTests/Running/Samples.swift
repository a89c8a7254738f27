@testable import BackpressureBenchmark

/// Scenarios and what came of them, made by hand: each as a good run has it, for tests to change.
enum Samples {
    static let queueLoad = QueueLoad(
        producers: 1,
        consumers: 1,
        capacity: 16,
        payloadBytes: 8,
        policy: .block,
        arrival: .closedLoop,
        serviceTimeNanoseconds: 0
    )

    static let floodLoad = QueueLoad(
        producers: 1,
        consumers: 1,
        capacity: 16,
        payloadBytes: 4_096,
        policy: .block,
        arrival: .closedLoop,
        serviceTimeNanoseconds: 50_000,
        memoryCapBytes: capBytes,
        overloadFactor: 20
    )

    static let limiterLoad = LimiterLoad(
        ratePerSecond: 1_000,
        burst: 10,
        callers: 2,
        demand: .saturated,
        clock: .real
    )

    static let capBytes = 64 << 20

    static func scenario(
        _ name: String = "sample",
        _ load: Scenario.Load = .queue(queueLoad),
        section: Scenario.Section = .throughput,
        drivers: [Scenario.Driver] = [.threads],
        implementations: [String] = [],
        reference: String? = nil
    ) -> Scenario {
        Scenario(
            name: name,
            title: "A sample",
            section: section,
            profiles: Set(Scenario.Profile.allCases),
            drivers: drivers,
            implementations: implementations,
            reference: reference,
            repetitions: 3,
            durationSeconds: 0.01,
            warmupSeconds: 0,
            load: load
        )
    }

    static let flood = scenario("flood", .queue(floodLoad), section: .stress)
    static let accuracy = scenario("rate", .limiter(limiterLoad), section: .accuracy)

    static func job(
        _ scenario: Scenario = scenario(),
        kind: MeasurementJob.Kind = .speed,
        implementation: String = "mutex",
        timeLimitSeconds: Double = 60
    ) -> MeasurementJob {
        MeasurementJob(
            kind: kind,
            scenario: scenario,
            implementation: implementation,
            driver: scenario.drivers[0],
            seed: 1,
            warmupSeconds: scenario.warmupSeconds,
            durationSeconds: scenario.durationSeconds,
            timeLimitSeconds: timeLimitSeconds
        )
    }

    static func measurement(_ job: MeasurementJob, role: Role = .contender, block: Int = 0) -> RunPlan.Measurement {
        RunPlan.Measurement(job: job, family: .mutex, role: role, block: block, plannedSeconds: 0.1)
    }

    static func result(
        _ job: MeasurementJob,
        role: Role = .contender,
        report: MeasurementReport? = nil,
        ending: ChildProcess.Ending = .finished
    ) -> Runner.Result {
        var outcome = ChildProcess.Outcome()
        outcome.report = report
        outcome.ending = ending
        return Runner.Result(measurement: measurement(job, role: role), outcome: outcome)
    }

    /// Figures of a limiter that granted just what it may.
    static let accurate = AccuracyFigures(durationSeconds: 1, granted: 1_000, allowed: 1_000, overshootPermits: 0)

    /// Figures of a queue that kept its bound under a flood.
    static let survived = FloodFigures(
        durationSeconds: 1,
        offered: 100,
        accepted: 90,
        taken: 90,
        refused: 10,
        dropped: 0,
        lost: 0,
        peakAllocatedBytes: 1_000,
        retainedBytes: 0,
        peakResidentBytes: 1 << 20,
        boundBytes: 1_000
    )

    static func report(
        _ metrics: KeyValuePairs<Metric, Double> = [:],
        flood: FloodFigures? = nil,
        accuracy: AccuracyFigures? = nil
    ) -> MeasurementReport {
        var report = MeasurementReport()
        for (metric, value) in metrics { report[metric] = value }
        report.flood = flood
        report.accuracy = accuracy
        return report
    }

    static func heartbeat(milliseconds: Int, allocated: Int, peakResident: Int? = nil) -> Heartbeat {
        Heartbeat(
            memory: MemorySample(
                elapsedNanoseconds: milliseconds * 1_000_000,
                gauges: Jemalloc.Gauges(allocated: allocated, active: allocated, resident: allocated, metadata: 0),
                depth: 16
            ),
            offered: 50,
            accepted: 40,
            taken: 10,
            peakResidentBytes: peakResident
        )
    }
}
