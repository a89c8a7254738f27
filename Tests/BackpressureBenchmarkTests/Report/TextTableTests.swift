import BackpressureBenchmark
import Foundation
import Testing

@Suite("Text table")
struct TextTableTests {
    @Test("On a terminal columns are aligned, the best of a group has an asterisk, notes stand below")
    func golden() {
        #expect(
            table.text(style: .plain) == """
                Throughput

                queue    throughput       p99  policy
                         elements/s
                -------  ----------  --------  -----------
                1 producer
                  mutex   12.3 M/s   1.24 µs   block
                  ring    20.1 M/s*   850 ns*  drop-oldest
                8 producers
                  mutex   1.00 M/s*        –
                  ring     812 k/s    9.9 ms   block

                * best of its group

                """
        )
    }

    @Test("Colour sets off title, headers and best values, and moves nothing")
    func colored() {
        let colored = table.text(style: .color)
        #expect(colored.contains("\u{1B}[1m20.1 M/s*\u{1B}[0m"))
        #expect(colored.contains("\u{1B}[1m1 producer\u{1B}[0m"))
        #expect(!colored.contains("\u{1B}[1m812 k/s"))
        let bare = colored.replacing(/\u{1B}\[[0-9]+m/, with: "")
        let trimmed = { (text: String) in
            text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.replacing(/\ +$/, with: "") }
        }
        #expect(trimmed(bare) == trimmed(table.text(style: .plain)))
    }

    @Test("Markdown has a table for each group, units beside headers, bold best values and nothing it could misread")
    func markdown() {
        #expect(
            table.markdown() == """
                ### Throughput

                **1 producer**

                | queue | throughput (elements/s) | p99 | policy |
                | :-- | --: | --: | :-- |
                | mutex | 12.3 M/s | 1.24 µs | block |
                | ring | **20.1 M/s** | **850 ns** | drop-oldest |

                **8 producers**

                | queue | throughput (elements/s) | p99 | policy |
                | :-- | --: | --: | :-- |
                | mutex | **1.00 M/s** | – |  |
                | ring | 812 k/s | 9.9 ms | block |

                \\* best of its group

                """
        )
        let odd = TextTable(columns: [.init("a|b")], groups: [.init(rows: [["x_*`<\\\ny"]])])
        #expect(odd.markdown() == "| a\\|b |\n| --: |\n| x\\_\\*\\`\\<\\\\ y |\n")
    }

    @Test("As JSON it reads back as the same table, values and all")
    func json() throws {
        let data = try JSONEncoder().encode(table)
        #expect(try JSONDecoder().decode(TextTable.self, from: data) == table)
    }

    @Test("Nothing is best without a rival, among equals, or without a finite value; ties at the top share the mark")
    func best() {
        #expect(marked([1]).isEmpty)
        #expect(marked([2, 2]).isEmpty)
        #expect(marked([1, nil]).isEmpty)
        #expect(marked([1, .nan]).isEmpty)
        #expect(marked([1, 3, 2]) == [1])
        #expect(marked([3, 1, 3]) == [0, 2])
        #expect(marked([3, 1, 2], .lowest) == [1])
    }

    @Test("Widths are those of the screen, not of bytes or code points")
    func widths() {
        #expect("µs – ±".displayWidth == 6)
        #expect("e\u{301}\u{327}".displayWidth == 1)
        #expect("日本語".displayWidth == 6)
        #expect("👩‍👩‍👧 🇩🇪 ❤️".displayWidth == 8)
        #expect("".displayWidth == 0)
        let table = TextTable(
            columns: [.init("naïve", alignment: .left), .init("日本")],
            groups: [.init(rows: [["e\u{301}", "1"], ["日本語", "µs"]])]
        )
        let widths = table.text(style: .plain).split(separator: "\n").map { String($0).displayWidth }
        #expect(Set(widths) == [12])
    }

    @Test("Rows that are too short or too long, line breaks and escape sequences don't break the table")
    func oddRows() {
        let table = TextTable(
            columns: [.init("a", alignment: .left), .init("b", alignment: .left)],
            groups: [.init(rows: [["1"], ["1", "2", "3"], ["x\r\ny", "\u{1B}[2Jz"], []])]
        )
        #expect(
            table.text(style: .plain) == """
                a    b
                ---  -----
                1
                1    2
                x y   [2Jz


                """
        )
    }

    @Test("Colour is for terminals that have it and users who didn't refuse it")
    func style() {
        #expect(Style(isTerminal: true, environment: [:]) == .color)
        #expect(Style(isTerminal: true, environment: ["NO_COLOR": ""]) == .color)
        #expect(Style(isTerminal: true, environment: ["NO_COLOR": "1"]) == .plain)
        #expect(Style(isTerminal: true, environment: ["TERM": "dumb"]) == .plain)
        #expect(Style(isTerminal: false, environment: [:]) == .plain)
        #expect(Style.plain.bold("x") == "x")
        #expect(Style.color.bold("") == "")
    }

    /// The rows that are marked when the values stand in one column.
    private func marked(_ values: [Double?], _ best: TextTable.Best = .highest) -> [Int] {
        let table = TextTable(
            columns: [.init("value", best: best)],
            groups: [.init(rows: values.map { [.init("x", value: $0)] })]
        )
        let rows = table.text(style: .plain).split(separator: "\n").dropFirst(2)
        return rows.enumerated().filter { $1.contains("*") }.map(\.offset)
    }

    private var table: TextTable {
        TextTable(
            title: "Throughput",
            columns: [
                .init("queue", alignment: .left), .init("throughput", unit: "elements/s", best: .highest),
                .init("p99", best: .lowest), .init("policy", alignment: .left),
            ],
            groups: [
                .init(
                    "1 producer",
                    rows: [
                        ["mutex", .init("12.3 M/s", value: 12.3e6), .init("1.24 µs", value: 1_240), "block"],
                        ["ring", .init("20.1 M/s", value: 20.1e6), .init("850 ns", value: 850), "drop-oldest"],
                    ]
                ),
                .init(
                    "8 producers",
                    rows: [
                        ["mutex", .init("1.00 M/s", value: 1e6), .init(Numbers.notMeasured)],
                        ["ring", .init("812 k/s", value: 812e3), .init("9.9 ms", value: 9.9e6), "block"],
                    ]
                ),
            ],
            notes: ["* best of its group"]
        )
    }
}
