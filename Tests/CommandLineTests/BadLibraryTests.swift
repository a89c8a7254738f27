import Testing

/// A library that can't be used, and what must be said of it.
struct BadLibrary: Sendable, CustomTestStringConvertible {
    let source: String
    let names: [String]

    var testDescription: String { source }

    private init(_ source: String, _ names: String...) {
        self.source = source
        self.names = names
    }

    static let all = [
        BadLibrary("wrong-version", "entry 2 of backpressure_queues_v1", "abi_version 2", "version 1"),
        BadLibrary("null-function", "entry 1 of backpressure_queues_v1 ('c-mute')", "no try_pop", "try_push"),
        BadLibrary("null-entry", "entry 2 of backpressure_queues_v1 is NULL"),
        BadLibrary("no-entries", "backpressure_queues_v1 gives no entries", "*count"),
        BadLibrary("no-symbol", "backpressure_queues_v1", "backpressure_limiters_v1", "backpressure_abi.h"),
        BadLibrary("undefined-symbol", "can't be loaded", "nobody_has_this"),
        BadLibrary("taken-identifier", "'mutex' is taken by an implementation that comes with this tool"),
        BadLibrary("same-identifier", "'c-twin' is taken by this library itself"),
        BadLibrary("bad-identifier", "entry 1 of backpressure_queues_v1", "'My Queue'", "a-z, 0-9 and '-'"),
        BadLibrary("no-identifier", "entry 1 of backpressure_queues_v1", "no identifier"),
        BadLibrary("bad-specification", "'c-odd'", "specification 9", "0, 1, 2"),
        BadLibrary("crashes-on-load", "crashed (SIGABRT) while it was loaded"),
        BadLibrary("exits-on-load", "ended its process (exit code 0) while it was loaded"),
    ]
}

@Suite("A library that can't be used ends in one clear error, and no file")
struct BadLibraryTests {
    @Test(arguments: BadLibrary.all)
    func libraries(_ bad: BadLibrary) async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build(bad.source, in: workspace)
        try await expectRefusal(of: [library], names: [library] + bad.names, in: workspace)
    }

    @Test("when it is none")
    func noLibrary() async throws {
        let workspace = try Workspace()
        let text = try workspace.write("Not a library.\n", as: "text.so")
        try await expectRefusal(of: [text], names: [text, "can't be loaded", "cc -O2 -shared"], in: workspace)
        let none = workspace.path + "/none.so"
        try await expectRefusal(of: [none], names: [none, "no such file"], in: workspace)
        try await expectRefusal(of: [workspace.path], names: [workspace.path, "folder"], in: workspace)
    }

    @Test("when another has taken its identifier")
    func taken() async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build("good", in: workspace)
        try await expectRefusal(of: [library, library], names: [library, "'c-any'", "given twice"], in: workspace)
        let copy = "\(workspace.path)/copy.so"
        try await CLibrary.run(shell: "cp '\(library)' '\(copy)'", in: workspace.path)
        try await expectRefusal(of: [library, copy], names: [copy, "'c-any' is taken by \(library)"], in: workspace)
    }

    @Test("when nothing in it fits the run", arguments: ["good", "limiters"])
    func nothingFits(source: String) async throws {
        let workspace = try Workspace()
        let library = try await CLibrary.build(source, in: workspace)
        let scenario =
            source == "good"
            ? TinyScenario.saturated(["mutex"]).adding("policy: drop-oldest")
            : TinyScenario.saturated(["mutex"])
        let run = try await Tool.benchmark.run(try workspace.options(scenario) + ["--load", library])
        #expect(run.exitCode == 5, "\(run.errors)")
        #expect(run.errors.contains(source == "good" ? "no policy drop-oldest" : "no scenario is for it"))
        #expect(!workspace.contents.contains("results"))
    }

    /// Every command says the same.
    private func expectRefusal(of libraries: [String], names: [String], in workspace: Workspace) async throws {
        // Something small to measure, should it not be refused.
        let scenario = try workspace.write(TinyScenario.saturated(["mutex"]).text, as: "saturated.yaml")
        let before = workspace.contents
        let load = libraries.flatMap { ["--load", $0] } + ["--scenario", scenario]
        for command in ["run", "stress", "list"] {
            let output = command == "list" ? [] : ["--output", workspace.output]
            let run = try await Tool.benchmark.run([command] + load + output)
            #expect(run.exitCode == 65, "\(run.errors)")
            let errors = run.errors.split(separator: "\n")
            #expect(errors.count == 1 && errors.allSatisfy { $0.hasPrefix("error: ") }, "\(run.errors)")
            for name in names { #expect(run.errors.contains(name), "\(run.errors)") }
            #expect(run.lastLine == "verdict: fail (\(run.errors.dropFirst("error: ".count).dropLast()))")
        }
        #expect(workspace.contents == before)
    }
}
