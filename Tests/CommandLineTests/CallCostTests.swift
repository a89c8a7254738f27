import Testing

@Suite("What calls and permits cost")
struct CallCostTests {
    private static let breakers = ["breaker-mutex", "breaker-actor", "breaker-lockfree", "atomic-add-breaker"]
    private static let semaphores = ["semaphore-mutex", "semaphore-actor", "semaphore-lockfree", "null-semaphore"]

    @Test(
        "is measured by both drivers, with allocations",
        arguments: [
            (TinyScenario.breaker(breakers, callers: 2), "breaker"),
            (TinyScenario.breaker(Array(breakers.prefix(3)), "state: open"), "breaker"),
            (TinyScenario.breaker(breakers, "window_s: 1"), "breaker"),
            (TinyScenario.permits(semaphores, callers: 2, permits: 2, "asking: try"), "concurrency-limit"),
            (
                TinyScenario.permits(Array(semaphores.prefix(3)), callers: 3, permits: 1, "asking: wait"),
                "concurrency-limit"
            ),
        ]
    )
    func cost(scenario: TinyScenario, mechanism: String) async throws {
        let workspace = try Workspace()
        let run = try await Tool.benchmark.run(try workspace.options(scenario))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 0)
        let rows = files.rows("comparison.csv", ["scenario": scenario.name])
        #expect(rows.count { $0["driver"] == "threads" } >= 2 && rows.count { $0["driver"] == "tasks" } >= 3)
        for row in rows {
            #expect(row["mechanism"] == mechanism)
            #expect(row["throughput_per_s"].flatMap(Double.init) ?? 0 > 0, "\(row)")
            #expect(row["allocations_per_op"].flatMap(Double.init) != nil, "\(row)")
        }
        #expect(!rows.contains { $0["implementation"]?.hasSuffix("-actor") == true && $0["driver"] == "threads" })
    }

    @Test("and the run fails where one permits what it mustn't, refuses what it mustn't, or loses count")
    func broken() async throws {
        for (scenario, id, words) in [
            (
                TinyScenario.breaker(["breaker-mutex", "passes-while-open"], "state: open"), "passes-while-open",
                "it permitted"
            ),
            (TinyScenario.breaker(["breaker-mutex", "forgets-results"]), "forgets-results", "but it counted"),
            (
                TinyScenario.permits(["semaphore-mutex", "keeps-permits"], callers: 1, permits: 8), "keeps-permits",
                "in use"
            ),
            (
                TinyScenario.permits(["semaphore-mutex", "refuses-in-vain"], callers: 1, permits: 8),
                "refuses-in-vain", "it refused"
            ),
        ] {
            let workspace = try Workspace()
            let run = try await Tool.broken.run(try workspace.options(scenario))
            let files = try ResultFiles(workspace.output)
            try files.expectVerdict(of: run, exitCode: 3)
            files.expectOnlyNamed(id)
            #expect(files.findings.allSatisfy { $0.message.contains(words) }, "\(files.findings)")
        }
    }
}
