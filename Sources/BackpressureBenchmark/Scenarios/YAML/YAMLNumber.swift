/// Numbers as scenario files write them: decimal digits, which `_` may group (`1_000_000`).
enum YAMLNumber {
    /// `nil` if the text is no integer or one too large to hold.
    static func integer(_ text: String) -> Int? {
        guard let parts = parts(of: text), parts.isInteger else { return nil }
        return Int(parts.digits)
    }

    /// `nil` if the text is no number or not a finite one.
    static func real(_ text: String) -> Double? {
        guard let parts = parts(of: text), let number = Double(parts.digits), number.isFinite else { return nil }
        return number
    }

    /// A number without needless decimals or exponent, for messages.
    static func text(_ number: Double) -> String {
        Int(exactly: number)?.description ?? number.description
    }

    /// The text without its grouping, if it is a number in decimal notation: no hexadecimals, `.inf` or `.nan`. By hand: to
    /// make a regular expression takes longer than to read a scenario.
    private static func parts(of text: String) -> (digits: String, isInteger: Bool)? {
        var rest = text.utf8[...]
        _ = rest.take(oneOf: "+-")
        let hasWhole = rest.takeDigits()
        while hasWhole, rest.take(oneOf: "_") {
            guard rest.takeDigits() else { return nil }
        }
        let hasPoint = rest.take(oneOf: ".")
        let hasFraction = hasPoint && rest.takeDigits()
        let hasExponent = rest.take(oneOf: "eE")
        if hasExponent {
            _ = rest.take(oneOf: "+-")
            guard rest.takeDigits() else { return nil }
        }
        guard rest.isEmpty, hasWhole || hasFraction else { return nil }
        return (text.filter { $0 != "_" }, isInteger: !hasPoint && !hasExponent)
    }
}

extension Substring.UTF8View {
    /// Takes the next character if it is one of those.
    fileprivate mutating func take(oneOf characters: String) -> Bool {
        guard let first, characters.utf8.contains(first) else { return false }
        removeFirst()
        return true
    }

    /// Takes the decimal digits that come next; `false`: there is none.
    fileprivate mutating func takeDigits() -> Bool {
        let digits = prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        removeFirst(digits.count)
        return !digits.isEmpty
    }
}
