import Testing

@testable import BackpressureBenchmark

@Suite("A gate")
struct GateJudgementTests {
    private static let steady = [10.0, 10.1, 9.9, 10, 10.05, 9.95]
    private static let baseline = RecordedRun(throughput: [
        "mutex": steady, "ring": steady.map { 2 * $0 }, "null": steady,
    ])

    private func judged(
        _ run: RecordedRun,
        against baseline: RecordedRun = Self.baseline,
        _ thresholds: String = "ratios: [{metric: throughput, tolerance: 0.1}]",
        isAsked: @escaping @Sendable (String, String) -> Bool = { _, _ in true }
    ) async throws -> GateJudgement {
        GateJudgement(
            try await run.recorded(),
            baseline: try await baseline.recorded(),
            thresholds: try ThresholdsFile.parse(
                text: thresholds,
                path: "t.yaml",
                names: .init(
                    scenarios: [RecordedRun.scenario, "flood"],
                    implementations: ["mutex", "ring", "null", "gone"]
                )
            ),
            context: .init(bystanders: ["null"], yardsticks: ["null"], seed: 1, isAsked: isAsked)
        )
    }

    private func codes(_ judgement: GateJudgement) -> Set<ExitCode> { Set(judgement.findings.map(\.exitCode)) }

    @Test("passes a run that is its own baseline")
    func same() async throws {
        let judgement = try await judged(Self.baseline)
        #expect(judgement.findings.isEmpty)
        #expect(judgement.rows.map(\.verdict) == [.pass, .pass])
    }

    @Test("finds what has become slower than tolerated, says by how much and how sure, and exits with 2")
    func regression() async throws {
        var slower = Self.baseline
        slower.throughput["ring"] = Self.steady.map { 1.6 * $0 }
        let judgement = try await judged(slower)
        let finding = try #require(judgement.findings.first)
        #expect(codes(judgement) == [.regression])
        #expect(finding.message.contains("pair, ring (threads): throughput"))
        #expect(finding.message.contains("-20.") && finding.message.contains("99.0 % sure"))
        #expect(judgement.unsettled == [.init(scenario: "pair", driver: "threads", implementation: "ring")])
    }

    @Test("is not disturbed by a machine that is slower for everybody")
    func slowMachine() async throws {
        var slow = Self.baseline
        slow.throughput = slow.throughput.mapValues { $0.map { $0 / 3 } }
        #expect(try await judged(slow).findings.isEmpty)
    }

    @Test("sees the reference itself get slower, by the yardstick")
    func slowReference() async throws {
        var slow = Self.baseline
        slow.throughput["mutex"] = Self.steady.map { $0 / 2 }
        let judgement = try await judged(slow)
        #expect(judgement.findings.contains { $0.exitCode == .regression && $0.message.contains("mutex") })
    }

    @Test("says which reference nothing holds, where no yardstick is measured")
    func unheldReference() async throws {
        var bare = Self.baseline
        bare.throughput["null"] = nil
        let judgement = try await judged(bare, against: bare)
        #expect(judgement.findings.isEmpty)
        #expect(judgement.notes.contains { $0.hasPrefix("Held by nothing") && $0.contains("mutex in pair") })
        #expect(try await !judged(Self.baseline).notes.contains { $0.hasPrefix("Held by nothing") })
    }

    @Test("reports an improvement and doesn't fail it")
    func improvement() async throws {
        var faster = Self.baseline
        faster.throughput["ring"] = Self.steady.map { 3 * $0 }
        let judgement = try await judged(faster)
        #expect(judgement.findings.isEmpty)
        #expect(judgement.rows.contains { $0.implementation == "ring" && $0.verdict == .improvement })
    }

    @Test("says that it can't tell rather than guess, with exit code 6")
    func undecided() async throws {
        var noisy = Self.baseline
        noisy.throughput["ring"] = [5, 40, 12, 33, 20, 8]
        let judgement = try await judged(noisy)
        #expect(codes(judgement) == [.cannotMeasure])
        #expect(judgement.findings.first?.message.contains("can't tell on this machine") == true)
        #expect(!judgement.unsettled.isEmpty)
    }

    @Test("believes no loss that was seen in too few blocks")
    func tooFewBlocks() async throws {
        var slower = Self.baseline
        slower.throughput = slower.throughput.mapValues { Array($0.prefix(3)) }
        slower.throughput["ring"] = slower.throughput["ring"].map { $0.map { $0 / 2 } }
        #expect(try await codes(judged(slower)) == [.cannotMeasure])
    }

    @Test("fails when an implementation of the baseline is missing, unless it wasn't asked for")
    func missingRow() async throws {
        var without = Self.baseline
        without.throughput["ring"] = nil
        #expect(try await codes(judged(without)) == [.notMeasured])
        #expect(try await judged(without, isAsked: { $1 != "ring" }).findings.isEmpty)
    }

    @Test("fails when a flood of the baseline is missing, once for all its rows, and when nothing of it was asked for")
    func missingFlood() async throws {
        var without = Self.baseline
        without.replaced = ["stress.csv": ResultFile.csv([StressRow]())]
        let judgement = try await judged(without)
        #expect(judgement.findings.map(\.exitCode) == [.notMeasured])
        #expect(judgement.findings.first?.message == "flood, ring: stress: in the baseline, but not measured now")
        #expect(try await judged(without, isAsked: { scenario, _ in scenario != "flood" }).findings.isEmpty)
        let nothing = try await judged(Self.baseline, isAsked: { _, _ in false })
        #expect(codes(nothing) == [.notMeasured])
        #expect(nothing.findings.first?.message.hasPrefix("nothing in the baseline") == true)
    }

    @Test("fails when a figure is not finite, or is nothing")
    func notFinite() async throws {
        var broken = Self.baseline
        broken.throughput["ring"] = [0, 0, 0, 0, 0, 0]
        let judgement = try await judged(broken)
        #expect(codes(judgement) == [.notMeasured])
        #expect(judgement.findings.first?.message.contains("no positive, finite ratio") == true)
    }

    @Test("fails when of what the baseline has nothing was measured")
    func nothingMeasured() async throws {
        var without = Self.baseline
        without.throughput["ring"] = []
        let judgement = try await judged(without)
        #expect(codes(judgement) == [.notMeasured])
        #expect(judgement.rows.map(\.verdict) == [.pass, .missing])
    }

    @Test("fails when a block has no latency where others have one", arguments: ["ring", "mutex", "none of them"])
    func noLatency(of implementation: String) async throws {
        var silent = Self.baseline
        silent.latency = (implementation, missingBlock: 2)
        var whole = Self.baseline
        whole.latency = ("none of them", 0)
        let judgement = try await judged(
            silent,
            against: whole,
            "ratios: [{metric: latency_p99, implementations: [ring], tolerance: 0.1}]"
        )
        #expect(codes(judgement) == (implementation == "none of them" ? [] : [.notMeasured]))
    }

    @Test(
        "fails when a single block counted nothing, or what is no figure, of this run or of the baseline, and says in how many",
        arguments: [true, false],
        [0, -1, .nan, .infinity]
    )
    func silentBlock(isOfTheRun: Bool, value: Double) async throws {
        var silent = Self.baseline
        silent.throughput["ring"]?[2] = value
        let judgement = try await isOfTheRun ? judged(silent) : judged(Self.baseline, against: silent)
        #expect(codes(judgement) == [.notMeasured])
        let side = isOfTheRun ? "this run" : "the baseline"
        #expect(
            judgement.findings.first?.message.contains(
                "\(side) has no positive, finite ratio to 'mutex' in 1 of its 6 blocks"
            ) == true
        )
    }

    @Test("passes on what the run itself found: crashes, controls that lived")
    func ownFindings() async throws {
        var failed = Self.baseline
        failed.findings = [.init(.stressFailed, "the control lived")]
        #expect(try await judged(failed).findings.contains(.init(.stressFailed, "the control lived")))
    }

    @Test("refuses a baseline of another profile, of a failed run, or with another reference")
    func otherBaseline() async throws {
        var other = Self.baseline
        other.profile = "standard"
        #expect(try await codes(judged(Self.baseline, against: other)) == [.notMeasured])
        var failed = Self.baseline
        failed.findings = [.init(.notMeasured, "crashed")]
        #expect(try await codes(judged(Self.baseline, against: failed)) == [.notMeasured])
        var differing = Self.baseline
        differing.reference = "ring"
        #expect(try await judged(Self.baseline, against: differing).findings.contains { $0.message.contains("'ring'") })
    }

    @Test("mentions what has no baseline, and another machine, without failing them")
    func notes() async throws {
        var more = Self.baseline
        more.throughput["gone"] = Self.steady
        more.cores = 64
        let judgement = try await judged(more)
        #expect(judgement.findings.isEmpty)
        #expect(judgement.rows.contains { $0.implementation == "gone" && $0.verdict == .new })
        #expect(judgement.notes.contains { $0.contains("number of processors") })
    }

    @Test("lets the last rule that fits decide")
    func lastRule() async throws {
        var slower = Self.baseline
        slower.throughput["ring"] = Self.steady
        let rules = """
            ratios:
              - {metric: throughput, tolerance: 0.1}
              - {metric: throughput, implementations: [r*], gate: false}
            """
        #expect(try await judged(slower, rules).findings.isEmpty)
        #expect(try await !judged(slower).findings.isEmpty)
    }

    @Test("holds bounds by the file's own exit code, and an empty field breaks them")
    func bounds() async throws {
        let lost = "bounds: [{file: stress, column: lost, most: 0}]"
        #expect(try await judged(Self.baseline, lost).findings.isEmpty)
        var losing = Self.baseline
        losing.lost = 3
        #expect(try await codes(judged(losing, lost)) == [.stressFailed])
        losing.lost = nil
        #expect(try await codes(judged(losing, lost)) == [.notMeasured])

        let allocations = "bounds: [{file: comparison, column: allocations_per_op, implementations: [ring], most: 0.5}]"
        var allocating = Self.baseline
        allocating.allocations["ring"] = "1"
        #expect(try await codes(judged(allocating, allocations)) == [.regression])
        allocating.allocations = ["mutex": "1"]
        #expect(try await judged(allocating, allocations).findings.isEmpty)
    }

    @Test("fails a bound that finds nothing to hold")
    func emptyBound() async throws {
        var without = Self.baseline
        without.removed = ["stress.csv"]
        let lost = "bounds: [{file: stress, column: lost, most: 0}]"
        #expect(try await codes(judged(without, lost)) == [.notMeasured])
        let verified = "bounds: [{file: verify, column: verdict, equals: pass}]"
        #expect(try await codes(judged(Self.baseline, verified)) == [.notMeasured])
    }

    private func judged(_ run: RecordedRun, _ thresholds: String) async throws -> GateJudgement {
        try await judged(run, against: Self.baseline, thresholds)
    }
}

@Suite("Recorded results")
struct RecordedResultsTests {
    @Test(
        "name the file, the line and what is wrong with it",
        arguments: [
            (
                "samples.csv", "scenario,mechanism\n",
                "samples.csv:1: these are the columns of another version of the suite"
            ),
            ("comparison.csv", "", "comparison.csv:1:1: the file is empty"),
            ("environment.json", "{}", "environment.json:"),
            ("verdict.json", "[", "verdict.json:"),
        ]
    )
    func damaged(file: String, text: String, message: String) async throws {
        var run = RecordedRun()
        run.replaced = [file: text]
        let error = await #expect(throws: InputFileError.self) { try await run.recorded() }
        #expect("\(try #require(error))".contains(message))
    }

    @Test("that were cut short between two rows are found out")
    func cutShort() async throws {
        var run = RecordedRun()
        let header = SampleRow.columns.map(\.name).joined(separator: ",")
        run.replaced = ["samples.csv": "\(header)\n"]
        let error = await #expect(throws: InputFileError.self) { try await run.recorded() }
        #expect("\(try #require(error))".contains("samples.csv: has 0 of the 5 repetitions"))
    }

    @Test("that aren't there say how to make them")
    func none() throws {
        let error = #expect(throws: InputFileError.self) { try RecordedResults(folder: "/nowhere/at-all") }
        #expect("\(try #require(error))".contains("'run' makes one"))
    }

    @Test("don't take a text for a number")
    func noNumber() async throws {
        var run = RecordedRun()
        let header = SampleRow.columns.map(\.name).joined(separator: ",")
        run.replaced = ["samples.csv": "\(header)\npair,queue,ring,other,threads,1,1,throughput,1/s,fast\n"]
        let error = await #expect(throws: InputFileError.self) { try await run.recorded() }
        #expect("\(try #require(error))".contains("samples.csv:2:50: "))
    }
}
