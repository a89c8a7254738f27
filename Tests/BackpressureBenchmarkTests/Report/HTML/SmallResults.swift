import Foundation

@testable import BackpressureBenchmark

/// A result folder in which everything is there once, with names that would break a page that takes them as they are.
struct SmallResults {
    static let nasty = "</svg><script>alert(\"1\")</script>&'`|*"

    var comparison: [ComparisonRow] = []
    var accuracy: [AccuracyRow] = []
    var stress: [StressRow] = []
    var memory: [MemoryRow] = []
    var samples: [SampleRow] = []
    var verdict = Verdict()

    init() {
        comparison = [
            row("pair", "mutex", "mutex", throughput: 10e6),
            row("pair", "ring", "lock-free", throughput: 40e6),
            row("pair", "unbounded", "other", throughput: nil),
            row("pair", SmallResults.nasty, "foreign", throughput: 5e6),
            row("latency", "mutex", "mutex", throughput: 1e5, latency: 1_000),
            row("latency", "ring", "lock-free", throughput: 1e5, latency: 500),
            row("latency", SmallResults.nasty, "foreign", throughput: nil),
        ]
        accuracy = [
            limiter("token-bucket-mutex", overshoot: 0, verdict: "pass"),
            limiter("fixed-window", overshoot: 74.4, verdict: "fail"),
            limiter("pacer-mutex", overshoot: nil, verdict: "fail"),
        ]
        stress = [flood("mutex", dies: false), flood("unbounded", dies: true)]
        for (id, bytes) in [("mutex", 4_000_000), ("unbounded", 120_000_000)] {
            for step in 0..<300 {
                memory.append(
                    MemoryRow(
                        scenario: "flood",
                        implementation: id,
                        elapsedNs: step * 1_000_000,
                        allocatedBytes: 1_000 + bytes * step / 299
                    )
                )
            }
        }
        for block in 1...3 {
            samples.append(
                SampleRow(
                    scenario: "latency",
                    mechanism: .queue,
                    implementation: "ring",
                    family: "lock-free",
                    driver: .threads,
                    block: block,
                    repetition: block,
                    metric: "latency_p99",
                    unit: "ns",
                    value: Double(block) * 4_000
                )
            )
        }
    }

    private func row(
        _ scenario: String,
        _ id: String,
        _ family: String,
        throughput: Double?,
        latency: Double? = nil
    ) -> ComparisonRow {
        ComparisonRow(
            scenario: scenario,
            mechanism: .queue,
            implementation: id,
            family: family,
            driver: .threads,
            producers: 1,
            consumers: 1,
            capacity: 1_024,
            payloadBytes: 8,
            policy: .block,
            repetitions: 3,
            throughputPerS: throughput,
            throughputCiLow: throughput.map { $0 * 0.9 },
            throughputCiHigh: throughput.map { $0 * 1.1 },
            latencyP50Ns: latency,
            latencyP90Ns: latency.map { $0 * 2 },
            latencyP99Ns: latency.map { $0 * 8 },
            latencyP999Ns: latency.map { $0 * 20 },
            latencyMaxNs: latency.map { $0 * 100 },
            peakAllocatedBytes: throughput.map { _ in 8_192 },
            reference: "mutex",
            ratioToReference: throughput.map { $0 / 10e6 },
            ratioCiLow: throughput.map { $0 / 11e6 },
            ratioCiHigh: throughput.map { $0 / 9e6 }
        )
    }

    private func limiter(_ id: String, overshoot: Double?, verdict: String) -> AccuracyRow {
        AccuracyRow(
            scenario: "rate",
            mechanism: .limiter,
            implementation: id,
            family: id.contains("mutex") ? "mutex" : "other",
            clock: .virtual,
            callers: 2,
            ratePerS: 10_000,
            burst: 100,
            durationS: 0.25,
            granted: 2_600,
            allowed: 2_600,
            errorPpm: overshoot.map { $0 * 1_000 },
            overshootPermits: overshoot,
            verdict: verdict
        )
    }

    private func flood(_ id: String, dies: Bool) -> StressRow {
        StressRow(
            scenario: "flood",
            implementation: id,
            family: dies ? "other" : "mutex",
            policy: .block,
            capBytes: 134_217_728,
            capMethod: "cgroup-v2",
            producers: 4,
            consumers: 1,
            overloadFactor: 20,
            durationS: 0.3,
            expected: dies ? "dies" : "survives",
            outcome: dies ? "died (SIGKILL)" : "survived",
            verdict: "pass",
            peakAllocatedBytes: dies ? 120_000_000 : 4_000_000,
            boundBytes: dies ? nil : 4_600_000,
            secondsToDeath: dies ? 0.3 : nil
        )
    }

    /// The results as they are read back.
    func read(_ others: [String: String] = [:]) async throws -> ResultSet {
        try await withTemporaryFolder { folder in
            try write(to: folder)
            for (name, text) in others { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
            return try ResultSet(path: folder)
        }
    }

    func write(to path: String) throws {
        let folder = try ResultFolder(path: path)
        try folder.write(ResultFile.csv(comparison), to: "comparison.csv")
        try folder.write(ResultFile.csv(accuracy), to: "accuracy.csv")
        try folder.write(ResultFile.csv(stress), to: "stress.csv")
        try folder.write(ResultFile.csv(memory), to: "memory.csv")
        try folder.write(ResultFile.csv(samples), to: "samples.csv")
        try folder.write(environment.json(), to: "environment.json")
        try folder.write(verdict.json(), to: "verdict.json")
    }

    var environment: EnvironmentRecord {
        EnvironmentRecord(
            date: "2026-01-02T03:04:05Z",
            host: nil,
            cpuModel: "A <fast> one",
            cores: 4,
            memoryBytes: 8_589_934_592,
            kernel: "Linux 6",
            gitCommit: "0123456789abcdef",
            gitDirty: true,
            commandLine: ["benchmark", "--filter", "a|b"],
            profile: "quick",
            seed: 7,
            noise: .init()
        )
    }
}
