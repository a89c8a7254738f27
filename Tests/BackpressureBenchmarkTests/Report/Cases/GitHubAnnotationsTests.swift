import BackpressureBenchmark
import Testing

@Suite("GitHub annotations")
struct GitHubAnnotationsTests {
    @Test("Failures are errors, what can't be told is a warning, and the rest says nothing")
    func kinds() {
        let cases = [
            ReportedCase(suite: "gate", name: "a", outcome: .pass, message: "fine"),
            ReportedCase(suite: "gate", name: "b", outcome: .skipped),
            ReportedCase(suite: "gate", name: "c", outcome: .cannotTell, message: "too wide"),
            ReportedCase(suite: "gate", name: "d", outcome: .fail, message: "slower", file: "f.csv", line: 7),
            ReportedCase(suite: "gate", name: "e", outcome: .fail, line: 7),
        ]
        #expect(
            GitHubAnnotations.text(cases) == """
                ::error file=f.csv,line=7,title=gate%3A d::slower
                ::error title=gate%3A e::fail
                ::warning title=gate%3A c::too wide

                """
        )
        #expect(GitHubAnnotations.text([]).isEmpty)
    }

    @Test("Nothing in a message or a name can end the command or begin another")
    func escaping() {
        let text = "100 %\r\n::error::x"
        let one = ReportedCase(suite: "s", name: "a,b::\n", outcome: .fail, message: text)
        #expect(
            GitHubAnnotations.text([one])
                == "::error title=s%3A a%2Cb%3A%3A%0A::100 %25%0D%0A::error::x\n"
        )
    }

    @Test("Of more than ten, the last says how many more there are")
    func limit() {
        let cases = (1...25).map { ReportedCase(suite: "s", name: "\($0)", outcome: .fail, message: "m") }
        let lines = GitHubAnnotations.text(cases).split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.last == "::error::and 16 more; the summary has them all")
        #expect(GitHubAnnotations.text(Array(cases.prefix(10))).split(separator: "\n").count == 10)
    }
}
