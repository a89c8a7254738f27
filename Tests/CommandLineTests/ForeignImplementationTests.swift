import BackpressureBenchmark
import Foundation
import Testing

@Suite("Implementations in shared libraries", .serialized)
struct ForeignImplementationTests {
    @Test("are measured beside those that a scenario names")
    func good() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(
            .saturated(["mutex"]).adding("reference: mutex"),
            .openLoop(["mutex"]),
            .flood(["mutex"])
        )
        let library = try await CLibrary.build("good", in: workspace)
        let run = try await Tool.benchmark.run(options + ["--load", library])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        for id in ["mutex", "c-any", "c-pair"] {
            files.expectMeasured(id)
            let flood = try #require(files.rows("stress.csv", ["implementation": id]).first)
            #expect(flood["verdict"] == "pass" && flood["lost"] == "0", "\(flood)")
        }
        let rows = files.rows("comparison.csv", ["implementation": "c-any"])
        #expect(rows.count == 2 && rows.allSatisfy { $0["family"] == "foreign" })
        #expect(rows.contains { $0["ratio_to_reference"] != nil } && rows.contains { $0["latency_p50_ns"] != nil })
        let curve = files.rows("memory.csv", ["scenario": "flood", "implementation": "c-any"])
        #expect(!curve.isEmpty && curve.allSatisfy { $0["depth"] == nil }, "C has nothing to ask for it")
    }

    @Test("suspend for tasks without blocking their threads")
    func tasks() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex"], driver: "tasks"))
        let library = try await CLibrary.build("good", in: workspace)
        let run = try await Tool.benchmark.run(options + ["--load", library])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        for id in ["mutex", "c-any", "c-pair"] { files.expectMeasured(id) }
    }

    @Test("are left out of what they can't carry, with the reason")
    func leftOut() async throws {
        let workspace = try Workspace()
        let text = TinyScenario.saturated(["mutex"]).text.replacing("producers: 1", with: "producers: 2")
        let scenario = try workspace.write(text, as: "wide.yaml")
        let library = try await CLibrary.build("good", in: workspace)
        let options = ["--scenario", scenario, "--load", library]
        let run = try await Tool.benchmark.run(options + ["--output", workspace.output])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        files.expectMeasured("c-any")
        #expect(files.rows("comparison.csv", ["implementation": "c-pair"]).isEmpty)
        #expect(run.output.contains("'c-pair' is left out of saturated: at most 1 producer"))

        let list = try JSON.object(try await Tool.benchmark.run(["list", "--format", "json"] + options).output)
        let listed = try #require((list["scenarios"] as? [[String: Any]])?.first)
        #expect(listed["left_out"] as? [String: String] == ["c-pair": "at most 1 producer"])
        #expect((listed["supported_by"] as? [String])?.contains("c-any") == true)
        let table = try await Tool.benchmark.run(["list"] + options)
        #expect(table.output.contains("at most 1 producer"))
    }

    @Test("take part or not as the options say")
    func filtered() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex"])) + ["--repetitions", "1"]
        let library = try await CLibrary.build("good", in: workspace)
        for kept in ["mutex", "c-any"] {
            let run = try await Tool.benchmark.run(options + ["--load", library, "--implementation", kept])
            let files = try ResultFiles(workspace.output)
            try files.expectVerdict(of: run, exitCode: 0)
            #expect(files.rows("comparison.csv").compactMap { $0["implementation"] } == [kept])
        }
    }

    @Test("are caught when elements are lost or come out twice", arguments: ["loses", "duplicates"])
    func conservation(what: String) async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("\(what)-elements", in: workspace)
        let run = try await Tool.benchmark.run(try workspace.options(.saturated(["mutex"])) + ["--load", library])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        files.expectOnlyNamed("c-\(what)")
        files.expectMeasured("mutex")
    }

    @Test("crash at the cost of their own rows alone")
    func crash() async throws {
        let workspace = try Workspace()
        let libraries = [
            try await CLibrary.build("crashes", in: workspace), try await CLibrary.build("good", in: workspace),
        ]
        let run = try await Tool.benchmark.run(
            try workspace.options(.saturated(["mutex", "ring"])) + libraries.flatMap { ["--load", $0] }
        )
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        files.expectOnlyNamed("c-crashes")
        #expect(files.findings.allSatisfy { $0.message.contains("a hundred are too many") }, "its own words")
        #expect(files.rows("comparison.csv", ["implementation": "c-crashes"]).isEmpty)
        for id in ["mutex", "ring", "c-any", "c-pair"] { files.expectMeasured(id) }
    }

    @Test("fail with an answer that means neither yes nor no, and are told which")
    func oddAnswers() async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("odd-answers", in: workspace)
        let run = try await Tool.benchmark.run(try workspace.options(.saturated(["mutex"])) + ["--load", library])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        files.expectOnlyNamed("c-seven")
        #expect(files.findings.contains { $0.message.contains("'c-seven': try_push returned 7") }, "\(files.findings)")
    }

    @Test("fail if they can't be made, with the call that failed")
    func notMade() async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("create-fails", in: workspace)
        let run = try await Tool.benchmark.run(
            try workspace.options(.saturated(["mutex"]), .accuracy(["token-bucket-mutex"], clock: "real"))
                + ["--load", library]
        )
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        files.expectOnlyNamed("made")
        for call in ["'c-not-made': create(256) returned NULL", "'c-limiter-not-made': create(10000.0, 10.0)"] {
            #expect(files.findings.contains { $0.message.contains(call) }, "\(files.findings)")
        }
        files.expectMeasured("mutex")
    }

    @Test(
        "end no process but a child when they are verified, whatever making one does",
        arguments: [
            ("create-fails", "c-not-made", "create(2) returned NULL"), ("crashes-in-create", "c-unmade", "SIGABRT"),
        ]
    )
    func verifiedInChildren(source: String, id: String, words: String) async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build(source, in: workspace)
        let run = try await Tool.benchmark.run([
            "verify", "--output", workspace.output, "--no-progress", "--budget", "1", "--load", library,
            "--implementation", id,
        ])
        #expect(run.exitCode == 3 && run.lastLine?.contains(words) == true, "\(run.output)\(run.errors)")
        let table = try CSVTable(String(contentsOfFile: "\(workspace.output)/verify.csv", encoding: .utf8))
        #expect(table[column: "verdict"]?.contains("fail") == true)
    }

    @Test("can't talk a verdict away: what they print is not among the messages")
    func talking() async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("talks", in: workspace)
        let run = try await Tool.benchmark.run([
            "verify", "--output", workspace.output, "--no-progress", "--budget", "1", "--load", library,
            "--implementation", "c-talks", "--format", "json",
        ])
        #expect(run.exitCode == 3, "\(run.output)")
        let rows = try JSON.array(run.output).compactMap { $0 as? [String: Any] }
        for check in ["conservation", "delivery"] {
            #expect(rows.contains { $0["check"] as? String == check && $0["verdict"] as? String == "fail" }, "\(rows)")
        }
    }

    @Test("are held to the capacity that they say they keep")
    func bound() async throws {
        let workspace = try Workspace()
        let scenario = TinyScenario.flood(
            ["mutex"],
            serviceMilliseconds: 5,
            overloadFactor: 500,
            capMebibytes: 4_096,
            durationSeconds: 0.5
        )
        let libraries = [
            try await CLibrary.build("ignores-bound", in: workspace),
            try await CLibrary.build("rounds-up", in: workspace),
        ]
        let run = try await Tool.benchmark.run(
            ["stress"] + (try workspace.options(scenario)) + libraries.flatMap { ["--load", $0] }
        )
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 4)
        files.expectOnlyNamed("c-ignores-bound")
        #expect(files.rows("stress.csv", ["implementation": "c-ignores-bound"]).first?["verdict"] == "fail")
        let honest = try #require(files.rows("stress.csv", ["implementation": "c-rounds-up"]).first)
        #expect(honest["verdict"] == "pass", "\(honest)")
        let bound = try #require(honest["bound_bytes"].flatMap(Int.init))
        #expect(bound > 200 * 262_144, "fifty times the four that were asked for")
    }

    @Test("limit rates by their own clock and by the suite's", arguments: ["virtual", "real"])
    func limiters(clock: String) async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("limiters", in: workspace)
        let run = try await Tool.benchmark.run(
            try workspace.options(.accuracy(["token-bucket-mutex"], clock: clock)) + ["--load", library]
        )
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 3)
        let wrong = ["c-grants-everything", "c-fills-up"] + (clock == "real" ? ["c-two-faced"] : [])
        for id in wrong { #expect(files.findings.contains { $0.message.contains(id) }, "\(id)") }
        #expect(files.findings.count == wrong.count, "\(files.findings)")
        let good =
            ["token-bucket-mutex", "c-bucket", "c-pacer", "c-window", clock == "real" ? "c-clockless" : "c-two-faced"]
        let measured = Set(files.rows("accuracy.csv").compactMap { $0["implementation"] })
        #expect(measured == Set(good + wrong))
        for id in good {
            #expect(files.rows("accuracy.csv", ["implementation": id]).first?["verdict"] == "pass", "\(id)")
        }
        #expect(files.rows("accuracy.csv", ["implementation": "c-pacer"]).first?["burst"] == "1")
        let excess = files.findings.first { $0.message.contains("c-fills-up") }
        #expect(excess?.message.contains("where one of 1.00 ms may have 10") == true, "\(files.findings)")
        if clock == "virtual" {
            #expect(run.output.contains("'c-clockless' is left out of accuracy-virtual: takes no clock"))
        }
    }

    @Test("have their decisions timed, pacers too")
    func limiterCost() async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("limiters", in: workspace)
        let run = try await Tool.benchmark.run([
            "run", "--profile", "quick", "--repetitions", "1", "--implementation", "c-pacer", "--load", library,
            "--scenario", Tool.packageRoot + "/Fixtures/scenarios/limiter-refused.yaml", "--output", workspace.output,
        ])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        files.expectMeasured("c-pacer")
    }

    @Test("come from one source file and one command in the example")
    func example() async throws {
        let workspace = try Workspace()
        let example = "Examples/BringYourOwnQueueInC"
        let manual = try String(contentsOfFile: "\(Tool.packageRoot)/\(example)/README.md", encoding: .utf8)
        let command = try #require(manual.split(separator: "\n").first { $0.hasPrefix("cc ") })
        // The command is for the package's root, but nothing is to be built into that.
        for folder in ["Sources", "Examples"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(workspace.path)/\(folder)",
                withDestinationPath: "\(Tool.packageRoot)/\(folder)"
            )
        }
        try await CLibrary.run(shell: String(command), in: workspace.path)
        let options = try workspace.options(.saturated(["ring"]), .flood(["ring"]))
        let run = try await Tool.benchmark.run(options + ["--load", "\(workspace.path)/libexample.so"])
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        files.expectMeasured("vyukov-c")
        #expect(files.rows("stress.csv", ["implementation": "vyukov-c"]).first?["verdict"] == "pass")
    }
}

@Suite("A library that hangs is ended")
struct HangingLibraryTests {
    @Test("after its time limit, at the cost of its own row alone")
    func hang() async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("hangs", in: workspace)
        let options = try workspace.options(.saturated(["mutex"])) + ["--repetitions", "1", "--load", library]
        let run = try await Tool.benchmark.runIdle(options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        files.expectOnlyNamed("c-hangs")
        #expect(files.findings.contains { $0.message.contains("hung") })
        files.expectMeasured("mutex")
    }
}
