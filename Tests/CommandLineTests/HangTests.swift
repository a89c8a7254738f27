import Testing

@Suite("An implementation that hangs is ended")
struct HangTests {
    @Test("after its time limit, at the cost of its own row alone")
    func hang() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex", "hangs"])) + ["--repetitions", "1"]
        let run = try await Tool.broken.runIdle(options)
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        files.expectOnlyNamed("hangs")
        #expect(files.findings.contains { $0.message.contains("hung") })
        files.expectMeasured("mutex")
    }

    @Test("when a thread that parked is never woken")
    func neverWoken() async throws {
        let workspace = try Workspace()
        let run = try await Tool.broken.runIdle(try workspace.options(.parking(["mutex", "never-wakes"])))
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        files.expectOnlyNamed("never-wakes")
        #expect(files.findings.contains { $0.message.contains("hung") })
        files.expectMeasured("mutex")
    }
}
