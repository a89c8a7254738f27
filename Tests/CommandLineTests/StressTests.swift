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

    @Test(
        "of pipelines and of limiters for each client are held to their bounds, and those without one die",
        arguments: [
            (
                "{kind: stages, capacity: 4, payload_bytes: 65536, overload_factor: 1_000, "
                    + "stages: [{workers: 1, service_time_us: 2_000}, {workers: 2, service_time_us: 20_000}]}",
                64, ["pipeline-mutex", "pipeline-actor", "pipeline-ring"], "unbounded-stages", "stages-without-bound"
            ),
            (
                "{kind: clients, clients: 20_000, callers: 2, rate_per_s: 0.001, burst: 1}",
                64, ["clients-keyed"], "clients-unforgotten", "clients-promised"
            ),
        ]
    )
    func systems(system: String, cap: Int, bounded: [String], control: String, broken: String) async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.systemFlood(system, capMebibytes: cap, bounded + [control, broken])
        let run = try await Tool.broken.run(["stress"] + (try workspace.options(scenario)))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 4)
        files.expectOnlyNamed(broken)
        for id in bounded {
            let row = try #require(files.rows("stress.csv", ["implementation": id]).first)
            #expect(row["verdict"] == "pass" && row["lost"] == "0", "\(row)")
            #expect(row["refused"].flatMap(Int.init) ?? 0 > 0, "it was full: \(row)")
        }
        let died = try #require(files.rows("stress.csv", ["implementation": control]).first)
        #expect(died["outcome"]?.hasPrefix("died (") == true && died["verdict"] == "pass", "\(died)")
        #expect(!files.rows("memory.csv", ["scenario": "flooded", "implementation": control]).isEmpty)
    }

    @Test("prove nothing if the control lives")
    func livingControl() async throws {
        let workspace = try Workspace()
        // A control is waited for, for long: less is offered to it than to those that are to be killed.
        let scenario = TinyScenario.flood(
            ["mutex", "never-dies"],
            serviceMilliseconds: 50,
            overloadFactor: 50,
            capMebibytes: 16,
            durationSeconds: 0.5
        ).adding("policy: reject")
        let run = try await Tool.broken.run(["stress"] + (try workspace.options(scenario)))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 4)
        #expect(files.findings.count == 1)
        #expect(files.findings.first?.message.contains("the control survived") == true)
        let control = try #require(files.rows("stress.csv", ["implementation": "never-dies"]).first)
        #expect(control["expected"] == "dies" && control["outcome"] == "survived" && control["verdict"] == "fail")
    }
}
