import BackpressureBenchmark
import Foundation
import Testing

@Suite("verify, again and again")
struct VerifyAgainTests {
    private func verify(
        _ arguments: [String],
        with tool: Tool = .broken
    ) async throws -> (Verification, runs: [[String: String]]) {
        let workspace = try Workspace()
        let run = try await tool.run(["verify", "--output", workspace.output, "--no-progress"] + arguments)
        let verification = try Verification(run, workspace.output)
        guard let text = try? String(contentsOfFile: "\(workspace.output)/verify-runs.csv", encoding: .utf8) else {
            return (verification, [])
        }
        let table = try CSVTable(text)
        let columns = "seed,implementations,checks,operations,failures,vacuous,seconds"
        #expect(table.header.joined(separator: ",") == columns)
        let rows = table.rows.map { row in
            Dictionary(uniqueKeysWithValues: zip(table.header, row).map { ($0, $1 ?? "") })
        }
        return (verification, rows)
    }

    @Test("passes what is right with one seed after the other, and says what each of them saw")
    func right() async throws {
        let arguments = ["--implementation", "mutex", "--implementation", "unbounded", "--runs", "2", "--seed", "40"]
        let (verification, runs) = try await verify(
            arguments + ["--check", "contract", "--budget", "2"],
            with: .benchmark
        )
        verification.expectVerdict(0)
        #expect(runs.map { $0["seed"] } == ["40", "41"])
        // The control is caught once, in the first run.
        #expect(runs.map { $0["implementations"] } == ["2", "1"])
        let checks = runs.compactMap { $0["checks"].flatMap(Int.init) }
        #expect(checks.count == 2 && checks[0] > checks[1] && checks[1] > 0, "\(checks)")
        for run in runs {
            #expect(run["failures"] == "0" && run["operations"].flatMap(Int.init) ?? 0 > 0, "\(run)")
        }
        #expect(verification.run.output.contains("2 runs, \(checks.reduce(0, +)) checks: 0 failed"))
    }

    @Test("ends with the first that fails, and says how to see that again")
    func wrong() async throws {
        let arguments = ["--implementation", "swaps-elements", "--check", "histories", "--budget", "1", "--runs", "3"]
        let (verification, runs) = try await verify(arguments)
        verification.expectVerdict(3)
        #expect(runs.count == 1 && runs[0]["failures"].flatMap(Int.init) ?? 0 > 0, "\(runs)")
        #expect(verification.run.output.contains("To see it again: verify --implementation swaps-elements --seed "))
    }

    /// What a failure says to type, without quotes.
    private func replay(of verification: Verification) throws -> [String] {
        let lines = verification.run.output.split(whereSeparator: \.isNewline)
        let line = try #require(lines.first { $0.hasPrefix("To see it again: verify ") })
        let words = line.dropFirst("To see it again: verify ".count)
        let parts = words.split(separator: "'", omittingEmptySubsequences: false)
        return parts.enumerated().flatMap { index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }

    @Test(
        "a failure of staged tasks, of a model or of a virtual clock comes again word for word",
        arguments: [("leaks-probes", "contract"), ("refuses-in-vain", "contract"), ("half-rate", "decisions")]
    )
    func exactReplay(id: String, check: String) async throws {
        let arguments = ["--implementation", id, "--check", check, "--budget", "1"]
        let (first, _) = try await verify(arguments + ["--seed", "7"])
        first.expectVerdict(3)
        let replay = try replay(of: first)
        #expect(replay.contains("--only"))
        let (again, _) = try await verify(replay + ["--budget", "1"])
        again.expectVerdict(3)
        let fault = try #require(first.rows.first { $0["verdict"] == "fail" })
        #expect(again.rows.count == 1 && again.rows[0]["check"] == fault["check"], "\(again.rows)")
        #expect(again.rows.first?["detail"] == fault["detail"])
    }

    @Test(
        "a failure of contending threads is looked for again where it was: with that capacity, that shape, that seed",
        arguments: [("swaps-elements", "histories"), ("evicts-newest", "drops"), ("over-admits", "contended-permits")]
    )
    func narrowedReplay(id: String, check: String) async throws {
        let (first, _) = try await verify(["--implementation", id, "--check", check, "--budget", "1", "--seed", "5"])
        first.expectVerdict(3)
        let fault = try #require(first.rows.first { $0["verdict"] == "fail" })
        let (again, _) = try await verify(try replay(of: first) + ["--budget", "1"])
        again.expectVerdict(3)
        let same = try #require(again.row(id, fault["check"] ?? ""))
        #expect(same["verdict"] == "fail")
        // The circumstances, which stand in front of what was seen.
        let circumstances = fault["detail"]?.prefix { $0 != ":" }
        #expect(circumstances?.contains("seed") == true && same["detail"]?.prefix { $0 != ":" } == circumstances)
    }
}
