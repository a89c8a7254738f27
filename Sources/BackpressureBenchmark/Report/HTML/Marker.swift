/// How one series of a chart looks, in shape, dash and colour, so that nobody has to see colours to tell them apart.
struct Marker: Sendable, Equatable {
    enum Shape: Int, Sendable, CaseIterable {
        case circle, square, triangle, diamond, cross, inverted, plus, bar
    }

    var shape: Shape
    /// An index of the page's colours, from 0.
    var color: Int
    /// Of an implementation that doesn't compete.
    var isHollow = false
    var dash: String?

    static let colors = 8
    private static let dashes: [String?] = [nil, "6 3", "2 3", "8 3 2 3"]

    /// Of the series with this index, different from those of the seven before and after it, and by its dash further.
    static func series(_ index: Int, isHollow: Bool) -> Marker {
        Marker(
            shape: Shape.allCases[index % Shape.allCases.count],
            color: index % colors,
            isHollow: isHollow,
            dash: dashes[(index + index / Shape.allCases.count) % dashes.count]
        )
    }

    /// Of implementations of a family, where each has a line of its own with its name on it.
    static func family(_ family: String, isHollow: Bool) -> Marker {
        let index = Family.allCases.firstIndex { $0.rawValue == family } ?? Family.allCases.count
        let shapes: [Shape] = [.circle, .square, .triangle, .diamond, .inverted, .plus]
        return Marker(
            shape: shapes[min(index, shapes.count - 1)],
            color: index,
            isHollow: isHollow,
            dash: isHollow ? "3 2" : nil
        )
    }

    private var colorClass: String { "c\(color)" }

    /// The mark at a point.
    ///
    /// - Parameter style: in place of its own.
    func mark(
        _ x: Double,
        _ y: Double,
        radius: Double = 4.5,
        title: String? = nil,
        style: String? = nil
    ) -> Markup {
        let style = style ?? "\(colorClass) \(isHollow || isStroke ? "hollow" : "solid") mark"
        let content = title.map { Markup.element("title", [:], .text($0)) } ?? .nothing
        guard shape != .circle else {
            return .element(
                "circle",
                ["class": style, "cx": SVG.number(x), "cy": SVG.number(y), "r": SVG.number(radius)],
                content
            )
        }
        return .element("path", ["class": style, "d": path(x, y, radius)], content)
    }

    private var isStroke: Bool { shape == .cross || shape == .plus }

    private func path(_ x: Double, _ y: Double, _ radius: Double) -> String {
        func points(_ offsets: (Double, Double)...) -> String {
            "M"
                + offsets.map { SVG.number(x + $0.0 * radius) + " " + SVG.number(y + $0.1 * radius) }
                .joined(separator: "L") + "Z"
        }
        func strokes(_ lines: ((Double, Double), (Double, Double))...) -> String {
            lines.map { from, to in
                "M\(SVG.number(x + from.0 * radius)) \(SVG.number(y + from.1 * radius))"
                    + "L\(SVG.number(x + to.0 * radius)) \(SVG.number(y + to.1 * radius))"
            }.joined()
        }
        return switch shape {
        case .circle: ""
        case .square: points((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9))
        case .triangle: points((0, -1.15), (1.1, 0.85), (-1.1, 0.85))
        case .inverted: points((0, 1.15), (1.1, -0.85), (-1.1, -0.85))
        case .diamond: points((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0))
        case .bar: points((-1.2, -0.5), (1.2, -0.5), (1.2, 0.5), (-1.2, 0.5))
        case .cross: strokes(((-0.9, -0.9), (0.9, 0.9)), ((-0.9, 0.9), (0.9, -0.9)))
        case .plus: strokes(((0, -1.2), (0, 1.2)), ((-1.2, 0), (1.2, 0)))
        }
    }

    /// A line through points.
    func line(_ points: [(x: Double, y: Double)]) -> Markup {
        let text = points.map { "\(SVG.number($0.x)),\(SVG.number($0.y))" }.joined(separator: " ")
        return .element(
            "polyline",
            ["class": "\(colorClass) line", "points": text, "stroke-dasharray": dash]
        )
    }

    /// A straight stroke, of an interval for one.
    func stroke(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, isDashed: Bool = false) -> Markup {
        SVG.line(x1, y1, x2, y2, style: "\(colorClass) whisker", dash: isDashed ? "3 2" : nil)
    }
}
