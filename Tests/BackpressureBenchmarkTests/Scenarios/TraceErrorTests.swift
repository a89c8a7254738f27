import Foundation
import Testing

@testable import BackpressureBenchmark

struct BadTrace: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int?
    let column: Int?
    let message: String

    init(_ text: String, _ line: Int?, _ column: Int?, _ message: String) {
        (self.text, self.line, self.column, self.message) = (text, line, column, message)
    }

    var testDescription: String { message }

    private static let good = AccessLog.line(second: 1)
    private static let later = good.replacingOccurrences(of: "13/Jul", with: "20/Jul")

    static let tables = [
        BadTrace("second,request\n0,1\n", 1, 1, "the header has no column 'requests' (found: second,request)"),
        BadTrace("count,requests\n0,1\n", 1, 1, "the header has no column 'second'"),
        BadTrace("second,requests,second\n0,1,0\n", 1, 1, "the header has more than one column 'second'"),
        BadTrace("second,requests\n0,1\n1\n", 3, 1, "the row has 1 fields, the header has 2"),
        BadTrace("second,requests\n0,1,2\n", 2, 1, "the row has 3 fields, the header has 2"),
        BadTrace(
            "second,requests\n0,1\n1,many\n",
            3,
            3,
            "'requests' is 'many'; allowed: an integer from 0 to 4294967295"
        ),
        BadTrace("second,requests\n0,-1\n", 2, 3, "'requests' is '-1'; allowed: an integer"),
        BadTrace("second,requests\n0,1.5\n", 2, 3, "'requests' is '1.5'"),
        BadTrace("second,requests\n0,4294967296\n", 2, 3, "'requests' is '4294967296'"),
        BadTrace("second,requests\n0,\n", 2, 3, "'requests' is ''"),
        BadTrace("second,requests\nx,1\n", 2, 1, "'second' is 'x'; allowed: an integer from 0 to 604799"),
        BadTrace("requests,second\n1,-1\n", 2, 3, "'second' is '-1'"),
        BadTrace("second,requests\n604800,1\n", 2, 1, "'second' is '604800'; allowed: an integer from 0 to 604799"),
        BadTrace("second,requests\n5,1\n4,1\n", 3, 1, "second 4 follows second 5"),
        BadTrace("second,requests\n5,1\n5,1\n", 3, 1, "second 5 follows second 5; each second may stand once"),
        BadTrace("second,requests\n", nil, nil, "the trace holds no request"),
        BadTrace("second,requests\n0,0\n", nil, nil, "the trace holds no request"),
        BadTrace("second,requests\n" + String(repeating: "1", count: 70_000), 2, nil, "longer than the 65536 bytes"),
    ]

    static let logs = [
        BadTrace("0,5\n1,6\n", 1, nil, "a trace is expected: comma-separated values with the header 'second,requests'"),
        BadTrace("\u{7F}ELF\u{1}\u{0}", 1, nil, "found '·ELF··'"),
        BadTrace(
            String(repeating: "no log\n", count: 5_000),
            1,
            nil,
            "or an access log in Common or Combined Log Format"
        ),
        BadTrace(
            String(repeating: good + "\n", count: 97) + "broken\n" + good,
            98,
            nil,
            "1 of 99 lines are not in Common or Combined Log Format, more than the 1 % tolerated"
        ),
        BadTrace(
            good + "\n\nbad [13/Jul/1995] line\n",
            3,
            nil,
            "the first has no timestamp like [13/Jul/1995:08:30:00"
        ),
        BadTrace(good + "\n" + later, 2, nil, "lie 604801 s apart; a trace may span at most 604800 s (7 days)"),
        BadTrace(later + "\n" + good, 2, nil, "lie 604801 s apart"),
        BadTrace("", nil, nil, "the file is empty; a trace is expected"),
        BadTrace("\n \n", nil, nil, "the file is empty; a trace is expected"),
        BadTrace(String(repeating: "x", count: 1 << 20), 1, nil, "the line is longer than the 65536 bytes allowed"),
    ]
}

@Suite("A bad trace is refused with its place, what was found and what is allowed")
struct TraceErrorTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func error(path: String) async throws -> InputFileError {
        try #require(await #expect(throws: InputFileError.self) { _ = try await TraceReader.read(path: path) })
    }

    @Test("tables and logs", arguments: BadTrace.tables + BadTrace.logs)
    func text(_ bad: BadTrace) async throws {
        let path = try folder.write(bad.text, as: "trace")
        let found = try await error(path: path)
        #expect(found.path == path)
        #expect(found.line == bad.line, "\(found)")
        #expect(found.column == bad.column, "\(found)")
        #expect(found.message.contains(bad.message), "\(found)")
    }

    @Test("an endless line is refused before it is read to its end")
    func endlessLine() throws {
        var parser = TraceParser(path: "endless")
        let error = #expect(throws: InputFileError.self) {
            for _ in 0..<1_000 { try parser.take(Array(repeating: UInt8(ascii: "x"), count: 1_000)) }
        }
        #expect(error?.line == 1)
    }

    @Test("no file, and a folder")
    func noFile() async throws {
        #expect(try await error(path: folder.path + "/none").message == "no such file")
        #expect(try await error(path: folder.path).message == "this is a folder; a file is expected")
    }
}

@Suite("Traces packed with gzip")
struct GzipTraceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// `second,requests`, `0,3`, `2,4`.
    private static let packed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2B, 0x4E, 0x4D, 0xCE,
        0xCF, 0x4B, 0xD1, 0x29, 0x4A, 0x2D, 0x2C, 0x4D, 0x2D, 0x2E, 0x29, 0xE6, 0x32, 0xD0,
        0x31, 0xE6, 0x32, 0xD2, 0x31, 0xE1, 0x02, 0x00, 0xCC, 0xD5, 0xD0, 0xB0, 0x18, 0x00,
        0x00, 0x00,
    ]

    private func error(_ bytes: some Sequence<UInt8>, searchPath: String? = nil) async throws -> InputFileError {
        let path = try folder.write(bytes, as: "it's packed")
        let error = await #expect(throws: InputFileError.self) {
            _ = try await TraceReader.read(path: path, gzipSearchPath: searchPath)
        }
        #expect(error?.path == path)
        return try #require(error)
    }

    @Test("are unpacked, whatever the file is called")
    func unpacked() async throws {
        for name in ["trace.csv.gz", "trace", "a \"b\" $c 'd'"] {
            let trace = try await TraceReader.read(path: try folder.write(Self.packed, as: name))
            #expect(trace.requestsPerSecond == [3, 0, 4])
        }
    }

    @Test("may consist of several parts, as appended logs do")
    func parts() async throws {
        var table = Self.packed
        table += Self.packed
        let found = try await error(table)
        // The second part's header is a row of the table that the first part starts.
        #expect(found.line == 4)
        #expect(found.message.contains("'second' is 'second'"))
    }

    @Test("may be followed by padding or by junk", arguments: [Array(repeating: 0, count: 64), Array("junk".utf8)])
    func trailingBytes(_ bytes: [UInt8]) async throws {
        let path = try folder.write(Self.packed + bytes, as: "padded.gz")
        #expect(try await TraceReader.read(path: path).requestsPerSecond == [3, 0, 4])
    }

    @Test("are refused if they are truncated or corrupt")
    func damaged() async throws {
        let truncated = try await error(Self.packed.dropLast(9))
        #expect(truncated.message.contains("gzip can't unpack it (unexpected end of file)"), "\(truncated)")
        #expect(truncated.message.contains("'gzip -t'"))
        let header = try await error(Self.packed.prefix(2))
        #expect(header.message.contains("the file is truncated or corrupt"))
        var corrupt = Self.packed
        corrupt[corrupt.count - 7] ^= 0xFF
        let checksum = try await error(corrupt)
        #expect(checksum.message.contains("the file is truncated or corrupt"), "\(checksum)")
    }

    @Test("say what to do where gzip is missing")
    func missing() async throws {
        let tools = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: tools.path + "/sh", withDestinationPath: "/bin/sh")
        let found = try await error(Self.packed, searchPath: tools.path)
        #expect(found.message.contains("which is not installed: install gzip, or unpack the file yourself"), "\(found)")
    }

    @Test("say what to do where nothing can be run")
    func nothingToRun() async throws {
        let found = try await error(Self.packed, searchPath: try TemporaryFolder().path)
        #expect(found.message.contains("gzip can't be run"), "\(found)")
    }

    @Test("end with the parser's error, however much is left to unpack")
    func parserError() async throws {
        let text = try folder.write("second,requests\nx,1\n" + String(repeating: "y,1\n", count: 1 << 20), as: "long")
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/bin/sh")
        gzip.arguments = ["-c", "gzip -1 \"$0\"", text]
        try gzip.run()
        gzip.waitUntilExit()
        let error = await #expect(throws: InputFileError.self) { _ = try await TraceReader.read(path: text + ".gz") }
        #expect(error?.line == 2)
    }
}
