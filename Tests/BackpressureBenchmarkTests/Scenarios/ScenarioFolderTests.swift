import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("Scenario files on disk")
struct ScenarioFolderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func error(_ read: () async throws -> Void) async throws -> InputFileError {
        try #require(await #expect(throws: InputFileError.self) { try await read() })
    }

    @Test("a folder's scenarios come sorted by name, and other files are passed over")
    func sorted() async throws {
        _ = try folder.write(ScenarioTexts.queue.setting("name", "second"), as: "a.yaml")
        _ = try folder.write(ScenarioTexts.limiter.setting("name", "first"), as: "b.yml")
        _ = try folder.write("not a scenario", as: "notes.txt")
        _ = try folder.write("not a scenario", as: ".hidden.yaml")
        #expect(try await ScenarioFile.readFolder(path: folder.path).map(\.name) == ["first", "second"])
        #expect(try await ScenarioFile.readFolder(path: folder.path + "/").map(\.name) == ["first", "second"])
    }

    @Test("two scenarios of one name are refused, naming both files")
    func duplicateNames() async throws {
        let first = try folder.write(ScenarioTexts.queue, as: "a.yaml")
        let second = try folder.write("# the same\n" + ScenarioTexts.limiter, as: "b.yaml")
        let found = try await error { _ = try await ScenarioFile.readFolder(path: folder.path) }
        #expect(found.path == second)
        #expect(found.line == 2)
        #expect(found.column == 7)
        #expect(found.message.contains("the name 'sample' is taken by \(first)"))
    }

    @Test("a folder without scenarios, and none at all")
    func emptyFolder() async throws {
        let empty = try await error { _ = try await ScenarioFile.readFolder(path: folder.path) }
        #expect(empty.message.contains("no scenario in this folder"))
        let none = try await error { _ = try await ScenarioFile.readFolder(path: folder.path + "/none") }
        #expect(none.message.contains("a folder of scenario files is expected"))
    }

    @Test("a folder, no file, a huge file and no text are refused")
    func notAScenarioFile() async throws {
        let isFolder = try await error { _ = try await ScenarioFile.read(path: folder.path) }
        #expect(isFolder == InputFileError(path: folder.path, message: "this is a folder; a file is expected"))
        let missing = try await error { _ = try await ScenarioFile.read(path: folder.path + "/none.yaml") }
        #expect(missing == InputFileError(path: folder.path + "/none.yaml", message: "no such file"))
        let nameless = try await error { _ = try await ScenarioFile.read(path: "") }
        #expect(nameless.message == "no such file")
        let path = try folder.write(String(repeating: "# filler\n", count: 200_000), as: "huge.yaml")
        let huge = try await error { _ = try await ScenarioFile.read(path: path) }
        #expect(huge.message.contains("larger than the 1048576 bytes allowed"))
    }

    @Test("bytes that are not UTF-8 are refused where they are")
    func notUTF8() async throws {
        let path = try folder.write(Array("name: a\ntitle: ü".utf8) + [0xFF, 0xFE], as: "latin.yaml")
        let found = try await error { _ = try await ScenarioFile.read(path: path) }
        #expect(found == InputFileError(path: path, line: 2, column: 9, message: "this is not UTF-8 text"))
    }

    @Test("a file that may not be read is refused", .enabled(if: geteuid() != 0, "root may read every file"))
    func unreadable() async throws {
        let path = try folder.write(ScenarioTexts.queue, as: "secret.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        let found = try await error { _ = try await ScenarioFile.read(path: path) }
        #expect(found.message.contains("can't be opened for reading"))
    }
}

@Suite("Traces that scenario files name")
struct ScenarioTraceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try folder.write("second,requests\n0,1\n1,0\n2,3\n3,4\n4,0\n5,0\n", as: "own.csv")
    }

    private func arrival(_ keys: String, override: String? = nil) async throws -> Arrival {
        let text = ScenarioTexts.queue.setting("arrival", "{kind: trace, trace: own.csv\(keys)}")
        let path = try folder.write(text, as: "sample.yaml")
        let scenario = try await ScenarioFile.read(path: path, traceOverride: override)
        guard case .queue(let load) = scenario.load else { return .closedLoop }
        return load.arrival
    }

    private func expectError(_ keys: String, _ column: Int, _ message: String) async throws {
        let error = try #require(await #expect(throws: InputFileError.self) { _ = try await arrival(keys) })
        #expect(error.path == folder.path + "/sample.yaml")
        #expect(error.line == 8)
        #expect(error.column == column, "\(error)")
        #expect(error.message.contains(message), "\(error)")
    }

    private var own: String { folder.path + "/own.csv" }

    @Test("without a speed-up the trace lasts as long as the run")
    func fitted() async throws {
        #expect(try await arrival("") == .trace(path: own, speedup: 30, requestsPerSecond: [1, 0, 3, 4, 0, 0]))
    }

    @Test("a window is cut out of the trace")
    func window() async throws {
        let window = try await arrival(", speedup: 2, from_s: 2, length_s: 2")
        #expect(window == .trace(path: own, speedup: 2, requestsPerSecond: [3, 4]))
        let rest = try await arrival(", speedup: 2, from_s: 3")
        #expect(rest == .trace(path: own, speedup: 2, requestsPerSecond: [4, 0, 0]))
    }

    @Test("a window outside the trace or without a request is refused")
    func badWindow() async throws {
        try await expectError(", from_s: 6", 48, "'arrival.from_s' is 6, but the trace ends after 6 s")
        try await expectError(
            ", from_s: 2, length_s: 5",
            61,
            "'arrival.length_s' is 5, but the trace ends 4 s after second 2"
        )
        try await expectError(", from_s: 4", 48, "this part of the trace holds no request")
    }

    @Test("another trace is replayed whole, at the scenario's speed-up if it has one")
    func override() async throws {
        let other = try folder.write("second,requests\n0,9\n2,8\n", as: "other.csv")
        let fitted = try await arrival(", from_s: 2, length_s: 2", override: other)
        #expect(fitted == .trace(path: other, speedup: 15, requestsPerSecond: [9, 0, 8]))
        let sped = try await arrival(", speedup: 4", override: other)
        #expect(sped == .trace(path: other, speedup: 4, requestsPerSecond: [9, 0, 8]))
    }

    @Test("a limiter's demand replays a trace in the same way")
    func demand() async throws {
        let text = ScenarioTexts.limiter.setting("demand", "{kind: trace, trace: own.csv, speedup: 2, from_s: 2}")
        func demand(override: String? = nil) async throws -> LimiterLoad.Demand? {
            let path = try folder.write(text, as: "limiter.yaml")
            guard case .limiter(let load) = try await ScenarioFile.read(path: path, traceOverride: override).load else {
                return nil
            }
            return load.demand
        }
        #expect(try await demand() == .trace(path: own, speedup: 2, requestsPerSecond: [3, 4, 0, 0]))
        let other = try folder.write("second,requests\n0,9\n", as: "other.csv")
        #expect(try await demand(override: other) == .trace(path: other, speedup: 2, requestsPerSecond: [9]))
        let late = text.replacing("from_s: 2", with: "from_s: 6")
        let path = try folder.write(late, as: "late.yaml")
        let error = await #expect(throws: InputFileError.self) { _ = try await ScenarioFile.read(path: path) }
        #expect(error?.message.contains("'demand.from_s' is 6") == true)
    }

    @Test("another trace that can't be read is the one to blame")
    func badOverride() async throws {
        let other = folder.path + "/none.csv"
        let error = await #expect(throws: InputFileError.self) { _ = try await arrival("", override: other) }
        #expect(error == InputFileError(path: other, message: "no such file"))
    }

    @Test("a mistake inside a trace is reported there")
    func badTrace() async throws {
        let path = try folder.write("second,requests\n0,1\n1,x\n", as: "own.csv")
        let error = await #expect(throws: InputFileError.self) { _ = try await arrival("") }
        #expect(error?.path == path)
        #expect(error?.line == 3)
    }

    @Test("scenarios without a trace don't care for another one")
    func irrelevantOverride() async throws {
        let path = try folder.write(ScenarioTexts.queue, as: "plain.yaml")
        let plain = try await ScenarioFile.read(path: path)
        #expect(try await ScenarioFile.read(path: path, traceOverride: "none.csv") == plain)
    }
}
