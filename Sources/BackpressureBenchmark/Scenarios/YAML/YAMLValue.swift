import Yams

/// A value in a YAML file. Each method reads it as one kind of thing, or throws an ``InputFileError`` at its place that
/// says what was found and what is allowed.
struct YAMLValue {
    /// The key it belongs to, with the keys of the mappings around it: `arrival.kind`; `nil`: the whole file.
    let name: String?
    let node: Node
    let place: InputPlace

    /// A text that isn't empty.
    func text(maximumLength: Int) throws(InputFileError) -> String {
        let allowed = "a text of 1 to \(maximumLength) characters on one line"
        guard let text = scalarText, (1...maximumLength).contains(text.count), !text.contains(where: \.isNewline) else {
            throw refused(allowed: allowed)
        }
        // Escapes can bring them in, and a terminal would obey them.
        guard !text.unicodeScalars.contains(where: \.isControl) else {
            throw refused(allowed: "\(allowed), without control characters")
        }
        return text
    }

    /// A text of lower-case letters, digits and hyphens.
    func identifier() throws(InputFileError) -> String {
        let lengths = 1...64
        guard let text = scalarText, lengths.contains(text.utf8.count), text.utf8.allSatisfy(\.isIdentifier) else {
            throw refused(allowed: "\(lengths.lowerBound) to \(lengths.upperBound) of the characters a-z, 0-9 and -")
        }
        return text
    }

    /// - Parameter reason: why the range is what it is, where that isn't plain.
    func integer(in range: ClosedRange<Int>, because reason: String? = nil) throws(InputFileError) -> Int {
        guard let number = plainText.flatMap(YAMLNumber.integer), range.contains(number) else {
            let explanation = reason.map { "; \($0)" } ?? ""
            throw refused(allowed: "an integer from \(range.lowerBound) to \(range.upperBound)\(explanation)")
        }
        return number
    }

    func number(in range: ClosedRange<Double>) throws(InputFileError) -> Double {
        guard let number = plainText.flatMap(YAMLNumber.real), range.contains(number) else {
            let (lowest, highest) = (YAMLNumber.text(range.lowerBound), YAMLNumber.text(range.upperBound))
            throw refused(allowed: "a finite number from \(lowest) to \(highest)")
        }
        return number
    }

    /// `true` or `false`.
    func boolean() throws(InputFileError) -> Bool {
        switch plainText {
        case "true": return true
        case "false": return false
        default: throw refused(allowed: "true, false")
        }
    }

    /// The mappings of a list of at least one.
    func mappings(example: String = "- {key: value}") throws(InputFileError) -> [YAMLMapping] {
        guard case .sequence(let nodes) = node, !nodes.isEmpty else {
            throw refused(allowed: "a list of one or more mappings, such as \(example)")
        }
        var mappings: [YAMLMapping] = []
        for node in nodes {
            let value = YAMLValue(name: name, node: node, place: YAMLDocument.place(node, path: place.path))
            mappings.append(try value.mapping())
        }
        return mappings
    }

    /// One of the words of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(
        of type: Choice.Type = Choice.self
    ) throws(InputFileError) -> Choice where Choice.RawValue == String {
        guard let choice = scalarText.flatMap(Choice.init) else {
            let words = Choice.allCases.map(\.rawValue)
            let hint = scalarText.map { NearestWord.hint(for: $0, among: words) } ?? ""
            throw refused(allowed: words.joined(separator: ", ") + hint)
        }
        return choice
    }

    /// A list of at least one element, none of them twice.
    func list<Element: Hashable>(
        example: String,
        _ element: (YAMLValue) throws(InputFileError) -> Element
    ) throws(InputFileError) -> [Element] {
        guard case .sequence(let nodes) = node, !nodes.isEmpty else {
            throw refused(allowed: "a list of one or more, such as \(example)")
        }
        var elements: [Element] = []
        for node in nodes {
            let value = YAMLValue(name: name, node: node, place: YAMLDocument.place(node, path: place.path))
            let element = try element(value)
            guard !elements.contains(element) else {
                throw value.place.error("\(value.subject) names \(value.found) twice")
            }
            elements.append(element)
        }
        return elements
    }

    /// - Parameter example: what such a mapping looks like.
    func mapping(example: String = "{key: value}") throws(InputFileError) -> YAMLMapping {
        guard case .mapping(let mapping) = node else { throw refused(allowed: "a mapping such as \(example)") }
        return try YAMLMapping(mapping, name: name, place: place)
    }

    func error(_ message: String) -> InputFileError { place.error("\(subject) \(message)") }

    private func refused(allowed: String) -> InputFileError { error("is \(found); allowed: \(allowed)") }

    private var subject: String { name.map { "'\($0)'" } ?? "the file" }
}

extension YAMLValue {
    /// What stands there, for messages.
    var found: String {
        switch node {
        case .scalar(let scalar):
            let longest = 40
            let shown = scalar.string.count > longest ? scalar.string.prefix(longest) + "…" : scalar.string[...]
            let text = shown.unicodeScalars.reduce(into: "") { $0 += $1.isControl ? $1.codePoint : String($1) }
            if Self.isNothing(node) { return "empty" }
            return isQuoted(scalar) ? "the text \"\(text)\"" : "'\(text)'"
        case .mapping: return "a mapping"
        case .sequence(let sequence): return sequence.isEmpty ? "an empty list" : "a list"
        case .alias: return "an alias"
        }
    }

    /// Whether nothing, `~` or `null` stands there.
    static func isNothing(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null"].contains(scalar.string.lowercased())
    }

    private var scalarText: String? { Self.isNothing(node) ? nil : node.scalar?.string }

    /// Quotes make a text of a number.
    private var plainText: String? { node.scalar.flatMap { isQuoted($0) ? nil : $0.string } }

    private func isQuoted(_ scalar: Node.Scalar) -> Bool { scalar.style != .plain && scalar.style != .any }
}

extension UInt8 {
    fileprivate var isIdentifier: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
