import BackpressureBenchmark
import BackpressureTesting
import Testing

@Suite("Comma-separated values")
struct CSVTests {
    @Test("A column name that begins with a byte order mark comes back whole")
    func byteOrderMarkInHeader() throws {
        let text = CSV.text(header: ["\u{FEFF}a"], rows: [])
        #expect(try CSVTable(text).header.map { Array($0.unicodeScalars) } == [["\u{FEFF}", "a"]])
    }

    @Test("Fields are quoted only where they must be, missing ones are empty, lines end in CRLF")
    func writing() {
        let text = CSV.text(
            header: ["name", "detail", "value"],
            rows: [["ring", "plain text", "1"], ["a,b", "say \"no\"\u{301}", nil], ["two\nlines", "\r", ""]]
        )
        #expect(
            text == "name,detail,value\r\nring,plain text,1\r\n\"a,b\",\"say \"\"no\"\"\u{301}\",\r\n"
                + "\"two\nlines\",\"\r\",\r\n"
        )
    }

    @Test("What is written is read back, whatever the fields hold")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 21)
        let alphabet: [Unicode.Scalar] = ["a", "é", "\u{301}", ",", "\"", "\r", "\n", " ", "∑", "\t"]
        for _ in 0..<2_000 {
            let width = Int.random(in: 1...4, using: &random)
            let rows = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (0..<width).map { _ -> String? in
                    let scalars = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                        alphabet.randomElement(using: &random)!
                    }
                    return scalars.isEmpty ? nil : String(String.UnicodeScalarView(scalars))
                }
            }
            let header = (0..<width).map { "column \($0)" }
            let table = try CSVTable(CSV.text(header: header, rows: rows))
            #expect(table.header == header)
            #expect(scalars(of: table.rows) == scalars(of: rows))
        }
    }

    /// Texts that differ in their scalars can be equal as texts.
    private func scalars(of rows: [[String?]]) -> [[[Unicode.Scalar]?]] {
        rows.map { row in row.map { $0.map { Array($0.unicodeScalars) } } }
    }

    @Test("Line feeds alone, a byte order mark and a last line without an end are read too")
    func lenient() throws {
        let table = try CSVTable("\u{FEFF}a,b\n1,\"2\"\n,4")
        #expect(table.header == ["a", "b"])
        #expect(table.rows == [["1", "2"], [nil, "4"]])
        #expect(table[column: "b"] == ["2", "4"])
        #expect(table[column: "c"] == nil)
    }

    @Test(
        "What breaks the format is refused where it stands",
        arguments: [
            ("", 1, 1, "empty"),
            ("a,b\r\n1,2\r\n1\r\n", 3, 1, "1 fields"),
            ("a,b\r\n1,2,33,4\r\n", 2, 5, "4 fields"),
            ("a,b\r\n1,x\"y\"\r\n", 2, 4, "quote inside"),
            ("a,b\r\n1,\"y\"z\r\n", 2, 6, "after the closing quote"),
            ("a,b\r\n\"1\n1\",\"never", 3, 4, "never closed"),
            ("é,é\r\n", 1, 3, "twice"),
            ("a,,c\r\n", 1, 3, "no name"),
            ("a,b\r1,2", 1, 5, "line feed must follow"),
        ]
    )
    func refused(text: String, line: Int, column: Int, reason: String) throws {
        let error = try #require(throws: CSVError.self) { try CSVTable(text) }
        #expect((error.line, error.column) == (line, column))
        #expect(error.description.hasPrefix("line \(line), column \(column): "))
        #expect(error.message.contains(reason))
    }

    @Test(
        "Numbers have the fewest decimals that read back the same, and no exponent",
        arguments: [
            (0, "0"), (-0.0, "0"), (5, "5"), (0.1, "0.1"), (-2.5, "-2.5"), (1e16, "10000000000000000"),
            (1.5e-5, "0.000015"), (1e-7, "0.0000001"), (123_456_789.125, "123456789.125"),
            (1.2345e20, "123450000000000000000"), (0.1 + 0.2, "0.30000000000000004"),
        ] as [(Double, String)]
    )
    func decimals(value: Double, text: String) {
        #expect(value.csvField == text)
    }

    @Test("Any finite number reads back bit by bit; others are missing")
    func numbersRoundTrip() {
        var random = SeededGenerator(seed: 22)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else {
                #expect(value.csvField == nil)
                continue
            }
            #expect(value.csvField.flatMap(Double.init) == value)
            #expect(value.csvField?.contains("e") == false)
        }
        #expect([Double.nan, .infinity, -.infinity].allSatisfy { $0.csvField == nil })
    }
}
