import Yams

/// Reads a YAML text that consists of one mapping.
enum YAMLDocument {
    /// The mapping that `text` holds.
    ///
    /// - Parameters:
    ///   - path: where the text comes from, for errors.
    ///   - subject: what the file is, for errors: `a scenario`.
    /// - Throws: ``InputFileError`` at the place that isn't YAML, holds a key twice, starts a second document or is no
    ///   mapping.
    static func mapping(_ text: String, path: String, subject: String) throws(InputFileError) -> YAMLMapping {
        let text = withoutByteOrderMark(text)
        try refuseControlCharacters(in: text, path: path)
        let start = InputPlace(path: path, line: 1, column: 1)
        let (first, second) = try roots(of: text, path: path)
        guard let first, !YAMLValue.isNothing(first) else {
            throw start.error("the file is empty; \(subject) is expected: a mapping of keys and values")
        }
        if let second {
            throw place(second, path: path).error("a second document starts here; one file holds \(subject)")
        }
        let root = YAMLValue(name: nil, node: first, place: place(first, path: path))
        guard case .mapping = first else {
            throw root.place.error("\(subject) is a mapping of keys and values; found \(root.found)")
        }
        return try root.mapping()
    }

    static func place(_ node: Node, path: String) -> InputPlace {
        InputPlace(path: path, line: node.mark?.line, column: node.mark?.column)
    }

    private static func withoutByteOrderMark(_ text: String) -> String {
        text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }

    /// The parser refuses them too, but can't say where.
    private static func refuseControlCharacters(in text: String, path: String) throws(InputFileError) {
        var line = 1
        var column = 1
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n":
                line += 1
                column = 0
            case "\t", "\r": break
            case _ where scalar.isControl:
                throw InputFileError(
                    path: path,
                    line: line,
                    column: column,
                    message: "a control character (\(scalar.codePoint)) is here; this is not a YAML text"
                )
            default: break
            }
            column += 1
        }
    }

    private static func roots(of text: String, path: String) throws(InputFileError) -> (Node?, Node?) {
        do {
            let parser = try Parser(yaml: text)
            let first = try parser.nextRoot()
            return (first, first == nil ? nil : try parser.nextRoot())
        } catch let error as YamlError {
            throw inputFileError(error, path: path)
        } catch {
            throw InputFileError(path: path, message: "not valid YAML: \(error)")
        }
    }

    private static func inputFileError(_ error: YamlError, path: String) -> InputFileError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let circumstance = context.map { " \($0.text)" } ?? ""
            return InputFileError(
                path: path,
                line: mark.line,
                column: mark.column,
                message: "not valid YAML\(circumstance): \(problem)"
            )
        case .duplicatedKeysInMapping(let duplicates, let context):
            return InputFileError(
                path: path,
                line: context.mark.line,
                column: context.mark.column,
                message: "the key '\(duplicates.first ?? "")' stands here and again further on; keep one of them"
            )
        case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem), .representer(let problem):
            return InputFileError(path: path, message: "not valid YAML: \(problem)")
        case .no, .memory, .dataCouldNotBeDecoded:
            return InputFileError(path: path, message: "not valid YAML: \(error)")
        }
    }
}

extension Unicode.Scalar {
    /// Whether a terminal may obey it instead of showing it.
    var isControl: Bool { properties.generalCategory == .control }

    /// Such as U+001B.
    var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
