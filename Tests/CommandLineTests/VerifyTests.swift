import BackpressureBenchmark
import Foundation
import Testing

@Suite("verify")
struct VerifyTests {
    /// Verifies these implementations with some checks, and reads what it wrote.
    private func verify(
        _ implementations: [String],
        checks: [String] = [],
        with tool: Tool = .broken,
        waitsForLimits: Bool = false
    ) async throws -> Verification {
        let workspace = try Workspace()
        var arguments = ["verify", "--output", workspace.output, "--no-progress", "--budget", "1"]
        arguments += implementations.flatMap { ["--implementation", $0] } + checks.flatMap { ["--check", $0] }
        let run = try await waitsForLimits ? tool.runIdle(arguments) : tool.run(arguments)
        return try Verification(run, workspace.output)
    }

    @Test("passes what is right, check by check, with what each of them saw")
    func right() async throws {
        let verification = try await verify(["mutex", "ring-spsc", "token-bucket-lockfree"], with: .benchmark)
        verification.expectVerdict(0)
        for id in ["mutex", "ring-spsc"] {
            for check in [
                "contract-closing", "conservation", "producer-order", "linearizability", "delivery", "parking",
            ] {
                let row = try #require(verification.row(id, check))
                #expect(row["verdict"] == "pass" && row["operations"].flatMap(Int.init) ?? 0 > 0, "\(row)")
            }
            // 500 that overlapped are the least for a verdict; what share that is, is the machine's. It is rounded to a tenth.
            let row = try #require(verification.row(id, "linearizability"))
            let operations = try #require(row["operations"].flatMap(Double.init))
            let overlap = try #require(row["overlap_pct"].flatMap(Double.init))
            #expect(operations * (overlap + 0.05) / 100 >= 500, "\(row)")
        }
        #expect(verification.row("mutex", "linearizability")?["specification"] == "strict")
        let unsupported = try #require(verification.row("ring-spsc", "contract-drop-oldest-policy"))
        #expect(unsupported["verdict"] == "unsupported" && unsupported["detail"]?.contains("second consumer") == true)
        for check in ["contract-acquire-keeps-order", "decisions", "contended-envelope"] {
            #expect(verification.row("token-bucket-lockfree", check)?["verdict"] == "pass")
        }
    }

    @Test(
        "finds what a broken queue breaks, and says how",
        arguments: [
            ("loses-elements", "conservation", "was lost"), ("duplicates-elements", "conservation", "popped"),
            ("knows-no-bound", "linearizability", "capacity"), ("swaps-elements", "producer-order", "pushed"),
            ("holds-one-less", "linearizability", "full"), ("says-empty", "linearizability", "empty"),
        ]
    )
    func brokenQueues(id: String, check: String, words: String) async throws {
        let verification = try await verify([id], checks: ["histories"])
        verification.expectVerdict(3)
        let row = try #require(verification.row(id, check))
        #expect(row["verdict"] == "fail" && row["detail"]?.contains(words) == true, "\(row)")
        #expect(row["detail"]?.contains("seed") == true)
        #expect(verification.run.output.contains("thread "), "the operations that show it")
        let isNamed = verification.run.output.contains("verify --implementation \(id) --seed ")
        #expect(isNamed && verification.run.output.contains(" --check histories --only 'capacity="))
    }

    @Test(
        "finds what a queue loses otherwise than its policy says",
        arguments: [
            ("drops-in-silence", "drops-newest", "wasn't told"), ("tells-twice", "drops-newest", "2 times"),
            ("miscounts-drops", "drops-newest", "statistics"), ("loses-elements", "drops-newest", "was lost"),
            ("evicts-two", "drops-oldest", "evicted"), ("evicts-newest", "drops-oldest", "had popped"),
            ("evicts-early", "drops-oldest", "although there was room"),
            ("samples-too-much", "drops-sample", "sampled out"),
        ]
    )
    func drops(id: String, check: String, words: String) async throws {
        let verification = try await verify([id], checks: ["drops"])
        verification.expectVerdict(3)
        let row = try #require(verification.row(id, check))
        #expect(row["verdict"] == "fail" && row["detail"]?.contains(words) == true, "\(row)")
        #expect(verification.run.output.contains(" --check drops --only 'policy="))
    }

    @Test(
        "finds a throttle that doesn't, or does always",
        arguments: [("never-delays", "are due"), ("delays-always", "none is due")]
    )
    func throttle(id: String, words: String) async throws {
        let verification = try await verify([id, "mutex"], checks: ["throttle"])
        verification.expectVerdict(3)
        let row = try #require(verification.row(id, "throttle"))
        #expect(row["verdict"] == "fail" && row["detail"]?.contains(words) == true, "\(row)")
        #expect(verification.row("mutex", "throttle")?["verdict"] == "pass")
    }

    @Test(
        "finds what a broken limiter breaks",
        arguments: ["larger-burst", "half-rate", "torn-decision", "filling-window"]
    )
    func brokenLimiters(id: String) async throws {
        // One that is right beside one of them: it isn't blamed.
        let others = id == "larger-burst" ? ["token-bucket-mutex"] : []
        let verification = try await verify(others + [id], checks: ["decisions", "contended-envelope"])
        verification.expectVerdict(3)
        #expect(others.allSatisfy { verification.row($0, "contended-envelope")?["verdict"] == "pass" })
        let faults = verification.rows.filter { $0["verdict"] != "pass" }
        #expect(!faults.isEmpty && faults.allSatisfy { $0["implementation"] == id }, "\(faults)")
    }

    @Test("finds elements that tasks lose, threads that are never woken and memory that is kept")
    func otherFaults() async throws {
        let delivery = try await verify(["loses-elements"], checks: ["delivery"])
        #expect(delivery.row("loses-elements", "delivery")?["detail"]?.contains("lost") == true)
        let memory = try await verify(["keeps-elements", "allocates-each-time", "mutex"], checks: ["memory"])
        #expect(memory.row("allocates-each-time", "steady-state-allocation")?["verdict"] == "fail")
        #expect(memory.row("mutex", "steady-state-allocation")?["verdict"] == "pass")
        #expect(memory.row("keeps-elements", "memory-returned")?["verdict"] == "fail")
        #expect(memory.row("mutex", "memory-returned")?["verdict"] == "pass")
    }

    @Test("goes on after a check that crashes or hangs, and blames it", arguments: ["crashes", "hangs", "never-wakes"])
    func containment(id: String) async throws {
        let checks = [["crashes": "histories", "hangs": "delivery", "never-wakes": "parking"][id] ?? id, "memory"]
        let verification = try await verify([id, "mutex"], checks: checks, waitsForLimits: id != "crashes")
        verification.expectVerdict(3)
        let row = try #require(verification.row(id, checks[0]))
        #expect(row["verdict"] == "fail")
        #expect(row["detail"]?.contains(id == "crashes" ? "broken on purpose" : "hung") == true, "\(row)")
        #expect(verification.rows.contains { $0["implementation"] == "mutex" && $0["verdict"] == "pass" })
    }

    @Test("fails if a control passes, and only then")
    func control() async throws {
        let caught = try await verify(["fixed-window"], checks: ["decisions"], with: .benchmark)
        caught.expectVerdict(0)
        #expect(caught.row("fixed-window", "decisions")?["verdict"] == "fail")
        let survived = try await verify(["unbounded"], checks: ["delivery"], with: .benchmark)
        survived.expectVerdict(3)
        #expect(survived.run.lastLine?.contains("control") == true)
    }

    @Test(
        "has controls for breakers and semaphores, too, and catches them by each check",
        arguments: [
            ("breaker-without-probe-limit", ["contract", "contended-probes"]),
            ("semaphore-without-weights", ["contract", "contended-permits"]),
        ]
    )
    func controls(id: String, checks: [String]) async throws {
        for check in checks {
            let verification = try await verify([id], checks: [check], with: .benchmark)
            verification.expectVerdict(0)
            #expect(verification.rows.contains { $0["implementation"] == id && $0["verdict"] == "fail" }, "\(check)")
        }
    }

    @Test("refuses what it can't do, and says what there is")
    func usage() async throws {
        for (options, words) in [
            (["--check", "histroies"], "histories"), (["--implementation", "mutx"], "mutex"),
            (["--budget", "0"], "--budget"), (["--filter", "nothing-like-it"], "no implementation"),
            (["--runs", "0"], "--runs"), (["--only", "capacity=1"], "one implementation"),
            (["--only", "capacity=1", "--implementation", "mutex", "--check", "histories"], "capacity=…,producers=…"),
            (["--only", "capacity=1", "--implementation", "mutex", "--check", "memory"], "it has none"),
        ] {
            let workspace = try Workspace()
            let run = try await Tool.benchmark.run(["verify", "--output", workspace.output] + options)
            #expect(run.exitCode == (words == "no implementation" ? 5 : 64), "\(run.output)")
            #expect((run.output + run.errors).contains(words))
        }
    }
}

/// What `verify` wrote.
struct Verification {
    let run: Tool.Finished
    let rows: [[String: String]]
    private let verdict: [String: Any]

    init(_ run: Tool.Finished, _ folder: String) throws {
        self.run = run
        let table = try CSVTable(String(contentsOfFile: "\(folder)/verify.csv", encoding: .utf8))
        let columns =
            "mechanism,implementation,family,check,specification,operations,successes,overlap_pct,schedules,seed,verdict,detail"
        #expect(table.header.joined(separator: ",") == columns)
        rows = table.rows.map { row in
            Dictionary(
                uniqueKeysWithValues: zip(table.header, row).compactMap { column, field in field.map { (column, $0) } }
            )
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/verdict.json"))
        verdict = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    func row(_ implementation: String, _ check: String) -> [String: String]? {
        rows.first { $0["implementation"] == implementation && $0["check"] == check }
    }

    func expectVerdict(_ exitCode: Int) {
        #expect(run.exitCode == exitCode, "\(run.output)\n\(run.errors)")
        #expect(verdict["exit_code"] as? Int == exitCode)
        #expect(run.lastLine?.hasPrefix(exitCode == 0 ? "verdict: pass" : "verdict: fail (") == true)
    }
}
