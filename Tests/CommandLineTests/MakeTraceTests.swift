import Foundation
import Testing

@Suite("A synthetic day")
struct MakeTraceTests {
    @Test("is the same for the same seed, another for another, and by default the one that comes with the package")
    func seeds() async throws {
        let workspace = try Workspace()
        for (seed, name) in [("1", "a.csv"), ("7", "b.csv"), ("7", "c.csv")] {
            let file = "\(workspace.path)/\(name)"
            let run = try await Tool.benchmark.run(["make-trace", "--seed", seed, "--output", file])
            #expect(run.exitCode == 0 && run.lastLine == "verdict: pass")
        }
        let days = try workspace.contents.map { try contents("\(workspace.path)/\($0)") }
        #expect(days[1] == days[2])
        #expect(days[0] != days[1])
        #expect(try days[0] == contents(Tool.packageRoot + "/Fixtures/traces/day.csv"))
        #expect(workspace.contents == ["a.csv", "b.csv", "c.csv"])
    }

    private func contents(_ path: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path))
    }
}
