import Testing

@Suite("Bad input ends in one clear error, and no file")
struct BadInputTests {
    @Test(arguments: BadInput.commandLines)
    func commandLines(_ bad: BadInput) async throws { try await check(bad) }

    @Test(arguments: BadInput.nothingToMeasure)
    func nothingToMeasure(_ bad: BadInput) async throws { try await check(bad) }

    @Test(arguments: BadInput.files)
    func files(_ bad: BadInput) async throws { try await check(bad) }

    @Test(arguments: BadInput.outputs)
    func outputs(_ bad: BadInput) async throws { try await check(bad) }

    private func check(_ bad: BadInput) async throws {
        let workspace = try Workspace()
        try BadInput.prepare(workspace)
        let before = workspace.contents
        var arguments = bad.arguments
        if arguments[0] != "list", !arguments.contains("--output") { arguments += ["--output", "{}/results"] }
        let run = try await Tool.benchmark.run(arguments.map { $0.replacing("{}", with: workspace.path) })

        #expect(run.exitCode == bad.exitCode, "\(run.errors)")
        let errors = run.errors.split(separator: "\n").filter { $0.lowercased().hasPrefix("error: ") }
        #expect(errors.count == 1, "\(run.errors)")
        let error = errors.first.map(String.init) ?? ""
        for name in bad.names { #expect(error.contains(name.replacing("{}", with: workspace.path)), "\(error)") }
        let line = try #require(run.lastLine)
        #expect(line.hasPrefix("verdict: fail (") && line.hasSuffix(")"))
        #expect(line.contains(error.dropFirst("error: ".count)), "\(line)")
        #expect(workspace.contents == before)
        #expect(!run.errors.contains("Fatal error"))
    }

    @Test("Results that find no room on the disk leave no half-written file, and no verdict of an older run")
    func noSpace() async throws {
        let workspace = try Workspace()
        let options = try workspace.options(.saturated(["mutex", "ring", "unbounded"]))
        let first = try await Tool.benchmark.run(options)
        #expect(first.exitCode == 0)
        let run = try await Tool.benchmark.runWithoutSpace(options)
        #expect(run.exitCode == 74, "\(run.output)\n\(run.errors)")
        #expect(run.lastLine?.hasPrefix("verdict: fail (results can't be written to '\(workspace.output)/") == true)
        #expect(!workspace.contents.contains { $0.hasSuffix("partial") })
        #expect(!workspace.contents.contains("results/verdict.json"), "it says that the run passed")
    }
}
