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

    /// The text without its grouping, if it is a number in decimal notation: no hexadecimals, `.inf` or `.nan`.
    private static func parts(of text: String) -> (digits: String, isInteger: Bool)? {
        let number = #/[+-]?(?<whole>\d+(?:_\d+)*)?(?<fraction>\.\d*)?(?<exponent>[eE][+-]?\d+)?/#.asciiOnlyDigits()
        guard let match = text.wholeMatch(of: number), match.whole != nil || (match.fraction?.count ?? 0) > 1 else {
            return nil
        }
        let digits = text.filter { $0 != "_" }
        return (digits, match.fraction == nil && match.exponent == nil)
    }
}
