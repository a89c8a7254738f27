import Testing

@Suite("Whole systems")
struct SystemTests {
    @Test("are compared with controls, and a run in which nothing is wrong passes")
    func pass() async throws {
        let workspace = try Workspace()
        let overloaded = ["tiers-mutex", "tiers-actor", "tiers-ring", "unbounded-line"]
        let delivering = ["guarded-mutex", "guarded-actor", "guarded-lockfree", "no-breaker"]
        let signalling = ["flow-signals", "polled-state"]
        let options = try workspace.options(
            .overload(overloaded),
            .flapping(delivering),
            .signal(signalling)
        )
        let run = try await Tool.benchmark.run(["run", "--only", "systems"] + options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        for (scenario, ids) in [("overload", overloaded), ("flapping", delivering), ("signal", signalling)] {
            for id in ids {
                let rows = files.rows("comparison.csv", ["scenario": scenario, "implementation": id])
                let row = try #require(rows.first, "\(id)")
                #expect(row["mechanism"] == "system" && row["driver"] == "tasks" && row["repetitions"] == "1")
                for column in ["throughput_per_s", "latency_p50_ns", "latency_p99_ns"] {
                    #expect(row[column] != nil, "\(id): \(column)")
                }
            }
        }
        func value(_ metric: String, of id: String) throws -> Double {
            let rows = files.rows("samples.csv", ["implementation": id, "metric": metric])
            return try #require(rows.first?["value"].flatMap(Double.init), "\(id): \(metric)")
        }
        for id in overloaded.dropLast() {
            #expect(try value("peak_inside", of: id) <= 19, "16 wait, one is with each of two workers, one comes")
            #expect(try value("refused_share", of: id) > 0.5)
        }
        #expect(try value("peak_inside", of: "unbounded-line") > 19)
        #expect(try value("refused_share", of: "unbounded-line") == 0)
        for id in delivering.dropLast() {
            #expect(try value("wasted_calls", of: id) < value("wasted_calls", of: "no-breaker"), "\(id)")
        }
        for title in ["Overload: what is served in time", "A dependency with outages", "From a consumer's pause"] {
            #expect(run.output.contains(title), "\(title)")
        }
    }

    @Test("that change, fill up or are only watched are compared likewise")
    func others() async throws {
        let workspace = try Workspace()
        let staged = ["pipeline-mutex", "pipeline-actor", "pipeline-ring", "unbounded-stages"]
        let limited = ["limit-aimd", "limit-vegas", "limit-gradient2", "limit-fixed", "no-limit"]
        let watching = ["lag-monitor", "sorted-window"]
        let options = try workspace.options(.crowd(staged), .capacity(limited), .monitor(watching))
        let run = try await Tool.benchmark.run(["run"] + options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        for id in staged + limited + watching {
            let row = try #require(files.rows("comparison.csv", ["implementation": id]).first, "\(id)")
            #expect(row["throughput_per_s"] != nil, "\(id)")
            #expect((row["latency_p99_ns"] == nil) == watching.contains(id), "\(id)")
        }
        let monitor = try #require(files.rows("comparison.csv", ["implementation": "lag-monitor"]).first)
        #expect(monitor["allocated_bytes_per_op"] == "0" && monitor["cpu_ns_per_op"] != nil)
        for title in ["A flash crowd through stages", "A service whose capacity is halved", "Recording a latency"] {
            #expect(run.output.contains(title), "\(title)")
        }
    }

    @Test(
        "that break their promise are caught",
        arguments: [
            (SystemScenario.overload, "loses-requests", "lost "), (.overload, "takes-all", "requests inside at once: "),
            (.flapping, "never-opens", "calls that failed or were slow: "), (.flapping, "loses-letters", "lost "),
            (.signal, "silent-signal", "signals that a producer never saw: "),
            (.crowd, "forgets-elements", "lost "), (.capacity, "open-door", "requests inside at once: "),
            (.monitor, "forgets-records", "lost "),
        ]
    )
    func broken(scenario: SystemScenario, id: String, words: String) async throws {
        let workspace = try Workspace()
        let run = try await Tool.broken.run(try workspace.options(scenario.tiny([scenario.right, id])))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        files.expectOnlyNamed(id)
        #expect(files.findings.allSatisfy { $0.message.contains(words) }, "\(files.findings)")
    }

    @Test("show nothing where the control fares as well, and that fails the run")
    func blind() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.overload(["tiers-mutex", "modest-control"]))
        let run = try await Tool.broken.run(options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        files.expectOnlyNamed("modest-control")
        #expect(files.findings.allSatisfy { $0.message.contains("shows nothing") }, "\(files.findings)")
    }

    @Test("bring their control along when only some are asked for")
    func control() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.overload(["tiers-mutex", "tiers-ring", "unbounded-line"]))
        let run = try await Tool.benchmark.run(["run", "--implementation", "tiers-ring"] + options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        let measured = files.rows("comparison.csv").compactMap { $0["implementation"] }
        #expect(measured.sorted() == ["tiers-ring", "unbounded-line"])
    }

    /// A tiny scenario of each kind, with one that is right in it.
    enum SystemScenario: CaseIterable {
        case overload, flapping, signal, crowd, capacity, monitor

        var right: String {
            switch self {
            case .overload: "tiers-mutex"
            case .flapping: "guarded-mutex"
            case .signal: "flow-signals"
            case .crowd: "pipeline-mutex"
            case .capacity: "limit-fixed"
            case .monitor: "lag-monitor"
            }
        }

        func tiny(_ implementations: [String]) -> TinyScenario {
            switch self {
            case .overload: .overload(implementations)
            case .flapping: .flapping(implementations)
            case .signal: .signal(implementations)
            case .crowd: .crowd(implementations)
            case .capacity: .capacity(implementations)
            case .monitor: .monitor(implementations)
            }
        }
    }
}
