extension String {
    /// The columns that the text takes on a terminal: 2 for wide East Asian characters and pictures, 0 for what combines
    /// with the character before, 1 for all else.
    package var displayWidth: Int {
        reduce(0) { $0 + $1.displayWidth }
    }

    /// The text on one line of at most `width` columns, cut with an ellipsis where it is longer.
    func fitted(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var text = ""
        var used = 1
        for character in self {
            used += character.displayWidth
            guard used <= width else { break }
            text.append(character)
        }
        return width > 0 ? text + "…" : ""
    }

    /// The text with spaces in place of what would break a line or steer a terminal.
    var onOneLine: String {
        String(map { $0.isNewline || $0.isControl ? " " : $0 })
    }
}

extension Character {
    fileprivate var isControl: Bool {
        unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    fileprivate var displayWidth: Int {
        let isPicture = unicodeScalars.contains { $0.properties.isEmojiPresentation || $0 == "\u{FE0F}" }
        return isPicture ? 2 : unicodeScalars.reduce(0) { max($0, $1.displayWidth) }
    }
}

extension Unicode.Scalar {
    fileprivate var displayWidth: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: 0
        default: Self.wide.contains { $0.contains(value) } ? 2 : 1
        }
    }

    /// The blocks of wide and full-width characters (Unicode Standard Annex #11), pictures aside.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
    ]
}
