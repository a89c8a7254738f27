/// A piece of a document that is well-formed both as XML and as HTML: every element is closed, every attribute quoted,
/// and text can't become anything else.
struct Markup: Sendable, Equatable, ExpressibleByStringInterpolation {
    private(set) var source: String

    /// Text, escaped.
    init(stringLiteral text: String) {
        source = Markup.escaped(text)
    }

    private init(source: String) {
        self.source = source
    }

    /// Text, escaped.
    static func text(_ text: String) -> Markup { Markup(stringLiteral: text) }

    /// Taken as it is: only for what stands in this module's sources.
    static func verbatim(_ source: String) -> Markup { Markup(source: source) }

    static let nothing = Markup(source: "")

    /// An element; attributes without a value are left out.
    static func element(
        _ name: String,
        _ attributes: KeyValuePairs<String, String?> = [:],
        _ content: Markup = .nothing
    ) -> Markup {
        var source = "<\(name)"
        for (name, value) in attributes {
            if let value { source += " \(name)=\"\(escaped(value))\"" }
        }
        // HTML knows no short form but of elements that are always empty, and of those in SVG.
        let isEmpty = content.source.isEmpty && canBeEmpty.contains(name)
        return Markup(source: source + (isEmpty ? "/>" : ">\(content.source)</\(name)>"))
    }

    private static let canBeEmpty: Set = [
        "meta", "br", "hr", "link", "line", "path", "circle", "rect", "polyline", "use",
    ]

    static func + (left: Markup, right: Markup) -> Markup { Markup(source: left.source + right.source) }
    static func += (left: inout Markup, right: Markup) { left.source += right.source }

    /// `text` with nothing in it that XML or HTML would take for anything but text, also between double quotes.
    ///
    /// Characters that XML 1.0 can't have at all are replaced by U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            // A parser would make spaces of them within an attribute.
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            default: escaped.unicodeScalars.append(isAllowed(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return escaped
    }

    /// The production Char of XML 1.0, less what it discourages; surrogates can't be in a Swift string.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: false
        default: true
        }
    }
}

extension Sequence<Markup> {
    /// One after the other.
    func joined() -> Markup { reduce(into: Markup.nothing) { $0 += $1 } }
}
