/// Looks for the place at which a text stops being JSON (RFC 8259): the decoder tells at most that it isn't.
struct JSONSyntax {
    /// Foundation's decoder gives up at the same depth.
    private static let maximumDepth = 512

    private struct Violation: Error {}

    private var rest: Substring.UnicodeScalarView
    private var place = CSVPlace(line: 1, column: 1)

    private init(_ text: String) {
        rest = text[...].unicodeScalars
    }

    /// The first character that can't be there, or the end where something is missing; `nil`: it is JSON. O(size).
    static func firstViolation(in text: String) -> CSVPlace? {
        var syntax = JSONSyntax(text)
        do {
            try syntax.value(depth: 0)
            syntax.skipSpace()
            return syntax.rest.isEmpty ? nil : syntax.place
        } catch {
            return syntax.place
        }
    }

    private mutating func value(depth: Int) throws(Violation) {
        guard depth < Self.maximumDepth else { throw Violation() }
        skipSpace()
        switch rest.first {
        case "{": try list(from: "{", to: "}", depth: depth, hasKeys: true)
        case "[": try list(from: "[", to: "]", depth: depth, hasKeys: false)
        case "\"": try string()
        case "t": try word("true")
        case "f": try word("false")
        case "n": try word("null")
        default: try number()
        }
    }

    private mutating func list(
        from start: Unicode.Scalar,
        to end: Unicode.Scalar,
        depth: Int,
        hasKeys: Bool
    ) throws(Violation) {
        try expect(start)
        skipSpace()
        guard !take(end) else { return }
        repeat {
            skipSpace()
            if hasKeys {
                try string()
                skipSpace()
                try expect(":")
            }
            try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        try expect(end)
    }

    private mutating func string() throws(Violation) {
        try expect("\"")
        while !take("\"") {
            guard let scalar = rest.first, scalar.value >= 0x20 else { throw Violation() }
            advance()
            guard scalar == "\\" else { continue }
            guard let escape = rest.first, "\"\\/bfnrtu".unicodeScalars.contains(escape) else { throw Violation() }
            advance()
            guard escape == "u" else { continue }
            for _ in 0..<4 {
                guard rest.first?.properties.isASCIIHexDigit == true else { throw Violation() }
                advance()
            }
        }
    }

    private mutating func word(_ word: String) throws(Violation) {
        for scalar in word.unicodeScalars { try expect(scalar) }
    }

    private mutating func number() throws(Violation) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(Violation) {
        guard let first = rest.first, ("0"..."9").contains(first) else { throw Violation() }
        while let scalar = rest.first, ("0"..."9").contains(scalar) { advance() }
    }

    private mutating func skipSpace() {
        while let scalar = rest.first, [" ", "\t", "\r", "\n"].contains(scalar) { advance() }
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(Violation) {
        guard take(scalar) else { throw Violation() }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        advance()
        return true
    }

    private mutating func advance() {
        if rest.removeFirst() == "\n" {
            place = CSVPlace(line: place.line + 1, column: 1)
        } else {
            place.column += 1
        }
    }
}
