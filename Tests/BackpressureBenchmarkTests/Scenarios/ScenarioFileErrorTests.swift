import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("A bad scenario file is refused with its place, what was found and what is allowed")
struct ScenarioFileErrorTests {
    private static let path = "folder/bad.yaml"

    private func check(_ bad: BadScenario) async throws {
        let error = await #expect(throws: InputFileError.self) {
            try await ScenarioFile.parse(text: bad.text, path: Self.path)
        }
        let found = try #require(error)
        #expect(found.path == Self.path)
        #expect(found.line == bad.line, "\(found)")
        #expect(found.column == bad.column, "\(found)")
        #expect(found.message.contains(bad.message), "\(found)")
    }

    @Test("what isn't one YAML mapping", arguments: BadScenarios.notAMapping)
    func notAMapping(_ bad: BadScenario) async throws { try await check(bad) }

    @Test("unknown, misplaced, missing and repeated keys", arguments: BadScenarios.keys)
    func keys(_ bad: BadScenario) async throws { try await check(bad) }

    @Test("words that are not among those allowed", arguments: BadScenarios.words)
    func words(_ bad: BadScenario) async throws { try await check(bad) }

    @Test("numbers of the wrong kind or out of range", arguments: BadScenarios.numbers)
    func numbers(_ bad: BadScenario) async throws { try await check(bad) }

    @Test("arrivals and demands that make no sense", arguments: BadScenarios.arrivals)
    func arrivals(_ bad: BadScenario) async throws { try await check(bad) }

    @Test("keys and values that make no sense together", arguments: BadScenarios.combinations)
    func combinations(_ bad: BadScenario) async throws { try await check(bad) }

    @Test("the description is what an editor can jump to")
    func description() {
        let error = InputFileError(path: "a/b.yaml", line: 3, column: 7, message: "what is wrong")
        #expect(error.description == "a/b.yaml:3:7: what is wrong")
        #expect(InputFileError(path: "a/b.csv", line: 3, message: "m").description == "a/b.csv:3: m")
        #expect(InputFileError(path: "a/b.csv", message: "m").description == "a/b.csv: m")
    }
}
