/// The parts that all charts are drawn from.
enum SVG {
    /// A phone's width less its margins: charts are drawn for it, and stand beside each other where there is more.
    static let width = 320.0

    enum Anchor: String { case start, middle, end }

    /// At most a tenth of a unit exact.
    static func number(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.isFinite, tenths.magnitude < 1e12 else { return "0" }
        let whole = Int(tenths)
        let sign = whole < 0 ? "-" : ""
        let rest = whole.magnitude % 10
        return "\(sign)\(whole.magnitude / 10)" + (rest == 0 ? "" : ".\(rest)")
    }

    static func line(
        _ x1: Double,
        _ y1: Double,
        _ x2: Double,
        _ y2: Double,
        style: String,
        dash: String? = nil
    ) -> Markup {
        .element(
            "line",
            [
                "class": style, "x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2),
                "stroke-dasharray": dash,
            ]
        )
    }

    static func text(_ x: Double, _ y: Double, _ text: String, style: String? = nil, anchor: Anchor = .start) -> Markup
    {
        .element(
            "text",
            [
                "class": style, "x": number(x), "y": number(y),
                "text-anchor": anchor == .start ? nil : anchor.rawValue,
            ],
            .text(text)
        )
    }

    /// An implementation's name, and in quieter letters what kind it is, as far as there is room before `after`.
    ///
    /// What has no room is in the chart's words and in its table.
    static func name(_ name: String, _ kind: String, y: Double, before after: String) -> Markup {
        let room = width - self.width(of: after, size: 12.5) - 10
        let shown = name.fitted(to: Int(room / nameWidth))
        let isRoomForKind = self.width(of: kind, size: 11) + Double(name.displayWidth) * nameWidth + 8 <= room
        return .element(
            "text",
            ["class": "name", "x": "0", "y": number(y)],
            .text(isRoomForKind ? shown + " " : shown)
                + (isRoomForKind ? .element("tspan", ["class": "kind", "dx": "3"], .text(kind)) : .nothing)
        )
    }

    /// Of a letter of a name, which is bold, about.
    static let nameWidth = 7.6

    /// A label below an axis, moved where it would stick out.
    static func axisLabel(_ text: String, at x: Double, _ y: Double) -> Markup {
        let half = width(of: text, size: 11.5) / 2
        if x - half < 0 { return self.text(0, y, text, style: "minor") }
        if x + half > width { return self.text(width, y, text, style: "minor", anchor: .end) }
        return self.text(x, y, text, style: "minor", anchor: .middle)
    }

    /// A label of an axis: `10 M/s` in place of `10.0 M/s`.
    static func tick(_ text: String) -> String {
        let short = text.replacing(/\.0+(?=\D|$)/, with: "")
        return short.hasPrefix("0 ") ? "0" : short
    }

    /// About how wide a text is drawn; letters of the interface's font differ by a little.
    static func width(of text: String, size: Double = 12) -> Double {
        Double(text.displayWidth) * size * 0.56
    }
}

/// A chart with what those need who can't see it.
struct Chart: Sendable {
    /// What it shows, and of what.
    var title: String
    /// The conditions, below the title.
    var subtitle: String?
    /// What one would say who looks at it.
    var summary: String
    var height: Double
    var drawing: Markup
    /// Below the drawing.
    var legend: Markup = .nothing
    /// The figures behind it.
    var table: DataTable
    /// What the table was left out of, or the like.
    var note: String?
    /// Whether the table is there before somebody asks for it.
    var showsTable = false

    func figure(id: String) -> Markup {
        let image = Markup.element(
            "svg",
            [
                "viewBox": "0 0 \(SVG.number(SVG.width)) \(SVG.number(height))", "role": "img",
                "aria-labelledby": "\(id)-t \(id)-d",
            ],
            .element("title", ["id": "\(id)-t"], .text(title))
                + .element("desc", ["id": "\(id)-d"], .text(summary)) + drawing
        )
        let caption = Markup.element(
            "figcaption",
            [:],
            .element("h3", [:], .text(title)) + (subtitle.map { .element("p", [:], .text($0)) } ?? .nothing)
        )
        let data = Markup.element(
            "details",
            ["open": showsTable ? "" : nil],
            .element("summary", [:], .text("Figures") + .element("span", ["class": "unseen"], .text(" of \(title)")))
                + (note.map { .element("p", [:], .text($0)) } ?? .nothing) + table.region(label: title)
        )
        return .element("figure", ["class": "card", "id": id], caption + image + legend + data)
    }
}
