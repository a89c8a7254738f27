import Testing

@Suite("verify, of circuit breakers and concurrency limits")
struct VerifyCallsTests {
    private func verify(
        _ implementations: [String],
        checks: [String] = [],
        with tool: Tool = .broken
    ) async throws -> Verification {
        let workspace = try Workspace()
        var arguments = ["verify", "--output", workspace.output, "--no-progress", "--budget", "1"]
        arguments += implementations.flatMap { ["--implementation", $0] } + checks.flatMap { ["--check", $0] }
        return try Verification(try await tool.run(arguments), workspace.output)
    }

    @Test(
        "passes those of the package",
        arguments: [
            ["breaker-mutex", "breaker-actor", "breaker-lockfree"],
            ["semaphore-mutex", "semaphore-actor", "semaphore-lockfree"],
        ]
    )
    func right(ids: [String]) async throws {
        let verification = try await verify(ids, with: .benchmark)
        verification.expectVerdict(0)
        let isBreaker = ids[0].hasPrefix("breaker")
        for id in ids {
            let rows = verification.rows.filter { $0["implementation"] == id }
            #expect(rows.allSatisfy { $0["mechanism"] == (isBreaker ? "breaker" : "concurrency-limit") })
            let contract = rows.filter { $0["check"]?.hasPrefix("contract-") == true }
            #expect(contract.count >= 4 && contract.allSatisfy { $0["verdict"] == "pass" }, "\(contract)")
            let contended = try #require(verification.row(id, isBreaker ? "contended-probes" : "contended-permits"))
            if id == "breaker-actor" {
                #expect(contended["verdict"] == "unsupported" && contended["detail"]?.contains("threads") == true)
            } else {
                #expect(contended["verdict"] == "pass" && contended["successes"].flatMap(Int.init) ?? 0 > 0)
            }
        }
    }

    @Test(
        "finds what threads at once break, and says how",
        arguments: [
            ("leaks-probes", "contended-probes", "all probes were cancelled"),
            ("counts-late-results", "contended-probes", "results of older calls decide nothing"),
            ("too-many-probes", "contended-probes", "out at once"),
            ("passes-while-open", "contended-probes", "open it permitted"),
            ("forgets-results", "contended-probes", "successes, but it counted"),
            ("over-admits", "contended-permits", " permits "),
            ("loses-permits", "contended-permits", "at rest it says"),
            ("keeps-permits", "contended-permits", "at rest it says"),
        ]
    )
    func contended(id: String, check: String, words: String) async throws {
        let verification = try await verify([id], checks: [check])
        verification.expectVerdict(3)
        let row = try #require(verification.row(id, check))
        #expect(row["verdict"] == "fail" && row["detail"]?.contains(words) == true, "\(row)")
        #expect(row["detail"]?.contains("seed") == true)
        #expect(verification.run.output.contains("verify --implementation \(id) --seed 1 --check \(check)"))
    }

    @Test(
        "finds where it isn't as its model, in the shortest sequence that shows it",
        arguments: [
            "leaks-probes", "counts-late-results", "too-many-probes", "over-admits", "loses-permits", "refuses-in-vain",
        ]
    )
    func contract(id: String) async throws {
        let verification = try await verify([id], checks: ["contract"])
        verification.expectVerdict(3)
        let faults = verification.rows.filter { $0["verdict"] == "fail" }
        #expect(faults.contains { $0["detail"]?.contains("seed") == true }, "\(faults)")
    }
}
