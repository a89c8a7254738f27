import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("Syntax of JSON")
struct JSONSyntaxTests {
    @Test(
        "Finds nothing wrong with what is JSON",
        arguments: [
            "{}", "[]", " [1, -0.5e+3, 0, \"a\\u00e9\\n\", true, false, null] ", "\"x\"", "12",
            "{\"a\": {\"b\": [[], {}]},\n\t\"c\": 1E5}\r\n",
        ]
    )
    func valid(text: String) {
        #expect(JSONSyntax.firstViolation(in: text) == nil)
        #expect(throws: Never.self) {
            try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        }
    }

    @Test(
        "Tells the place where it stops being JSON",
        arguments: [
            ("", 1, 1), ("{\n  \"seed\": ,\n}", 2, 11), ("{\"a\": 1", 1, 8), ("[1,]", 1, 4), ("[1 2]", 1, 4),
            ("{\"a\" 1}", 1, 6), ("{a: 1}", 1, 2), ("tru", 1, 4), ("[\"a\nb\"]", 1, 4), ("[\"\\x\"]", 1, 4),
            ("01", 1, 2),
            ("[1.]", 1, 4), ("{} {}", 1, 4), ("[\"\\u12g4\"]", 1, 7),
        ]
    )
    func invalid(text: String, line: Int, column: Int) {
        #expect(JSONSyntax.firstViolation(in: text) == CSVPlace(line: line, column: column))
    }

    @Test("Text that goes on opening brackets is refused, however long it is")
    func deep() {
        #expect(JSONSyntax.firstViolation(in: String(repeating: "[", count: 1_000_000)) != nil)
    }
}
