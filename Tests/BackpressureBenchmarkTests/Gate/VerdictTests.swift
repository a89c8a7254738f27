import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("A verdict")
struct VerdictTests {
    @Test("is pass where nothing was found")
    func pass() throws {
        #expect(Verdict().exitCode == .pass)
        #expect(Verdict().line == "verdict: pass")
        let json = try object(Verdict())
        #expect(json["verdict"] as? String == "pass" && json["exit_code"] as? Int == 0)
        #expect(json["reason"] == nil && (json["findings"] as? [Any])?.isEmpty == true)
    }

    @Test("goes by the most serious finding, whatever the order")
    func precedence() {
        let rising: [ExitCode] = [
            .cannotMeasure, .regression, .notMeasured, .stressFailed, .verificationFailed, .inputOutput, .inputFile,
            .usage,
        ]
        for (index, code) in rising.enumerated() {
            let findings = rising[...index].map { Verdict.Finding($0, "\($0)") }
            for verdict in [Verdict(findings), Verdict(findings.reversed())] {
                #expect(verdict.exitCode == code)
                #expect(verdict.line.hasPrefix("verdict: fail (\(code)"))
            }
        }
    }

    @Test("has the exit codes that scripts rely on")
    func codes() {
        let codes: [ExitCode] = [
            .pass, .regression, .verificationFailed, .stressFailed, .notMeasured, .cannotMeasure, .usage, .inputFile,
            .inputOutput,
        ]
        #expect(codes.map(\.rawValue) == [0, 2, 3, 4, 5, 6, 64, 65, 74])
    }

    @Test("is one line, with the first decisive reason and how many more there are")
    func line() {
        let one = Verdict([.init(.usage, "first\nsecond\r\nthird")])
        #expect(one.line == "verdict: fail (first second third)")
        let three = Verdict([.init(.notMeasured, "a"), .init(.stressFailed, "b"), .init(.stressFailed, "c")])
        #expect(three.line == "verdict: fail (b; and 2 more)")
    }

    @Test("is the same in its file, with every finding")
    func json() throws {
        let json = try object(Verdict([.init(.notMeasured, "a \"quoted\"/path"), .init(.stressFailed, "b")]))
        #expect(json["verdict"] as? String == "fail" && json["exit_code"] as? Int == 4)
        #expect(json["reason"] as? String == "b")
        let findings = try #require(json["findings"] as? [[String: Any]])
        #expect(findings.compactMap { $0["exit_code"] as? Int } == [5, 4])
        #expect(findings.compactMap { $0["message"] as? String } == ["a \"quoted\"/path", "b"])
    }

    private func object(_ verdict: Verdict) throws -> [String: Any] {
        #expect(verdict.json().last == UInt8(ascii: "\n"))
        return try #require(try JSONSerialization.jsonObject(with: verdict.json()) as? [String: Any])
    }
}
