/// `report.html`: everything that a result folder says, on one page that needs nothing else.
///
/// Well-formed as XML too. It fetches nothing and runs no script; its policy forbids both.
struct ReportPage: Sendable {
    let summary: ResultSummary
    /// The readings of each flood, in order of time; of floods that were repeated, one after the other.
    let memorySamples: [MemoryKey: [MemoryRow]]

    init(_ summary: ResultSummary) {
        self.summary = summary
        memorySamples = Dictionary(grouping: summary.results.memory ?? []) { MemoryKey($0.scenario, $0.implementation) }
    }

    /// A part of the page.
    struct Section: Sendable {
        var id: String
        var title: String
        /// How to read it.
        var lead: String
        var charts: [Chart] = []
        /// Whether its charts need more room than others, for their tables.
        var isWide = false
        /// In place of charts or after them.
        var rest: Markup = .nothing
    }

    var results: ResultSet { summary.results }

    var document: String {
        let sections = sections
        let head =
            Markup.element("meta", ["charset": "utf-8"])
            + .element("title", [:], .text("Backpressure benchmark: \(verdictWord)"))
            + .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
            + .element("meta", ["name": "color-scheme", "content": "light dark"])
            + .element(
                "meta",
                [
                    "http-equiv": "Content-Security-Policy",
                    "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
                ]
            )
            // An icon of its own, or browsers would ask a server for one.
            + .element("link", ["rel": "icon", "href": "data:,"])
            + .element("style", [:], .verbatim(ReportStyle.css))
        let body =
            Markup.element("a", ["class": "skip", "href": "#results"], .text("Skip to the results"))
            + .element("header", [:], .element("div", ["class": "page"], header + contents(sections)))
            + .element(
                "main",
                ["id": "results", "class": "page", "tabindex": "-1"],
                sections.map(markup).joined()
            )
            + .element("footer", [:], .element("div", ["class": "page"], footer))
        return "<!DOCTYPE html>\n"
            + Markup.element("html", ["lang": "en"], .element("head", [:], head) + .element("body", [:], body)).source
            + "\n"
    }

    private var sections: [Section] {
        [
            environment, gate, throughput, latency, tradeOffs, memory, decisions, calls, permits, envelopes, systems,
            idle,
            verification,
        ].compactMap(\.self) + others
    }

    // MARK: - Top

    private var verdictWord: String {
        guard let verdict = results.verdict else { return "no verdict" }
        return verdict.exitCode == .pass ? "pass" : "fail"
    }

    private var header: Markup {
        let style: (sign: String, name: String) =
            switch verdictWord {
            case "pass": ("✓", "good")
            case "fail": ("✕", "bad")
            default: ("?", "unsure")
            }
        var header = Markup.element("p", ["class": "over-title"], .text("Backpressure benchmark"))
        header += .element(
            "h1",
            [:],
            .element(
                "span",
                ["class": "badge large \(style.name)"],
                .element("span", ["aria-hidden": "true"], .text("\(style.sign) ")) + .text(verdictWord)
            ) + .text(" " + headline)
        )
        if let environment = results.environment {
            header += .element("p", ["class": "quiet"], .text(EnvironmentWords(environment).line))
        }
        let findings = results.verdict?.findings ?? []
        if !findings.isEmpty {
            let items = findings.map { Markup.element("li", [:], .text($0.message)) }
            header += .element("ul", ["class": "findings"], items.joined())
        }
        return header
    }

    private var headline: String {
        guard let verdict = results.verdict else { return "verdict.json is not in this folder" }
        let count = verdict.findings.count
        if count == 0 { return "nothing was found wrong" }
        return "\(count) finding\(count == 1 ? "" : "s"), exit code \(verdict.exitCode.rawValue)"
    }

    private func contents(_ sections: [Section]) -> Markup {
        let links = sections.map { section in
            Markup.element("li", [:], .element("a", ["href": "#\(section.id)"], .text(section.title)))
        }
        return .element("nav", ["aria-label": "Sections"], .element("ul", [:], links.joined()))
    }

    private func markup(_ section: Section) -> Markup {
        let charts = section.charts.enumerated().map { $1.figure(id: "\(section.id)-\($0 + 1)") }
        let grid =
            charts.isEmpty
            ? .nothing : Markup.element("div", ["class": section.isWide ? "grid wide" : "grid"], charts.joined())
        let lead = section.lead.isEmpty ? .nothing : Markup.element("p", ["class": "lead"], .text(section.lead))
        return .element(
            "section",
            ["id": section.id, "aria-labelledby": "\(section.id)-title"],
            .element("h2", ["id": "\(section.id)-title"], .text(section.title)) + lead + grid + section.rest
        )
    }

    // MARK: - Bottom

    private var footer: Markup {
        var notes: [String] = []
        if !results.missing.isEmpty {
            notes.append("Not in this folder: \(results.missing.joined(separator: ", ")).")
        }
        if let samples = results.samples {
            notes.append(
                "samples.csv has the \(samples.count) single values that medians and intervals are made of; it is not "
                    + "shown here."
            )
        }
        notes.append(
            "Medians over blocks with 95 % bootstrap intervals. Quote ratios: absolute figures drift with the machine. "
                + "What was not measured says so; it is never 0."
        )
        return notes.map { .element("p", [:], .text($0)) }.joined()
    }
}
