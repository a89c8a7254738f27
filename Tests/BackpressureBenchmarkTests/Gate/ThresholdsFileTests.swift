import Testing

@testable import BackpressureBenchmark

@Suite("A file of thresholds")
struct ThresholdsFileTests {
    private let names = ThresholdsFile.Names(scenarios: ["pair", "peers-pair"], implementations: ["mutex", "ring"])

    private func parse(_ text: String) throws(InputFileError) -> Thresholds {
        try ThresholdsFile.parse(text: text, path: "t.yaml", names: names)
    }

    @Test("says what is tolerated and what must hold")
    func good() throws {
        let thresholds = try parse(
            """
            confidence: 0.95
            blocks: {least: 4, extra: 2, most: 9}
            ratios:
              - {metric: throughput, tolerance: 0.2}
              - {metric: latency_p99, scenarios: [peers-*], drivers: [tasks], gate: false}
            bounds:
              - {file: accuracy, column: overshoot_permits, most: 0}
              - {file: stress, column: verdict, equals: pass}
            """
        )
        #expect(thresholds.confidence == 0.95)
        #expect([thresholds.leastBlocks, thresholds.extraBlocks, thresholds.mostBlocks] == [4, 2, 9])
        #expect(thresholds.ratios.map(\.tolerance) == [0.2, nil])
        #expect(thresholds.ratios[1].selection.scenarios == ["peers-*"])
        #expect(thresholds.bounds.map(\.most) == [0, nil] && thresholds.bounds[1].equals == "pass")
    }

    @Test(
        "with a mistake says where it is and what was meant",
        arguments: [
            ("ratios: [{metric: troughput, tolerance: 0.1}]", "t.yaml:1:19", "did you mean 'throughput'?"),
            ("ratios: [{metric: refused_share, tolerance: 0.1}]", "t.yaml:1:19", "a metric with a direction"),
            ("ratios: [{metric: peak_allocated, tolerance: 0.1}]", "t.yaml:1:19", "'bounds' can hold it"),
            ("ratios: [{metric: throughput, tolerance: 1}]", "t.yaml:1:42", "from 0 to 0.99"),
            ("ratios: [{metric: throughput}]", "t.yaml:1:10", "the key 'gate' is missing"),
            ("ratios: [{metric: throughput, gate: true}]", "t.yaml:1:37", "has a 'tolerance' instead"),
            ("ratios: [{metric: throughput, tolerance: 0.1, gate: false}]", "t.yaml:1:53", "exclude each other"),
            (
                "ratios: [{metric: throughput, tolerance: 0.1, scenarios: [pairr]}]", "t.yaml:1:59",
                "did you mean 'pair'?"
            ),
            (
                "ratios: [{metric: throughput, tolerance: 0.1, implementations: [rang-*]}]", "t.yaml:1:65",
                "nothing here is called"
            ),
            (
                "ratios: [{metric: throughput, tolerance: 0.1, drivers: [fibers]}]", "t.yaml:1:57",
                "nothing here is called"
            ),
            ("bounds: [{file: stress, column: lots, most: 0}]", "t.yaml:1:33", "did you mean 'lost'?"),
            (
                "bounds: [{file: results, column: lost, most: 0}]", "t.yaml:1:17",
                "allowed: comparison, accuracy, stress, verify"
            ),
            ("bounds: [{file: stress, column: lost}]", "t.yaml:1:10", "'least' or 'most' or both"),
            ("bounds: [{file: stress, column: lost, most: 0, equals: x}]", "t.yaml:1:10", "'least' or 'most' or both"),
            ("bounds: [{file: stress, column: lost, most: 0, drivers: [tasks]}]", "t.yaml:1:57", "no column 'driver'"),
            ("confidence: 2\nratios: [{metric: throughput, tolerance: 0.1}]", "t.yaml:1:13", "from 0.5 to 0.9999"),
            ("blocks: {least: 9, most: 5}\nratios: [{metric: throughput, tolerance: 0.1}]", "t.yaml:1:26", "from 9 to"),
            ("confidence: 0.9", "t.yaml:1:1", "nothing could ever fail"),
            ("ratio: []", "t.yaml:1:1", "did you mean 'ratios'?"),
            ("ratios: []", "t.yaml:1:9", "a list of one or more mappings"),
        ]
    )
    func mistakes(text: String, place: String, message: String) throws {
        let error = #expect(throws: InputFileError.self) { try parse(text) }
        let description = "\(try #require(error))"
        #expect(description.hasPrefix(place) && description.contains(message), "\(description)")
    }

    @Test(
        "may use * for any letters",
        arguments: [
            ("peers-pair", "peers-*", true), ("peers-pair", "*pair", true), ("peers-pair", "p*-p*r", true),
            ("peers-pair", "*", true), ("peers-pair", "pair", false), ("pair", "pair", true), ("pair", "p", false),
            ("", "*", true), ("aab", "a*b", true), ("aab", "*a", false),
        ]
    )
    func patterns(name: String, pattern: String, fits: Bool) {
        #expect(Thresholds.Selection.matches(name, pattern) == fits)
    }
}
