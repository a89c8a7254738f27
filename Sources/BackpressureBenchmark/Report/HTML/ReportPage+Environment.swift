/// What a run was measured on, in words.
struct EnvironmentWords: Sendable {
    private let record: EnvironmentRecord

    init(_ record: EnvironmentRecord) {
        self.record = record
    }

    /// The most important of it, on one line.
    var line: String {
        [
            "Profile \(record.profile)", record.cpuModel.map { "\(record.cores) × \($0)" } ?? "\(record.cores) cores",
            record.kernel,
            record.gitCommit.map { "commit \($0.prefix(12))\(record.gitDirty == true ? ", changed" : "")" },
            record.date,
        ].compactMap(\.self).joined(separator: " · ")
    }

    var rows: [(name: String, value: String?)] {
        [
            ("Date", record.date), ("Profile", record.profile), ("Seed", "\(record.seed)"), ("Host", record.host),
            ("Processor", record.cpuModel), ("Cores", "\(record.cores)"),
            ("Memory", Numbers.bytes(Double(record.memoryBytes))), ("Kernel", record.kernel),
            ("Swift", record.swiftVersion), ("jemalloc", record.jemallocVersion), ("Commit", record.gitCommit),
            ("Working copy", record.gitDirty.map { $0 ? "differed from the commit" : "as committed" }),
            ("Memory cap", record.capMethod),
            ("Reading the clock", record.clockCostNs.map { Numbers.duration(nanoseconds: $0) }),
            (
                "Spread of fixed work",
                record.noise.calibrationCV.map {
                    "\(Numbers.decimal($0 * 100, decimals: 0)) % (coefficient of variation)"
                }
            ),
            (
                "Hand-over between threads",
                record.noise.pingPongP50Ns.map {
                    "\(Numbers.duration(nanoseconds: $0)) in the middle, "
                        + "\(Numbers.duration(nanoseconds: record.noise.pingPongMaxNs)) at the most"
                }
            ),
            ("Measurements repeated", "\(record.noise.measurementsRepeated)"),
            (
                "Held back until the processors were near",
                record.noise.measurementsHeldBack.map { held in
                    "\(held) measurements, \(Numbers.decimal(record.noise.heldBackS ?? 0, decimals: 0)) s in all"
                }
            ),
            ("Command", record.commandLine.joined(separator: " ")),
        ]
    }
}

extension ReportPage {
    var environment: Section? {
        guard let record = results.environment else { return nil }
        let entries = EnvironmentWords(record).rows.map { name, value in
            Markup.element(
                "div",
                ["class": (value ?? "").count > 18 ? "wide" : nil],
                .element("dt", [:], .text(name))
                    + .element("dd", ["class": value == nil ? "quiet" : nil], .text(value ?? "not known"))
            )
        }
        return Section(
            id: "environment",
            title: "Environment",
            lead: "",
            rest: .element("dl", ["class": "card facts"], entries.joined())
        )
    }
}
