import Foundation
import Testing

@testable import BackpressureBenchmark

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("Report page")
struct ReportPageTests {
    @Test("It is well-formed whatever names there are, and they are text in it")
    func escaping() async throws {
        var results = SmallResults()
        results.verdict = Verdict([.init(.stressFailed, SmallResults.nasty)])
        let page = try await page(results, ["m<y>.csv": "a<b,\"c,\"\n<i>1</i>,\"x & \"\"y\"\"\"\n"])
        let document = try XMLDocument(xmlString: page)
        #expect(try document.nodes(forXPath: "//script").isEmpty)
        #expect(try document.nodes(forXPath: "//i").isEmpty)
        let items = try document.nodes(forXPath: "//ul[@class='findings']/li")
        #expect(items.map(\.stringValue) == [SmallResults.nasty])
        #expect(try document.nodes(forXPath: "//tbody//th").contains { $0.stringValue == SmallResults.nasty })
        #expect(try document.nodes(forXPath: "//td").contains { $0.stringValue == "x & \"y\"" })
        #expect(!page.contains("<script"))
    }

    @Test("It fetches nothing and runs nothing")
    func selfContained() async throws {
        let page = try await page(SmallResults())
        for word in ["http:", "https:", "<script", "@import", " src=", "javascript:", "<iframe", "<object"] {
            #expect(!page.contains(word), "\(word)")
        }
        // By a pattern rather than a list: whatever an address could stand in.
        for match in page.matches(of: /(?:href|url)\s*[=(]\s*["']?([^"')\s>]*)/) {
            #expect(match.1.hasPrefix("#") || match.1 == "data:,", "\(match.1)")
        }
        #expect(page.contains("default-src &#39;none&#39;"))
    }

    @Test("Every chart has a title, words for those who can't see it, and its figures in a table")
    func alternatives() async throws {
        let document = try XMLDocument(xmlString: try await page(SmallResults()))
        let figures = try document.nodes(forXPath: "//figure")
        #expect(figures.count == 5)
        for figure in figures {
            let image = try #require(try figure.nodes(forXPath: "svg[@role='img']").first as? XMLElement)
            let ids = image.attribute(forName: "aria-labelledby")?.stringValue?.split(separator: " ") ?? []
            #expect(ids.count == 2)
            for id in ids {
                let named = try document.nodes(forXPath: "//*[@id='\(id)']")
                #expect(named.count == 1 && named.first?.stringValue?.isEmpty == false)
            }
            #expect(try !figure.nodes(forXPath: "details//table/tbody/tr").isEmpty)
        }
        let ids = try document.nodes(forXPath: "//@id").compactMap(\.stringValue)
        #expect(Set(ids).count == ids.count)
        for link in try document.nodes(forXPath: "//a/@href").compactMap(\.stringValue) {
            #expect(ids.contains(String(link.dropFirst())), "\(link)")
        }
    }

    @Test("Every row of every table but the samples and the curves is on the page", arguments: ["baseline", "queues"])
    func rows(name: String) throws {
        let results = try ResultSet(path: resultsFolder + name)
        let page = ReportPage(ResultSummary(results, .builtIn)).document
        #expect(page.utf8.count < 2 << 20)
        let document = try XMLDocument(xmlString: page)
        // Of systems, a row of the file is a column of the page.
        let systems = "//section[@id='systems']"
        let columns = try document.nodes(forXPath: "\(systems)//thead//th[position() > 1]").count
        #expect(columns == (results.comparison ?? []).count { $0.mechanism == .system })
        let upright = try document.nodes(forXPath: "//section[@id!='systems']//figure//tbody/tr").count
        let rows = upright + columns
        let scatters = try document.nodes(forXPath: "//section[@id='trade-offs']//tbody/tr").count
        let expected =
            (results.comparison?.count ?? 0) + (results.accuracy?.count ?? 0) + (results.stress?.count ?? 0)
        #expect(rows - scatters == expected)
        for table in try document.nodes(forXPath: "\(systems)//table") {
            #expect(try table.nodes(forXPath: "tbody/tr[th='throughput']/td/data").count > 1)
            #expect(try table.nodes(forXPath: "ancestor::details[@open]").count == 1)
        }
        // Figures as the file has them.
        let values = Set(try document.nodes(forXPath: "//data/@value").compactMap(\.stringValue))
        for row in results.comparison ?? [] {
            if let field = row.cpuNsPerOp.csvField { #expect(values.contains(field)) }
            if let field = row.throughputPerS.csvField { #expect(values.contains(field)) }
        }
    }

    @Test("What wasn't measured says so and has no mark")
    func notMeasured() async throws {
        let document = try XMLDocument(xmlString: try await page(SmallResults()))
        let chart = try #require(try document.nodes(forXPath: "//figure[@id='throughput-1']").first)
        #expect(try chart.nodes(forXPath: "svg//*[contains(@class, 'mark')]").count == 3)
        #expect(try chart.nodes(forXPath: "svg/text[@class='figure'][contains(., 'not measured')]").count == 1)
        let words = try #require(try chart.nodes(forXPath: "svg/desc").first?.stringValue)
        #expect(words.contains("unbounded was not measured") && words.contains("ring 40.0 M/s (36.0 M/s to 44.0 M/s)"))
        #expect(try chart.nodes(forXPath: ".//td[. = 'not measured']").count > 0)
        #expect(try chart.nodes(forXPath: ".//td[. = '0']").isEmpty)
    }

    @Test(
        "An envelope that was broken is marked by a sign and a figure; one that wasn't measured is neither kept nor broken"
    )
    func envelopes() async throws {
        let document = try XMLDocument(xmlString: try await page(SmallResults()))
        let chart = try #require(try document.nodes(forXPath: "//figure[@id='envelopes-1']").first)
        #expect(try chart.nodes(forXPath: "svg//*[@class='over']").count == 1)
        #expect(try chart.nodes(forXPath: "svg/text[@class='over-text']").first?.stringValue == "✕ +74.4")
        #expect(try chart.nodes(forXPath: "svg/text[@class='kept']").count == 1)
        let words = try #require(try chart.nodes(forXPath: "svg/desc").first?.stringValue)
        #expect(words.contains("fixed-window broke the envelope by 74.4 permits"))
        #expect(words.contains("pacer-mutex envelope not measured"))
    }

    @Test("Of floods that were repeated each implementation has one line, the highest, and all its figures")
    func repeatedFloods() async throws {
        var results = SmallResults()
        var lower = results.stress
        for index in lower.indices { lower[index].peakAllocatedBytes = lower[index].peakAllocatedBytes.map { $0 / 2 } }
        results.stress += lower
        results.memory += results.memory.map { sample in
            var lower = sample
            lower.allocatedBytes = sample.allocatedBytes.map { 1_000 + ($0 - 1_000) / 2 }
            return lower
        }
        let once = try XMLDocument(xmlString: try await page(SmallResults()))
        let twice = try XMLDocument(xmlString: try await page(results))
        let drawings = try [once, twice].map { document in
            try document.nodes(forXPath: "//figure[@id='memory-1']/svg/polyline").map(\.xmlString)
        }
        #expect(!drawings[0].isEmpty && drawings[0] == drawings[1])
        #expect(try twice.nodes(forXPath: "//figure[@id='memory-1']//ul[@class='legend']/li").count == 2)
        #expect(try twice.nodes(forXPath: "//figure[@id='memory-1']//tbody/tr").count == 4)
        #expect(
            try twice.nodes(forXPath: "//figure[@id='memory-1']").first?.stringValue?.contains("Of 2 floods") == true
        )
    }

    @Test("Memory is drawn against its bound and the cap, and the control's end is said")
    func memory() async throws {
        let document = try XMLDocument(xmlString: try await page(SmallResults()))
        let chart = try #require(try document.nodes(forXPath: "//figure[@id='memory-1']").first)
        #expect(try chart.nodes(forXPath: "svg/line[@class='bound']").count == 1)
        #expect(try chart.nodes(forXPath: "svg/line[@class='cap']").count == 1)
        #expect(try chart.nodes(forXPath: "svg/polyline").count == 2)
        #expect(try chart.nodes(forXPath: "svg/text[@class='ending']").first?.stringValue == "† died (SIGKILL)")
        let words = try #require(try chart.nodes(forXPath: "svg/desc").first?.stringValue)
        #expect(words.contains("mutex survived, peak 3.8 MiB of at most 4.4 MiB: pass"))
    }

    @Test("Medians of latency carry the intervals of their samples")
    func intervals() async throws {
        let document = try XMLDocument(xmlString: try await page(SmallResults()))
        let chart = try #require(try document.nodes(forXPath: "//figure[@id='latency-1']").first)
        #expect(try chart.nodes(forXPath: "svg/line[contains(@class, 'whisker')]").count == 1)
        #expect(try chart.nodes(forXPath: "svg/polyline").count == 3)
    }

    @Test("Without a verdict, without an environment and without runs it still says what it knows")
    func partial() async throws {
        try await withTemporaryFolder { folder in
            let header = VerifyRow.columns.map(\.name).joined(separator: ",")
            let text = "\(header)\nqueue,ring,lock-free,histories,strict,10,5,3,,1,vacuous,saw nothing\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/verify.csv"))
            let summary = ResultSummary(try ResultSet(path: folder), .builtIn)
            let page = ReportPage(summary).document
            let document = try XMLDocument(xmlString: page)
            #expect(page.contains("no verdict") && page.contains("Not in this folder: comparison.csv"))
            let section = try #require(try document.nodes(forXPath: "//section[@id='verification']").first)
            #expect(try section.nodes(forXPath: ".//td/span[contains(@class, 'bad')]").count == 1)
            #expect(try document.nodes(forXPath: "//figure").isEmpty)
            #expect(summary.cases.map(\.outcome) == [.fail])
        }
    }

    @Test("A control that was only seen too little of has failed; one that fails is right, whatever else was seen")
    func controls() async throws {
        try await withTemporaryFolder { folder in
            let rows = ["unbounded", "fixed-window", "fixed-window"].map { "queue,\($0),none,decisions,exact,1,1,,,1" }
            let verdicts = ["vacuous,saw nothing", "vacuous,saw nothing", "fail,x"]
            let header = VerifyRow.columns.map(\.name).joined(separator: ",")
            let text = ([header] + zip(rows, verdicts).map { "\($0),\($1)" }).joined(separator: "\n") + "\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/verify.csv"))
            let summary = ResultSummary(try ResultSet(path: folder), .builtIn)
            #expect(summary.cases.map(\.outcome) == [.fail, .pass, .pass])
            #expect(SummaryDocument(summary: summary).markdown().contains("| 1 failed"))
        }
    }

    private func page(_ results: SmallResults, _ others: [String: String] = [:]) async throws -> String {
        ReportPage(ResultSummary(try await results.read(others), .builtIn)).document
    }
}
