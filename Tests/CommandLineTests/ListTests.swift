import Foundation
import Testing

@Suite("What there is")
struct ListTests {
    private static let builtIn = [
        "mutex", "actor", "ring", "token-bucket-mutex", "token-bucket-actor", "token-bucket-lockfree", "unbounded",
        "fixed-window", "pacer-lockfree", "actor-date", "sleep-interval", "breaker-mutex", "breaker-actor",
        "breaker-lockfree", "null-breaker", "semaphore-mutex", "semaphore-actor", "semaphore-lockfree",
    ]
    private static let broken = ["loses-elements", "crashes", "larger-burst"]

    @Test("is listed for people")
    func text() async throws {
        let run = try await Tool.benchmark.run(["list"])
        #expect(run.exitCode == 0 && run.lastLine == "verdict: pass")
        let listed = Set(
            run.output.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        )
        #expect(Set(Self.builtIn + (try Self.scenarioNames())).subtracting(listed).isEmpty)
        let warnings = run.output.split(separator: "\n").filter { $0.contains("what not to do") }
        #expect(warnings.count == 2 && warnings.contains { $0.contains("sleep-interval") })
        #expect(run.output.contains("pacer: burst 1, whatever the scenario's"))
    }

    @Test("is listed for programs")
    func json() async throws {
        let run = try await Tool.benchmark.run(["list", "--format", "json"])
        #expect(run.exitCode == 0)
        let listing = try JSON.object(run.output)
        #expect(Set(Self.builtIn).isSubset(of: try Self.names("id", of: "implementations", in: listing)))
        #expect(try Self.names("name", of: "scenarios", in: listing) == Set(try Self.scenarioNames()))
        #expect(try !Self.names("id", of: "checks", in: listing).isEmpty)
        let plans = try #require(listing["plans"] as? [[String: Any]])
        let seconds = plans.compactMap { $0["planned_s"] as? Double }
        #expect(plans.compactMap { $0["profile"] as? String } == ["quick", "standard", "full"])
        #expect(seconds.count == 3 && seconds == seconds.sorted() && seconds[0] < 60 && seconds[1] < 150)
        let scenarios = try #require(listing["scenarios"] as? [[String: Any]])
        for scenario in scenarios {
            #expect((scenario["supported_by"] as? [String])?.isEmpty == false, "\(scenario)")
        }
    }

    @Test("includes what a user registers")
    func registered() async throws {
        let run = try await Tool.broken.run(["list", "--format", "json"])
        let ids = try Self.names("id", of: "implementations", in: try JSON.object(run.output))
        #expect(Set(Self.builtIn + Self.broken).isSubset(of: ids))
    }

    @Test("has help with examples", arguments: ["", "run", "stress", "list", "make-trace"])
    func help(command: String) async throws {
        let run = try await Tool.benchmark.run((command.isEmpty ? [] : [command]) + ["--help"])
        #expect(run.exitCode == 0 && run.errors.isEmpty)
        #expect(run.output.contains("Example") && run.output.contains("swift package benchmark \(command)"))
        #expect(!run.output.contains("measure-one"), "that is no command for people")
    }

    private static func names(_ key: String, of list: String, in listing: [String: Any]) throws -> Set<String> {
        let entries = try #require(listing[list] as? [[String: Any]])
        return Set(entries.compactMap { $0[key] as? String })
    }

    /// The name of a scenario that comes with the package is that of its file.
    private static func scenarioNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Tool.packageRoot + "/Fixtures/scenarios")
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }
    }
}
