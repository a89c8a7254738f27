import Testing

@Suite("An implementation that misbehaves is caught")
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
        let excess = "permits more: "
        let complaints = [
            "larger-burst": excess, "hoards-permits": excess, "grants-everything": excess, "bursting-pacer": excess,
            "filling-window": excess, "grants-nothing": clock == "real" ? "granted nothing" : "decisions differ",
            "half-rate": "refused a request when",
        ]
        let scenario = TinyScenario.accuracy(["token-bucket-mutex", "pacer-mutex"] + complaints.keys, clock: clock)
        try await expect(complaints, right: ["token-bucket-mutex", "pacer-mutex"], in: scenario)
    }

    @Test("when it looks and takes in two steps, as soon as several callers ask")
    func tornLimiter() async throws {
        let right = ["token-bucket-mutex", "token-bucket-lockfree", "pacer-lockfree"]
        let scenario = TinyScenario.accuracy(right + ["torn-decision"], clock: "virtual", callers: 3)
        try await expect(["torn-decision": "permits more: "], right: right, in: scenario)
    }

    @Test("when it lets waiting callers go too early, or keeps them")
    func waiting() async throws {
        let right = ["token-bucket-mutex", "pacer-actor"]
        let complaints = ["wakes-early": "permits more: ", "wakes-late": "of the time a caller was kept"]
        try await expect(complaints, right: right, in: .waiting(right + complaints.keys, callers: 1))
    }

    @Test("and sleeping side by side is seen to give a multiple of the rate, without failing the run")
    func sleeping() async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.waiting(["pacer-mutex", "sleep-interval"], callers: 4)
        let run = try await Tool.benchmark.run(try workspace.options(scenario))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        let row = try #require(files.rows("accuracy.csv", ["implementation": "sleep-interval"]).first)
        #expect(row["verdict"] == "fail" && row["burst"] == "1")
        #expect(row["overshoot_permits"].flatMap(Double.init) ?? 0 > 5, "\(row)")
    }

    /// Checks that each fails for its own reason, in the table and in the findings, and that others pass.
    private func expect(_ complaints: [String: String], right: [String], in scenario: TinyScenario) async throws {
        let workspace = try Workspace()
        let run = try await Tool.broken.run(try workspace.options(scenario))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        for (id, complaint) in complaints {
            let row = try #require(files.rows("accuracy.csv", ["implementation": id]).first, "\(id)")
            #expect(row["verdict"] == "fail", "\(row)")
            let finding = files.findings.first { $0.exitCode == 3 && $0.message.contains(", \(id) (") }
            #expect(finding?.message.contains(complaint) == true, "\(id): \(files.findings)")
        }
        #expect(files.findings.count == complaints.count, "\(files.findings)")
        for id in right {
            #expect(files.rows("accuracy.csv", ["implementation": id]).first?["verdict"] == "pass", "\(id)")
        }
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
