import BackpressureBenchmark
import Foundation
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("JUnit XML")
struct JUnitTests {
    private let cases = [
        ReportedCase(suite: "throughput", name: "pair: ring", outcome: .pass, seconds: 1.25),
        ReportedCase(
            suite: "gate",
            name: "a \"<b>\" & 'c'",
            outcome: .fail,
            message: "slower by 7 %\nsee <there>",
            file: "results/gate.csv",
            line: 3
        ),
        ReportedCase(suite: "throughput", name: "pair: null", outcome: .skipped, message: "a yardstick"),
        ReportedCase(suite: "gate", name: "d", outcome: .cannotTell, message: "the interval is too wide"),
    ]

    @Test("Suites keep their cases together and count what came of them")
    func structure() throws {
        let document = try XMLDocument(xmlString: JUnit.document(cases))
        let root = try #require(document.rootElement())
        #expect(root.name == "testsuites")
        #expect(counts(root) == ["4", "1", "1", "1"])
        let suites = root.elements(forName: "testsuite")
        #expect(suites.map { $0.attribute(forName: "name")?.stringValue } == ["throughput", "gate"])
        #expect(suites.map(counts) == [["2", "0", "0", "1"], ["2", "1", "1", "0"]])
        #expect(suites[0].attribute(forName: "time")?.stringValue == "1.250")
        #expect(suites[1].attribute(forName: "time") == nil, "what wasn't timed has no time")
    }

    @Test("A failure says why, whatever characters it is made of; what can't be told is an error, not a pass")
    func outcomes() throws {
        let document = try XMLDocument(xmlString: JUnit.document(cases))
        let failed = try #require(try document.nodes(forXPath: "//testcase[failure]").first as? XMLElement)
        #expect(failed.attribute(forName: "name")?.stringValue == "a \"<b>\" & 'c'")
        #expect(failed.attribute(forName: "file")?.stringValue == "results/gate.csv")
        let failure = try #require(failed.elements(forName: "failure").first)
        #expect(failure.attribute(forName: "message")?.stringValue == "slower by 7 %")
        #expect(failure.stringValue == "slower by 7 %\nsee <there>")
        #expect(try document.nodes(forXPath: "//testcase[@name='d']/error").count == 1)
        #expect(try document.nodes(forXPath: "//testcase[@name='pair: null']/skipped").count == 1)
        #expect(try document.nodes(forXPath: "//testcase[@name='pair: ring']/*").isEmpty)
    }

    @Test("Characters that XML can't have are replaced")
    func control() throws {
        let text = "a\u{0}\u{1B}[31mb\u{FFFE}"
        let one = ReportedCase(suite: "s", name: text, outcome: .fail, message: text)
        let document = try XMLDocument(xmlString: JUnit.document([one]))
        let name = try document.nodes(forXPath: "//testcase/@name").first?.stringValue
        #expect(name == "a\u{FFFD}\u{FFFD}[31mb\u{FFFD}")
    }

    private func counts(_ element: XMLElement) -> [String?] {
        ["tests", "failures", "errors", "skipped"].map { element.attribute(forName: $0)?.stringValue }
    }
}
