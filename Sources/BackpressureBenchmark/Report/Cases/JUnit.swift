/// JUnit XML as the usual readers of CI systems understand it: suites of cases with `failure`, `error` and `skipped`.
///
/// What can't be told is an `error`, as the test that could not be carried out is for JUnit: readers count it as not
/// passed, and apart from failures.
package enum JUnit {
    /// The document, suites in the order in which they first appear; O(cases).
    package static func document(_ cases: [ReportedCase], name: String = "backpressure-benchmark") -> String {
        var order: [String] = []
        var suites: [String: [ReportedCase]] = [:]
        for one in cases {
            if suites[one.suite] == nil { order.append(one.suite) }
            suites[one.suite, default: []].append(one)
        }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites\(attributes([("name", name)] + counts(cases)))>\n"
        for suite in order {
            let cases = suites[suite] ?? []
            text += "  <testsuite\(attributes([("name", suite)] + counts(cases)))>\n"
            for one in cases { text += element(one) }
            text += "  </testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    private static func counts(_ cases: [ReportedCase]) -> [(String, String?)] {
        func count(_ outcome: ReportedCase.Outcome) -> String {
            "\(cases.count { $0.outcome == outcome })"
        }
        let seconds = cases.compactMap(\.seconds)
        return [
            ("tests", "\(cases.count)"), ("failures", count(.fail)), ("errors", count(.cannotTell)),
            ("skipped", count(.skipped)),
            ("time", seconds.isEmpty ? nil : Numbers.decimal(seconds.reduce(0, +), decimals: 3)),
        ]
    }

    private static func element(_ one: ReportedCase) -> String {
        let start =
            "    <testcase"
            + attributes([
                ("classname", one.suite), ("name", one.name),
                ("time", one.seconds.map { Numbers.decimal($0, decimals: 3) }), ("file", one.file),
                ("line", one.line.map(String.init)),
            ])
        let body: String
        switch one.outcome {
        case .pass: body = one.message.map { "      <system-out>\(Markup.escaped($0))</system-out>\n" } ?? ""
        case .fail: body = verdict("failure", one)
        case .cannotTell: body = verdict("error", one)
        case .skipped: body = "      <skipped\(attributes([("message", one.headline)]))/>\n"
        }
        return body.isEmpty ? start + "/>\n" : start + ">\n" + body + "    </testcase>\n"
    }

    private static func verdict(_ name: String, _ one: ReportedCase) -> String {
        let start = "      <\(name)" + attributes([("message", one.headline), ("type", one.outcome.rawValue)])
        guard let message = one.message else { return start + "/>\n" }
        return start + ">\(Markup.escaped(message))</\(name)>\n"
    }

    private static func attributes(_ attributes: [(name: String, value: String?)]) -> String {
        attributes.map { name, value in value.map { " \(name)=\"\(Markup.escaped($0))\"" } ?? "" }.joined()
    }
}
