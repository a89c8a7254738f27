import Foundation

@testable import BackpressureBenchmark

/// A folder of results made up for a test: two implementations and a yardstick in one scenario.
struct RecordedRun {
    var profile = "quick"
    /// Per implementation, one value a block.
    var throughput: [String: [Double]] = [
        "mutex": [10, 11, 9, 10, 10], "ring": [20, 22, 18, 20, 20], "null": [100, 100, 100, 100, 100],
    ]
    /// That there are latencies, too, in every block but one of one implementation, counted from 0.
    var latency: (implementation: String, missingBlock: Int)?
    var allocations: [String: String] = [:]
    var lost: Int? = 0
    var reference = "mutex"
    var findings: [Verdict.Finding] = []
    var cores = 2
    /// Put in place of a file's whole text.
    var replaced: [String: String] = [:]
    var removed: [String] = []

    static let scenario = "pair"

    /// Writes the folder and reads it back.
    func recorded() async throws -> RecordedResults {
        try await withTemporaryFolder { folder in
            try write(to: folder)
            return try RecordedResults(folder: folder)
        }
    }

    func write(to path: String) throws {
        let folder = try ResultFolder(path: path)
        var samples: [SampleRow] = []
        var comparison: [ComparisonRow] = []
        for (id, values) in throughput.sorted(by: { $0.key < $1.key }) {
            for (index, value) in values.enumerated() {
                samples.append(sample(of: id, block: index + 1, .throughput, value))
                guard let latency, index != latency.missingBlock || id != latency.implementation else { continue }
                samples.append(sample(of: id, block: index + 1, .latencyP99, 1e9 / value))
            }
            var row = ComparisonRow(
                scenario: Self.scenario,
                mechanism: .queue,
                implementation: id,
                family: "other",
                driver: .threads,
                repetitions: values.count,
                reference: reference
            )
            row.allocationsPerOp = Double(allocations[id] ?? "0")
            comparison.append(row)
        }
        let flood = StressRow(
            scenario: "flood",
            implementation: "ring",
            family: "lock-free",
            policy: .block,
            producers: 1,
            consumers: 1,
            expected: "survives",
            outcome: "survived",
            verdict: "pass",
            lost: lost
        )
        var environment = EnvironmentRecord(
            date: "2026-01-01T00:00:00Z",
            cores: cores,
            memoryBytes: 1,
            commandLine: [],
            profile: profile,
            seed: 1,
            noise: .init()
        )
        environment.cpuModel = "a processor"
        let files = try [
            "samples.csv": ResultFile.csv(samples),
            "comparison.csv": ResultFile.csv(comparison),
            "stress.csv": ResultFile.csv([flood]),
            "environment.json": String(decoding: environment.json(), as: UTF8.self),
            "verdict.json": String(decoding: Verdict(findings).json(), as: UTF8.self),
        ].merging(replaced) { $1 }
        for (name, text) in files where !removed.contains(name) { try folder.write(text, to: name) }
    }

    private func sample(of implementation: String, block: Int, _ metric: Metric, _ value: Double) -> SampleRow {
        SampleRow(
            scenario: Self.scenario,
            mechanism: .queue,
            implementation: implementation,
            family: "other",
            driver: .threads,
            block: block,
            repetition: block,
            metric: metric.name,
            unit: metric.unit,
            value: value
        )
    }
}
