import Testing

@Suite("A run in which nothing is wrong")
struct GoodRunTests {
    @Test("passes, and leaves all files complete")
    func everySection() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(
            .saturated(["mutex", "actor"], driver: "tasks").adding("reference: mutex"),
            .openLoop(["ring"]),
            .accuracy(["token-bucket-mutex", "token-bucket-lockfree", "fixed-window"], clock: "virtual"),
            .flood(["mutex", "unbounded"])
        )
        let run = try await Tool.benchmark.run(["run"] + options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        try expectThroughput(files)
        try expectLatency(files)
        try expectAccuracy(files)
        try expectStress(files)
        expectEnvironment(files)
    }

    private func expectThroughput(_ files: ResultFiles) throws {
        let rows = files.rows("comparison.csv", ["scenario": "saturated"])
        #expect(rows.compactMap { $0["implementation"] } == ["actor", "mutex"])
        for row in rows {
            #expect(row["repetitions"] == "2" && row["driver"] == "tasks" && row["policy"] == "block")
            for column in ["throughput_per_s", "cpu_ns_per_op", "allocations_per_op", "peak_allocated_bytes"] {
                #expect(row[column] != nil, "\(column)")
            }
            #expect(row["latency_p50_ns"] == nil, "closed loops have no intended start")
            #expect(row["reference"] == "mutex" && row["ratio_to_reference"] != nil)
        }
        #expect(rows.last?["ratio_to_reference"] == "1")
        let samples = files.rows("samples.csv", ["scenario": "saturated", "metric": "throughput"])
        #expect(samples.compactMap { $0["block"] }.sorted() == ["1", "1", "2", "2"])
        let memory = files.rows("memory.csv", ["scenario": "saturated"])
        #expect(memory.allSatisfy { $0["depth"] == nil }, "the depth isn't looked at here")
    }

    private func expectLatency(_ files: ResultFiles) throws {
        let row = try #require(files.rows("comparison.csv", ["scenario": "open-loop"]).first)
        let latencies = ["p50", "p90", "p99", "p999", "max"].compactMap { row["latency_\($0)_ns"].flatMap(Double.init) }
        #expect(latencies.count == 5 && latencies == latencies.sorted())
        #expect(row["reference"] == nil && row["ratio_to_reference"] == nil)
    }

    private func expectAccuracy(_ files: ResultFiles) throws {
        for id in ["token-bucket-mutex", "token-bucket-lockfree"] {
            let row = try #require(files.rows("accuracy.csv", ["implementation": id]).first)
            #expect(row["error_ppm"] == "0" && row["overshoot_permits"] == "0" && row["verdict"] == "pass")
            #expect(row["granted"] == row["allowed"] && row["clock"] == "virtual")
            #expect(row["decision_ns"] == nil, "not measured on the virtual clock")
        }
        #expect(files.rows("accuracy.csv", ["implementation": "fixed-window"]).first?["verdict"] == "fail")
    }

    private func expectStress(_ files: ResultFiles) throws {
        let bounded = try #require(files.rows("stress.csv", ["implementation": "mutex"]).first)
        #expect(bounded["outcome"] == "survived" && bounded["verdict"] == "pass" && bounded["lost"] == "0")
        #expect(bounded["seconds_to_death"] == nil)
        let control = try #require(files.rows("stress.csv", ["implementation": "unbounded"]).first)
        #expect(control["outcome"]?.hasPrefix("died (") == true && control["verdict"] == "pass")
        #expect(control["expected"] == "dies" && control["bound_bytes"] == nil)
        for id in ["mutex", "unbounded"] {
            let curve = files.rows("memory.csv", ["scenario": "flood", "implementation": id])
            #expect(curve.contains { $0["depth"] != nil && $0["allocated_bytes"] != nil }, "\(id)")
        }
    }

    private func expectEnvironment(_ files: ResultFiles) {
        let always = [
            "cap_method", "clock_cost_ns", "command_line", "cores", "date", "host", "jemalloc_version", "kernel",
            "memory_bytes", "noise", "profile", "seed", "swift_version",
        ]
        for key in always { #expect(files.environment[key] != nil, "\(key)") }
        #expect(files.environment["profile"] as? String == "standard")
        #expect((files.environment["command_line"] as? [String])?.contains("--scenario") == true)
        let method = files.environment["cap_method"] as? String
        #expect(files.rows("stress.csv").allSatisfy { $0["cap_method"] == method })
    }

    @Test(
        "measures trips and idle waiting too",
        arguments: [("threads", "park"), ("threads", "yield"), ("tasks", "yield")]
    )
    func waiting(driver: String, waiting: String) async throws {
        let workspace = try Workspace()
        let ids = ["mutex", driver == "tasks" ? "ring-async" : "ring"]
        let options = try workspace.options(
            .roundTrip(ids, driver: driver, waiting: waiting),
            .idle(ids, driver: driver)
        )
        let run = try await Tool.benchmark.run(["run"] + options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        for id in ids {
            func row(_ scenario: String) throws -> [String: String] {
                let rows = files.rows("comparison.csv", ["scenario": scenario, "implementation": id])
                return try #require(rows.first)
            }
            let trip = try row("round-trip")
            let latencies = ["p50", "p90", "p99", "p999", "max"].compactMap {
                trip["latency_\($0)_ns"].flatMap(Double.init)
            }
            #expect(latencies.count == 5 && latencies == latencies.sorted())
            #expect(trip["throughput_per_s"] != nil && trip["cpu_ns_per_op"] != nil)
            let idle = try row("idle")
            #expect(idle["repetitions"] == "2" && idle["producers"] == "0" && idle["throughput_per_s"] == nil)
            let samples = files.rows("samples.csv", ["implementation": id, "metric": "idle_cpu_per_s"])
            #expect(samples.count == 2 && samples.allSatisfy { $0["unit"] == "ns" && $0["value"] != nil })
        }
        #expect(run.output.contains("Round trip of one element") && run.output.contains("Waiting on an empty queue"))
    }

    @Test("finds that the queues which say so allocate nothing for an element of eight bytes")
    func allocations() async throws {
        let workspace = try Workspace()
        let ids = ["mutex", "ring", "ring-spsc"]
        let options = try workspace.options(
            .saturated(ids, warmupSeconds: 0.1),
            .alternating(ids, warmupSeconds: 0.1)
        )
        let run = try await Tool.benchmark.run(["run"] + options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        for scenario in ["saturated", "alternating"] {
            let rows = files.rows("comparison.csv", ["scenario": scenario])
            #expect(rows.compactMap { $0["implementation"] } == ids)
            for row in rows {
                let allocations = try #require(row["allocations_per_op"].flatMap(Double.init))
                // Who allocates for each element is at 1 or above. The processes have some allocations of their own, which
                // count for more the fewer elements a busy machine gets through.
                #expect(allocations < 0.5, "\(row["implementation"] ?? "") in \(scenario)")
            }
        }
    }

    @Test("prints its tables as JSON alone when asked to")
    func json() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex"]))
        let run = try await Tool.benchmark.run(options + ["--format", "json", "--repetitions", "1"])
        #expect(run.exitCode == 0)
        #expect(try JSON.array(run.output).count == 1)
        #expect(run.errors.split(separator: "\n").last == "verdict: pass")
    }

    @Test("says how many measurements it held back until the processors were near")
    func lineGate() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex"])) + ["--repetitions", "1"]
        let run = try await Tool.benchmark.run(options + ["--line-within", "1e9"])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        let noise = try #require(files.environment["noise"] as? [String: Any])
        #expect(noise["measurements_held_back"] as? Int == 0)
        #expect(noise["held_back_s"] as? Double == 0)
    }

    @Test("keeps the same files in place of older ones")
    func secondRun() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex"])) + ["--repetitions", "1"]
        for seed in ["1", "2"] {
            let run = try await Tool.benchmark.run(options + ["--seed", seed])
            let files = try ResultFiles(workspace.output)
            try files.expectVerdict(of: run, exitCode: 0)
            #expect((files.environment["seed"] as? Int)?.description == seed)
        }
    }
}
