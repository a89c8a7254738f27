/// Points by two figures, their area by a third; each has its name beside it.
struct ScatterChart {
    struct Point {
        var name: String
        var marker: Marker
        var x: Double
        var y: Double
        /// `nil`: not measured; drawn small and without a disc.
        var size: Double?
        var text: String
    }

    var points: [Point]
    var xTitle: String
    var yTitle: String
    var xFormat: @Sendable (Double) -> String
    var yFormat: @Sendable (Double) -> String

    private static let left = 52.0
    private static let right = SVG.width - 12
    private static let top = 24.0
    private static let bottom = 212.0

    var height: Double { ScatterChart.bottom + 40 }

    var drawing: Markup {
        let x = Scale(padded(points.map(\.x)), .logarithmic, from: ScatterChart.left, to: ScatterChart.right)
        let y = Scale(padded(points.map(\.y)), .logarithmic, from: ScatterChart.bottom, to: ScatterChart.top)
        var drawing = axes(x, y)
        var taken: [(left: Double, right: Double, y: Double)] = []
        let largest = points.compactMap(\.size).max() ?? 1
        // Large ones first, so that small ones lie on top.
        for point in points.sorted(by: { $0.size ?? 0 > $1.size ?? 0 }) {
            let place = (x: x.position(point.x), y: y.position(point.y))
            var radius = 4.5
            if let size = point.size, size > 0 {
                radius = max(6, 22 * (size / largest).squareRoot())
                drawing += .element(
                    "circle",
                    [
                        "class": "c\(point.marker.color) disc", "cx": SVG.number(place.x), "cy": SVG.number(place.y),
                        "r": SVG.number(radius),
                    ]
                )
            }
            drawing += point.marker.mark(place.x, place.y, title: "\(point.name): \(point.text)")
            drawing += label(point.name, at: place, radius: radius, &taken)
        }
        return drawing
    }

    private func padded(_ values: [Double]) -> [Double] {
        guard let least = values.min(), let most = values.max() else { return [] }
        return [least / 1.8, most * 1.8]
    }

    private func axes(_ x: Scale, _ y: Scale) -> Markup {
        var drawing = SVG.text(0, 12, "↑ \(yTitle)", style: "minor")
        for tick in y.ticks {
            let position = y.position(tick)
            drawing += SVG.line(ScatterChart.left, position, ScatterChart.right, position, style: "grid")
            let text = SVG.tick(yFormat(tick))
            drawing += SVG.text(ScatterChart.left - 5, position + 4, text, style: "minor", anchor: .end)
        }
        for tick in x.ticks {
            let position = x.position(tick)
            drawing += SVG.line(position, ScatterChart.top, position, ScatterChart.bottom, style: "grid")
            let text = SVG.tick(xFormat(tick))
            drawing += SVG.text(position, ScatterChart.bottom + 15, text, style: "minor", anchor: .middle)
        }
        return drawing
            + SVG.text(SVG.width, ScatterChart.bottom + 32, "\(xTitle) →", style: "minor", anchor: .end)
    }

    /// Beside the point where there is room; further down otherwise.
    private func label(
        _ text: String,
        at place: (x: Double, y: Double),
        radius: Double,
        _ taken: inout [(left: Double, right: Double, y: Double)]
    ) -> Markup {
        let text = text.fitted(to: 20)
        let width = Double(text.displayWidth) * SVG.nameWidth
        let isLeft = place.x + radius + 4 + width > SVG.width
        let left = isLeft ? place.x - radius - 4 - width : place.x + radius + 4
        var y = place.y + 4
        while taken.contains(where: { abs($0.y - y) < 13 && $0.left < left + width && left < $0.right }) { y += 13 }
        taken.append((left, left + width, y))
        return SVG.text(left, y, text, style: "name")
    }
}
