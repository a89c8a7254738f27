import Testing

@Suite("Floods under a memory cap", .serialized)
struct StressTests {
    @Test("are capped by jemalloc's extent hooks where no cgroup can be made, and the run says so")
    func extentHooks() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.flood(["mutex", "unbounded"]))
        let run = try await Tool.benchmark.run(
            ["stress"] + options,
            environment: ["BACKPRESSURE_CAP_METHOD": "extent-hooks"]
        )
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        #expect(run.output.contains("extent hooks"))
        #expect(files.environment["cap_method"] as? String == "extent-hooks")
        #expect(files.rows("stress.csv").allSatisfy { $0["cap_method"] == "extent-hooks" })
        let control = try #require(files.rows("stress.csv", ["implementation": "unbounded"]).first)
        #expect(control["outcome"] == "died (exit 97)" && control["verdict"] == "pass")
        let bounded = try #require(files.rows("stress.csv", ["implementation": "mutex"]).first)
        #expect(bounded["outcome"] == "survived" && bounded["verdict"] == "pass")
    }

    @Test("of many queues at once are held to the bound of all together")
    func manyQueues() async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.floodOfMany(["mutex", "actor", "knows-no-bound", "unbounded"])
        let run = try await Tool.broken.run(["stress"] + (try workspace.options(scenario)))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 4)
        files.expectOnlyNamed("knows-no-bound")
        for id in ["mutex", "actor"] {
            let row = try #require(files.rows("stress.csv", ["implementation": id]).first)
            #expect(row["verdict"] == "pass" && row["producers"] == "40" && row["lost"] == "0", "\(row)")
            let (peak, bound) = (row["peak_allocated_bytes"].flatMap(Int.init), row["bound_bytes"].flatMap(Int.init))
            // Full they were, all of them.
            #expect(try #require(peak) > 40 * 2 * 65_536 && #require(bound) < 40 * 8 * 65_536, "\(row)")
        }
        let control = try #require(files.rows("stress.csv", ["implementation": "unbounded"]).first)
        #expect(control["outcome"]?.hasPrefix("died (") == true && control["verdict"] == "pass", "\(control)")
    }

    @Test("prove nothing if the control lives")
    func livingControl() async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.flood(["mutex", "never-dies"]).adding("policy: reject")
        let run = try await Tool.broken.run(["stress"] + (try workspace.options(scenario)))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 4)
        #expect(files.findings.count == 1)
        #expect(files.findings.first?.message.contains("the control survived") == true)
        let control = try #require(files.rows("stress.csv", ["implementation": "never-dies"]).first)
        #expect(control["expected"] == "dies" && control["outcome"] == "survived" && control["verdict"] == "fail")
    }
}
