import Testing

@Suite("An implementation that misbehaves is caught", .serialized)
struct BrokenImplementationTests {
    @Test("when elements are lost or come out twice", arguments: ["loses-elements", "duplicates-elements"])
    func conservation(id: String) async throws {
        let workspace = try Workspace()
        let run = try await Tool.broken.run(try workspace.options(.saturated(["mutex", id])))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        files.expectOnlyNamed(id)
        files.expectMeasured("mutex")
    }

    @Test("when it drops or evicts without telling", arguments: ["drop-newest", "drop-oldest"])
    func silentDrops(policy: String) async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.saturated(["mutex", "drops-in-silence"])
            .adding("policy: \(policy)", "service_time_us: 100")
        let run = try await Tool.broken.run(try workspace.options(scenario))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        files.expectOnlyNamed("drops-in-silence")
        files.expectMeasured("mutex")
    }

    @Test("when one worker pushes and pops in turn", arguments: ["loses-elements", "duplicates-elements"])
    func alternating(id: String) async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.alternating(["mutex", id])
        let run = try await Tool.broken.run(try workspace.options(scenario))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        files.expectOnlyNamed(id)
    }

    @Test("when it crashes, at the cost of its own row alone")
    func crash() async throws {
        let workspace = try Workspace()
        let run = try await Tool.broken.run(try workspace.options(.saturated(["mutex", "crashes", "ring"])))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        files.expectOnlyNamed("crashes")
        #expect(files.findings.allSatisfy { $0.message.contains("broken on purpose") }, "its own words are passed on")
        #expect(files.rows("comparison.csv", ["implementation": "crashes"]).isEmpty)
        for id in ["mutex", "ring"] { files.expectMeasured(id) }
    }

    @Test("when it grants too much, too little or at the wrong moment", arguments: ["virtual", "real"])
    func limiters(clock: String) async throws {
        let broken = ["larger-burst", "hoards-permits", "grants-nothing", "grants-everything"]
        let workspace = try Workspace()
        let scenario = TinyScenario.accuracy(["token-bucket-mutex"] + broken, clock: clock)
        let run = try await Tool.broken.run(try workspace.options(scenario))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        for id in broken {
            let row = try #require(files.rows("accuracy.csv", ["implementation": id]).first, "\(id)")
            #expect(row["verdict"] == "fail", "\(row)")
            #expect(files.findings.contains { $0.exitCode == 3 && $0.message.contains(id) }, "\(id)")
        }
        #expect(files.rows("accuracy.csv", ["implementation": "token-bucket-mutex"]).first?["verdict"] == "pass")
    }

    @Test("when it holds more than its bound, even where the cap is far away")
    func aboveBound() async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.flood(
            ["mutex", "knows-no-bound"],
            serviceMilliseconds: 5,
            overloadFactor: 500,
            capMebibytes: 4_096,
            durationSeconds: 0.5
        )
        let run = try await Tool.broken.run(["stress"] + (try workspace.options(scenario)))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 4)
        let row = try #require(files.rows("stress.csv", ["implementation": "knows-no-bound"]).first)
        #expect(row["outcome"] == "survived" && row["verdict"] == "fail")
        let peak = try #require(row["peak_allocated_bytes"].flatMap(Int.init))
        #expect(peak > (row["bound_bytes"].flatMap(Int.init) ?? .max))
        files.expectOnlyNamed("knows-no-bound")
        #expect(files.rows("stress.csv", ["implementation": "mutex"]).first?["verdict"] == "pass")
    }

    @Test("when it dies under the cap")
    func death() async throws {
        try await expectEnd(of: "knows-no-bound", in: .flood(["knows-no-bound"]), outcome: "died (")
    }

    @Test("when it dies of something else")
    func crashInFlood() async throws {
        let scenario = TinyScenario.flood(
            ["crashes"],
            serviceMilliseconds: 1,
            overloadFactor: 100,
            capMebibytes: 512,
            durationSeconds: 10
        )
        try await expectEnd(of: "crashes", in: scenario, outcome: "crashed (")
    }

    private func expectEnd(of id: String, in scenario: TinyScenario, outcome: String) async throws {
        let workspace = try Workspace()
        let run = try await Tool.broken.run(["stress"] + (try workspace.options(scenario)))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 4)
        files.expectOnlyNamed(id)
        let row = try #require(files.rows("stress.csv", ["implementation": id]).first)
        #expect(row["outcome"]?.hasPrefix(outcome) == true && row["verdict"] == "fail", "\(row)")
    }
}
