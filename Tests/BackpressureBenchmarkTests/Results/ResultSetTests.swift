import BackpressureBenchmark
import Foundation
import Testing

@Suite("Result set")
struct ResultSetTests {
    @Test(
        "What was written is read back, row by row",
        arguments: ["baseline", "baseline-quick", "queues", "peers", "waiting", "limits", "floods"]
    )
    func committed(name: String) throws {
        let path = resultsFolder + name
        let results = try ResultSet(path: path)
        #expect(results.missing.isEmpty)
        #expect(results.environment?.cores == 2)
        func isSame<Row: ResultRow>(_ rows: [Row]?, _ file: String) throws -> Bool {
            let text = try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
            return try ResultFile.csv(#require(rows)) == text
        }
        #expect(try isSame(results.comparison, "comparison.csv"))
        #expect(try isSame(results.accuracy, "accuracy.csv"))
        #expect(try isSame(results.stress, "stress.csv"))
        #expect(try isSame(results.memory, "memory.csv"))
        #expect(try isSame(results.samples, "samples.csv"))
    }

    @Test("Files that aren't there are said to be missing, and other tables are read as they are")
    func partial() async throws {
        try await withTemporaryFolder { folder in
            try write("a,b\r\n1,\r\n", folder + "/mine.csv")
            try write("{\"verdict\": \"fail\", \"exit_code\": 4, \"reason\": \"it drowned\"}", folder + "/verdict.json")
            let results = try ResultSet(path: folder)
            #expect(results.comparison == nil && results.verification == nil && results.environment == nil)
            #expect(results.missing.contains("comparison.csv") && results.missing.contains("environment.json"))
            #expect(results.others.map(\.name) == ["mine.csv"])
            #expect(results.others.first?.table.rows == [["1", nil]])
            #expect(results.verdict == Verdict([.init(.stressFailed, "it drowned")]))
        }
    }

    @Test("Columns are found by name: in another order, with more of them, and without those that may be empty")
    func otherColumns() async throws {
        try await withTemporaryFolder { folder in
            let header = "depth,new,implementation,scenario,elapsed_ns"
            try write("\(header)\n,x,ring,flood,12\n7,y,ring,flood,13\n", folder + "/memory.csv")
            let rows = try #require(try ResultSet(path: folder).memory)
            #expect(rows.map(\.depth) == [nil, 7] && rows.map(\.elapsedNs) == [12, 13])
            #expect(rows.allSatisfy { $0.allocatedBytes == nil && $0.scenario == "flood" })
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        var file: String
        var text: String
        var error: String
        var testDescription: String { error }
    }

    @Test(
        "What is wrong is named with file, line and column",
        arguments: [
            Bad(
                file: "memory.csv",
                text: "scenario,implementation,elapsed_ns\nflood,ring,1\nflood,ring,soon\n",
                error: "memory.csv:3:12: elapsed_ns is 'soon', which is not a whole number"
            ),
            Bad(
                file: "memory.csv",
                text: "scenario,implementation,elapsed_ns\nflood,ring,\n",
                error: "memory.csv:2:12: elapsed_ns is empty; a value is expected"
            ),
            Bad(
                file: "memory.csv",
                text: "scenario,elapsed_ns\nflood,1\n",
                error: "memory.csv:1: there is no column 'implementation'"
            ),
            Bad(
                file: "samples.csv",
                text: "scenario,mechanism,implementation,family,driver,block,repetition,metric,unit,value\n"
                    + "s,queue,i,mutex,threads,1,1,throughput,1/s,nan\n",
                error: "samples.csv:2:44: value is 'nan', which is not a finite number"
            ),
            Bad(
                file: "samples.csv",
                text: "scenario,mechanism,implementation,family,driver,block,repetition,metric,unit,value\n"
                    + "s,queue,i,mutex,fibers,1,1,throughput,1/s,1\n",
                error: "samples.csv:2:17: driver is 'fibers', which is not one of the values that this version knows"
            ),
            Bad(
                file: "mine.csv",
                text: "a,b\n1,2\n1,2,3\n",
                error: "mine.csv:3:5: the row has 3 fields, the header has 2"
            ),
            Bad(file: "mine.csv", text: "", error: "mine.csv:1:1: the file is empty; a header row is expected"),
        ]
    )
    func malformed(bad: Bad) async throws {
        try await withTemporaryFolder { folder in
            try write(bad.text, folder + "/" + bad.file)
            let error = try #require(throws: InputFileError.self) { try ResultSet(path: folder) }
            #expect(error.description.hasSuffix("/" + bad.error))
        }
    }

    @Test("A broken environment or verdict is named too", arguments: ["environment.json", "verdict.json"])
    func malformedJSON(name: String) async throws {
        try await withTemporaryFolder { folder in
            try write("a\n1\n", folder + "/mine.csv")
            for text in ["", "{\n  \"seed\": ,\n}", "[]", "{\"exit_code\": 77}", "{}"] {
                try write(text, folder + "/" + name)
                let error = try #require(throws: InputFileError.self) { try ResultSet(path: folder) }
                #expect(error.path.hasSuffix("/" + name))
            }
            try write("{\n  \"seed\": ,\n}", folder + "/" + name)
            let error = try #require(throws: InputFileError.self) { try ResultSet(path: folder) }
            #expect(error.line == 2 && error.column == 11, "\(error)")
        }
    }

    @Test("No folder, a file, a folder without results, and what is no file at all are refused")
    func noFolder() async throws {
        try await withTemporaryFolder { folder in
            #expect(throws: InputFileError.self) { try ResultSet(path: folder + "/none") }
            #expect(throws: InputFileError.self) { try ResultSet(path: folder) }
            try write("x", folder + "/file")
            #expect(throws: InputFileError.self) { try ResultSet(path: folder + "/file") }
            #expect(mkfifo(folder + "/memory.csv", 0o600) == 0)
            let error = try #require(throws: InputFileError.self) { try ResultSet(path: folder) }
            #expect(error.message == "this is no regular file")
        }
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

/// The committed results, with a slash at the end.
let resultsFolder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/results/"
