import BackpressureTesting
import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Measures two tools in turn: for every scenario and implementation base and head one right after the other, in random
/// order, block by block.
///
/// It speaks to both through their command line and reads their result files, so that two revisions needn't agree on
/// anything else.
struct InterleavedRun: Sendable {
    /// What is compared: one implementation in one scenario.
    struct Subject: Sendable, Hashable, Comparable {
        var scenarioFile: String
        var scenario: String
        var implementation: String
        /// The shared library that it comes from.
        var library: String?

        static func < (first: Self, second: Self) -> Bool {
            (first.scenario, first.implementation) < (second.scenario, second.implementation)
        }
    }

    let base: String
    let head: String
    let profile: Scenario.Profile
    let seed: UInt64
    /// For the result files of single measurements.
    let folder: String

    /// Measures one subject once on both sides.
    ///
    /// - Throws: ``RunError`` if one side can't measure it.
    func pair(_ subject: Subject, block: Int) async throws(RunError) -> [PairRow] {
        var generator = SeededGenerator(seed: seed, stream: UInt64(block) << 16 ^ subject.stream)
        let baseFirst = Bool.random(using: &generator)
        let sides = baseFirst ? [base, head] : [head, base]
        var samples: [[SampleRow]] = []
        for tool in sides { samples.append(try await measure(subject, tool, block)) }
        let (baseSamples, headSamples) = baseFirst ? (samples[0], samples[1]) : (samples[1], samples[0])
        return baseSamples.compactMap { one in
            guard Metric.all.contains(where: { $0.name == one.metric && $0.better != nil }) else { return nil }
            let other = headSamples.first { $0.metric == one.metric && $0.driver == one.driver }
            return PairRow(
                scenario: one.scenario,
                driver: one.driver,
                implementation: one.implementation,
                metric: one.metric,
                unit: one.unit,
                block: block + 1,
                first: baseFirst ? "base" : "head",
                base: one.value,
                head: other?.value
            )
        }
    }

    private func measure(_ subject: Subject, _ tool: String, _ block: Int) async throws(RunError) -> [SampleRow] {
        let arguments = [
            "run", "--only", "throughput", "--scenario", subject.scenarioFile, "--implementation",
            subject.implementation,
            "--repetitions", "1", "--profile", profile.rawValue, "--seed", "\(seed &+ UInt64(block))", "--no-progress",
            "--output", folder,
        ]
        let libraries = subject.library.map { ["--load", $0] } ?? []
        let output: (isSuccess: Bool, text: String)
        do {
            let result = try await Subprocess.run(
                .path(FilePath(tool)),
                arguments: Arguments(arguments + libraries),
                output: .string(limit: 1 << 20),
                error: .combinedWithOutput
            )
            output = (result.terminationStatus.isSuccess, result.standardOutput)
        } catch {
            throw .cannotMeasure("\(tool) could not be run: \(error)")
        }
        guard output.isSuccess else {
            let verdict = output.text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
            throw .nothingToMeasure(
                "\(tool) can't measure \(subject.implementation) in \(subject.scenario): \(verdict)"
            )
        }
        do throws(InputFileError) {
            return try ResultSet(path: folder).samples?.filter { $0.implementation == subject.implementation } ?? []
        } catch {
            throw .inputFile("\(error)")
        }
    }
}

extension InterleavedRun.Subject {
    /// The same in every process, unlike a hash value.
    fileprivate var stream: UInt64 {
        "\(scenario)/\(implementation)".utf8.reduce(14_695_981_039_346_656_037) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
    }
}
