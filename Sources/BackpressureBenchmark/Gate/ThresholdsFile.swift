/// Reads files of thresholds: YAML. `Fixtures/thresholds/README.md` lists the keys.
///
/// Every error is an ``InputFileError`` that says where it is, what was found and what is allowed there.
package enum ThresholdsFile {
    /// The names that rules may use; a name that is none of them, or a pattern that fits none, is a mistake.
    package struct Names: Sendable {
        package var scenarios: [String]
        package var implementations: [String]

        package init(scenarios: [String], implementations: [String]) {
            self.scenarios = scenarios
            self.implementations = implementations
        }
    }

    package static func read(path: String, names: Names) throws(InputFileError) -> Thresholds {
        try parse(text: try InputFile.text(path: path, maximumBytes: 1 << 20), path: path, names: names)
    }

    package static func parse(text: String, path: String, names: Names) throws(InputFileError) -> Thresholds {
        let file = try YAMLDocument.mapping(text, path: path, subject: "a set of thresholds")
        try file.check(known: ["confidence", "blocks", "ratios", "bounds"])
        let blocks = try file["blocks"]?.mapping(example: "{least: 5, extra: 3, most: 20}")
        try blocks?.check(known: ["least", "extra", "most"])
        let least = try blocks?["least"]?.integer(in: 2...100) ?? 5
        var ratios: [Thresholds.RatioRule] = []
        for rule in try file["ratios"]?.mappings() ?? [] { ratios.append(try ratio(rule, names)) }
        var bounds: [Thresholds.BoundRule] = []
        for rule in try file["bounds"]?.mappings() ?? [] { bounds.append(try bound(rule, names)) }
        guard !ratios.isEmpty || !bounds.isEmpty else {
            throw file.place.error("neither 'ratios' nor 'bounds' has a rule, so that nothing could ever fail")
        }
        return Thresholds(
            path: path,
            confidence: try file["confidence"]?.number(in: 0.5...0.9999) ?? 0.99,
            leastBlocks: least,
            extraBlocks: try blocks?["extra"]?.integer(in: 1...100) ?? 3,
            mostBlocks: try blocks?["most"]?.integer(in: least...1_000, because: "at least 'blocks.least'")
                ?? max(20, least),
            ratios: ratios,
            bounds: bounds
        )
    }

    private static let selectionKeys = ["scenarios", "implementations", "drivers"]

    private static func ratio(_ rule: YAMLMapping, _ names: Names) throws(InputFileError) -> Thresholds.RatioRule {
        try rule.check(known: ["metric", "tolerance", "gate"] + selectionKeys)
        let metric = try rule.required("metric")
        let gated = Metric.all.filter { $0.better != nil }.map(\.name)
        let name = try metric.word(among: gated, subject: "a metric with a direction")
        guard !Metric.accounted.contains(name) else {
            let example = "{file: comparison, column: \(name), most: 0}"
            throw metric.error(
                "is '\(name)', which is accounted for once a run and so has no ratio in each block; 'bounds' can hold it, "
                    + "such as \(example)"
            )
        }
        var tolerance: Double?
        if let value = rule["tolerance"] {
            if let gate = rule["gate"] { throw gate.error("and 'tolerance' exclude each other; keep one of them") }
            tolerance = try value.number(in: 0...0.99)
        } else {
            let gate = try rule.required("gate")
            guard try gate.boolean() == false else {
                throw gate.error("is 'true'; what is gated has a 'tolerance' instead, such as 0.1")
            }
        }
        return Thresholds.RatioRule(
            metric: name,
            selection: try selection(rule, names),
            tolerance: tolerance,
            line: rule.place.line
        )
    }

    private static func bound(_ rule: YAMLMapping, _ names: Names) throws(InputFileError) -> Thresholds.BoundRule {
        try rule.check(known: ["file", "column", "least", "most", "equals"] + selectionKeys)
        let file: Thresholds.RecordedFile = try rule.required("file").choice()
        let column = try rule.required("column").word(among: file.columns, subject: "a column of \(file.rawValue).csv")
        let numbers = -1e300...1e300
        let bound = Thresholds.BoundRule(
            file: file,
            column: column,
            selection: try selection(rule, names),
            least: try rule["least"]?.number(in: numbers),
            most: try rule["most"]?.number(in: numbers),
            equals: try rule["equals"]?.text(maximumLength: 200),
            line: rule.place.line
        )
        guard (bound.equals == nil) != (bound.least == nil && bound.most == nil) else {
            throw rule.place.error("a bound has 'least' or 'most' or both, or else 'equals'")
        }
        if file == .verify || file == .stress || file == .accuracy, let drivers = rule["drivers"] {
            throw drivers.error("has no meaning for \(file.rawValue).csv, which has no column 'driver'")
        }
        return bound
    }

    private static func selection(_ rule: YAMLMapping, _ names: Names) throws(InputFileError) -> Thresholds.Selection {
        Thresholds.Selection(
            scenarios: try rule["scenarios"]?.patterns(among: names.scenarios, example: "[pair, peers-*]") ?? [],
            implementations: try rule["implementations"]?
                .patterns(among: names.implementations, example: "[ring, token-bucket-*]") ?? [],
            drivers: try rule["drivers"]?
                .patterns(among: Scenario.Driver.allCases.map(\.rawValue), example: "[threads]") ?? []
        )
    }
}

extension YAMLValue {
    /// One of the words that are known, with a hint if it is none.
    fileprivate func word(among known: [String], subject: String) throws(InputFileError) -> String {
        let word = try text(maximumLength: 100)
        guard known.contains(word) else {
            let hint = NearestWord.hint(for: word, among: known)
            throw error("is '\(word)'; \(subject) is expected: \(known.joined(separator: ", "))\(hint)")
        }
        return word
    }

    /// Names that are known, or patterns that fit one at least.
    fileprivate func patterns(among known: [String], example: String) throws(InputFileError) -> [String] {
        try list(example: example) { value throws(InputFileError) in
            let pattern = try value.text(maximumLength: 100)
            guard known.contains(where: { Thresholds.Selection.matches($0, pattern) }) else {
                let hint = NearestWord.hint(for: pattern, among: known)
                throw value.error("names '\(pattern)', which nothing here is called\(hint)")
            }
            return pattern
        }
    }
}
