import BackpressureTesting
import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Measures two tools in turn: for every scenario and implementation base and head one right after the other, block by
/// block.
///
/// A block is a process of each, since what a process gets from the system (addresses, pages) may make it fast or slow for
/// all of its life; and short slices of both in turn, since the machine is fast or slow for longer than a slice.
///
/// It speaks to both through their command line, so that two revisions needn't agree on anything else.
struct InterleavedRun: Sendable {
    /// What is compared: one implementation in one scenario.
    struct Subject: Sendable, Hashable, Comparable {
        var scenarioFile: String
        var scenario: String
        var implementation: String
        /// The shared library that it comes from.
        var library: String?
        var slices: SlicePlan

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
    /// Whether both tools measure slices; else a block is a run of each.
    var isSliced = false

    /// Whether a tool measures slices: those built before there were slices don't.
    static func measuresSlices(_ tool: String) async -> Bool {
        let answer = try? await Subprocess.run(
            .path(FilePath(tool)),
            arguments: [SliceChild.command, "--help"],
            output: .discarded,
            error: .discarded
        )
        return answer?.terminationStatus.isSuccess ?? false
    }

    /// Measures one subject on both sides: one block.
    ///
    /// - Throws: ``RunError`` if one side can't measure it.
    func block(_ block: Int, of subject: Subject) async throws(RunError) -> [PairRow] {
        var generator = SeededGenerator(seed: seed, stream: UInt64(block) << 16 ^ subject.stream)
        let baseFirst = Bool.random(using: &generator)
        return isSliced
            ? try await slices(of: subject, block, baseFirst: baseFirst)
            : try await runs(of: subject, block, baseFirst: baseFirst)
    }

    // MARK: - Slices

    private func slices(of subject: Subject, _ block: Int, baseFirst: Bool) async throws(RunError) -> [PairRow] {
        let request = SliceRequest(
            seed: seed &+ UInt64(block),
            warmupSeconds: subject.slices.warmupSeconds,
            durationSeconds: subject.slices.durationSeconds
        )
        do {
            return try await SliceTool.run(base, arguments(subject)) { base in
                try await SliceTool.run(head, arguments(subject)) { head in
                    // What a process does for the first time takes longer.
                    for tool in baseFirst ? [base, head] : [head, base] { _ = try await tool.measure(request) }
                    var rows: [PairRow] = []
                    for slice in 1...subject.slices.pairs {
                        let isBaseFirst = baseFirst == !slice.isMultiple(of: 2)
                        let first = try await (isBaseFirst ? base : head).measure(request)
                        let second = try await (isBaseFirst ? head : base).measure(request)
                        let (base, head) = isBaseFirst ? (first, second) : (second, first)
                        rows += pairs(base, head, subject, block: block, slice: slice, isBaseFirst: isBaseFirst)
                    }
                    return rows
                }
            }
        } catch let failure as SliceTool.Failure {
            throw .nothingToMeasure("\(subject.implementation) in \(subject.scenario): \(failure.reason)")
        } catch let silence as SliceTool.Silence {
            throw .nothingToMeasure(
                "\(silence.path) can't measure \(subject.implementation) in \(subject.scenario): "
                    + (silence.lastLine ?? "it ended without a word")
            )
        } catch {
            throw .cannotMeasure("\(base) and \(head) could not be run: \(error)")
        }
    }

    private func arguments(_ subject: Subject) -> [String] {
        ["--scenario", subject.scenarioFile, "--implementation", subject.implementation]
            + (subject.library.map { ["--load", $0] } ?? [])
    }

    private func pairs(
        _ base: [SliceAnswer.Sample],
        _ head: [SliceAnswer.Sample],
        _ subject: Subject,
        block: Int,
        slice: Int,
        isBaseFirst: Bool
    ) -> [PairRow] {
        // What only the head has is missing in the base.
        let ofHead = head.filter { one in !base.contains { $0.isSameFigure(as: one) } }
        return (base + ofHead).compactMap { one in
            guard Metric.isComparable(one.metric), let driver = Scenario.Driver(rawValue: one.driver) else {
                return nil
            }
            return PairRow(
                scenario: subject.scenario,
                driver: driver,
                implementation: subject.implementation,
                metric: one.metric,
                unit: one.unit,
                block: block + 1,
                slice: slice,
                first: isBaseFirst ? "base" : "head",
                base: base.first { $0.isSameFigure(as: one) }?.value,
                head: head.first { $0.isSameFigure(as: one) }?.value
            )
        }
    }

    // MARK: - Whole runs

    private func runs(of subject: Subject, _ block: Int, baseFirst: Bool) async throws(RunError) -> [PairRow] {
        let sides = baseFirst ? [base, head] : [head, base]
        var samples: [[SampleRow]] = []
        for tool in sides { samples.append(try await measure(subject, tool, block)) }
        let (baseSamples, headSamples) = baseFirst ? (samples[0], samples[1]) : (samples[1], samples[0])
        return baseSamples.compactMap { one in
            guard Metric.isComparable(one.metric) else { return nil }
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

/// How a block is cut into slices.
///
/// A virtual machine shares its cores with strangers, who make it up to twice as slow for some tens of milliseconds at a
/// time. Slices are shorter than that, so that it meets both slices of most pairs or neither, and what a block comes to is
/// the median of its pairs' ratios, to which the few pairs that it divides don't matter.
struct SlicePlan: Sendable, Hashable {
    /// Pairs of slices, one of base and one of head.
    var pairs: Int
    var warmupSeconds: Double
    var durationSeconds: Double

    private static let sliceSeconds = 0.002
    private static let sliceWarmupSeconds = 0.0005
    private static let allowedPairs = 12...60

    /// In all as long on either side as one run of the scenario. Where elements come at times of their own, what is
    /// measured of them (percentiles, bursts) takes all of that at a time.
    init(_ job: MeasurementJob) {
        if job.scenario.isOpenLoop || job.scenario.isIdle {
            (pairs, warmupSeconds, durationSeconds) = (2, job.warmupSeconds, job.durationSeconds)
        } else {
            let wanted = Int((job.durationSeconds / Self.sliceSeconds).rounded())
            pairs = min(max(wanted, Self.allowedPairs.lowerBound), Self.allowedPairs.upperBound)
            (warmupSeconds, durationSeconds) = (Self.sliceWarmupSeconds, Self.sliceSeconds)
        }
    }
}

extension Metric {
    /// Whether it gets better or worse.
    static func isComparable(_ name: String) -> Bool { all.contains { $0.name == name && $0.better != nil } }
}

extension SliceAnswer.Sample {
    fileprivate func isSameFigure(as other: Self) -> Bool { metric == other.metric && driver == other.driver }
}

extension InterleavedRun.Subject {
    /// The same in every process, unlike a hash value.
    fileprivate var stream: UInt64 {
        "\(scenario)/\(implementation)".utf8.reduce(14_695_981_039_346_656_037) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
    }
}
