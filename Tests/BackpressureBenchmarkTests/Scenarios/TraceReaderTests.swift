import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("Traces are read")
struct TraceReaderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func read(_ text: String) async throws -> Trace {
        try await TraceReader.read(path: try folder.write(text, as: "trace"))
    }

    @Test("a table of requests per second")
    func table() async throws {
        let trace = try await read("second,requests\n0,3\n1,0\n2,4294967295\n")
        #expect(trace == Trace(requestsPerSecond: [3, 0, .max]))
        #expect(trace.total == 4_294_967_298)
    }

    @Test(
        "a table in other dress",
        arguments: [
            "second,requests\r\n0,1\r\n2,5\r\n",
            "\u{FEFF}second,requests\n0,1\n2,5",
            "requests,second\n1,0\n5,2\n",
            "\n\nhost,Requests,Second\na,1,0\n\nb,5,2\n",
            "\"second\",\"requests\"\n\"0\",\"1\"\n 2 , 5 \n",
            "second,requests\n00,+1\n2,5\n",
        ]
    )
    func tableForms(_ text: String) async throws {
        #expect(try await read(text).requestsPerSecond == [1, 0, 5])
    }

    @Test("the longest table")
    func longestTable() async throws {
        let trace = try await read("second,requests\n604799,1\n")
        #expect(trace.requestsPerSecond.count == 7 * 86_400)
        #expect(trace.total == 1)
    }

    @Test("an access log in Common Log Format, out of order, across midnight and with two zones")
    func commonLog() async throws {
        let trace = try await TraceReader.read(path: Files.data("common.log"))
        #expect(trace == Trace(requestsPerSecond: [2, 1, 1, 0, 1]))
    }

    @Test("an access log in Combined Log Format, with brackets in other places and a leap day")
    func combinedLog() async throws {
        let trace = try await TraceReader.read(path: Files.data("combined.log"))
        #expect(trace == Trace(requestsPerSecond: [1, 2, 0, 1]))
    }

    @Test("one malformed line in a hundred is left out and counted")
    func toleratedLines() async throws {
        let good = String(repeating: AccessLog.line(second: 5) + "\n", count: 99)
        let trace = try await read("garbage\n" + good)
        #expect(trace == Trace(requestsPerSecond: [99], malformedLines: 1))
    }

    @Test("chunks and lines need not end together")
    func chunks() throws {
        let bytes = Array("\u{FEFF}second,requests\r\n0,1\r\n1,22\r\n3,4".utf8)
        for size in 1...bytes.count {
            var parser = TraceParser(path: "trace")
            for start in stride(from: 0, to: bytes.count, by: size) {
                try parser.take(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(try parser.finish().requestsPerSecond == [1, 22, 0, 4])
        }
    }

    @Test(
        "a real day, where it is at hand",
        .enabled(if: FileManager.default.fileExists(atPath: Files.realDay), "the recorded day is not committed")
    )
    func realDay() async throws {
        let trace = try await TraceReader.read(path: Files.realDay)
        #expect(trace.requestsPerSecond.count == 86_400)
        #expect(trace.total == 134_204)
        let arrival = Arrival.trace(path: "", speedup: 86_400, requestsPerSecond: trace.requestsPerSecond)
        let schedule = try ArrivalSchedule(arrival, durationSeconds: 1, producers: 3, seed: 1)
        #expect(schedule?.count == 134_204)
    }
}

@Suite("Timestamps of access logs")
struct LogTimestampTests {
    private func second(_ stamp: String) -> Int64? {
        LogTimestamp.epochSecond(in: Array("host - - [\(stamp)] \"GET /\"".utf8)[...])
    }

    @Test("agree with the calendar")
    func calendar() {
        #expect(second("01/Jan/1970:00:00:00 +0000") == 0)
        #expect(second("13/Jul/1995:00:00:01 -0400") == 805_608_001)
        #expect(second("29/Feb/2000:23:59:59 +0000") == 951_868_799)
        #expect(second("01/Mar/2000:00:00:00 +0000") == 951_868_800)
        #expect(second("31/Dec/2024:23:59:59 +0530") == 1_735_669_799)
    }

    @Test("agree with Foundation for every day of eight years")
    func everyDay() throws {
        let style = Date.VerbatimFormatStyle(
            format: "\(day: .twoDigits)/\(month: .abbreviated)/\(year: .padded(4)):12:00:00 +0000",
            locale: Locale(identifier: "en_US_POSIX"),
            timeZone: .gmt,
            calendar: Calendar(identifier: .gregorian)
        )
        let firstNoon: Int64 = 941_544_000
        let noons = (0..<Int64(8 * 366)).map { firstNoon + $0 * 86_400 }
        let read = noons.map { second(Date(timeIntervalSince1970: Double($0)).formatted(style)) }
        #expect(read == noons)
    }

    @Test(
        "are refused where they are no dates",
        arguments: [
            "30/Feb/2024:00:00:00 +0000", "29/Feb/2023:00:00:00 +0000", "29/Feb/1900:00:00:00 +0000",
            "00/Jan/2024:00:00:00 +0000", "31/Apr/2024:00:00:00 +0000", "01/Foo/2024:00:00:00 +0000",
            "01/Jan/2024:24:00:00 +0000", "01/Jan/2024:00:60:00 +0000", "01/Jan/2024:00:00:61 +0000",
            "01/Jan/2024:00:00:00", "01/Jan/2024:00:00:00 0000", "01/Jan/2024:00:00:00 +00:00",
            "1/Jan/2024:00:00:00 +0000", "01-Jan-2024:00:00:00 +0000", "", "2024-01-01T00:00:00Z",
        ]
    )
    func notDates(_ stamp: String) {
        #expect(second(stamp) == nil)
    }

    @Test("are not looked for in the request")
    func request() {
        #expect(LogTimestamp.epochSecond(in: Array("host \"[01/Jan/1970:00:00:00 +0000]\"".utf8)[...]) == nil)
    }
}

enum AccessLog {
    static func line(second: Int) -> String {
        let digits = second < 10 ? "0\(second)" : "\(second)"
        return "192.0.2.1 - - [13/Jul/1995:08:30:\(digits) -0400] \"GET / HTTP/1.0\" 200 12"
    }
}
