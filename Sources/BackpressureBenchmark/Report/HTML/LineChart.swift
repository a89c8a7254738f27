/// Lines through points, each with a shape and a dash of its own, and a legend below.
struct LineChart {
    struct Point {
        var x: Double
        var y: Double
        var low: Double?
        var high: Double?
    }

    struct Series {
        var name: String
        var kind: String
        var marker: Marker
        /// In order; a part that wasn't measured has no points.
        var points: [Point]
        /// Marks every point, not only the last one.
        var marksPoints = true
        /// Said at its last point, where it ended before its time.
        var ending: String?
    }

    /// A level that means something: a bound, a cap.
    struct Level {
        var low: Double
        var high: Double
        var text: String
        var style: String
    }

    /// Of the horizontal axis: where a mark stands and what it says.
    struct Mark {
        var x: Double
        var text: String
    }

    var series: [Series]
    var levels: [Level] = []
    var marks: [Mark]
    var range: ClosedRange<Double>
    var yScale: Scale.Kind?
    var steps = Scale.Steps.decimal
    /// Below it on a logarithmic axis nothing is told apart.
    var floor: Double?
    var format: @Sendable (Double) -> String

    private static let left = 52.0
    private static let right = SVG.width - 14
    private static let top = 10.0
    private static let bottom = 190.0

    var height: Double { LineChart.bottom + 22 }

    private func lifted(_ y: Double) -> Double { floor.map { max($0, y) } ?? y }

    var drawing: Markup {
        let values =
            series.flatMap { $0.points.flatMap { [$0.y, $0.low, $0.high].compactMap(\.self) } }
            // Twice as much, which leaves room for what is written above the highest.
            + levels.flatMap { [$0.low, $0.high * 2] }
        let y = Scale(values.map(lifted), yScale, steps: steps, from: LineChart.bottom, to: LineChart.top)
        var drawing = axes(y)
        for level in levels { drawing += self.level(level, y) }
        // Dashed lines above solid ones, which would hide them.
        let order =
            series.indices.filter { series[$0].marker.dash == nil }
            + series.indices.filter { series[$0].marker.dash != nil }
        for index in order { drawing += line(series[index], index, y) }
        return drawing
    }

    private func x(_ value: Double) -> Double {
        let span = max(range.upperBound - range.lowerBound, .leastNormalMagnitude)
        return LineChart.left + (value - range.lowerBound) / span * (LineChart.right - LineChart.left)
    }

    private func axes(_ y: Scale) -> Markup {
        var drawing = Markup.nothing
        for tick in y.ticks {
            let position = y.position(tick)
            drawing += SVG.line(LineChart.left - 4, position, LineChart.right + 6, position, style: "grid")
            let text = SVG.tick(format(tick))
            drawing += SVG.text(LineChart.left - 7, position + 4, text, style: "minor", anchor: .end)
        }
        for mark in marks {
            let position = x(mark.x)
            drawing += SVG.line(position, LineChart.bottom, position, LineChart.bottom + 4, style: "axis")
            let half = SVG.width(of: mark.text, size: 11) / 2
            let isAtEnd = position + half > SVG.width
            drawing += SVG.text(
                isAtEnd ? SVG.width : position,
                LineChart.bottom + 17,
                mark.text,
                style: "minor",
                anchor: isAtEnd ? .end : .middle
            )
        }
        return drawing
            + SVG.line(LineChart.left - 4, LineChart.bottom, LineChart.right + 6, LineChart.bottom, style: "axis")
    }

    private func level(_ level: Level, _ y: Scale) -> Markup {
        let (top, bottom) = (y.position(lifted(level.high)), y.position(lifted(level.low)))
        var drawing = SVG.line(LineChart.left - 4, top, LineChart.right + 6, top, style: level.style, dash: "7 4")
        if bottom - top > 1.5 {
            drawing += SVG.line(
                LineChart.left - 4,
                bottom,
                LineChart.right + 6,
                bottom,
                style: level.style,
                dash: "7 4"
            )
        }
        // Above the line, unless there is no room.
        let baseline = top > LineChart.top + 14 ? top - 5 : bottom + 14
        drawing += SVG.text(LineChart.right + 6, baseline, level.text, style: "level-text", anchor: .end)
        return drawing
    }

    private func line(_ one: Series, _ index: Int, _ y: Scale) -> Markup {
        // Beside each other, so that intervals at the same place can be told apart.
        let shift = (Double(index) - Double(series.count - 1) / 2) * 3
        let isShifted = one.points.contains { $0.low != nil }
        let points = one.points.map { (x: x($0.x) + (isShifted ? shift : 0), y: y.position(lifted($0.y))) }
        var drawing = one.marker.line(points)
        for (point, place) in zip(one.points, points) {
            guard let low = point.low, let high = point.high, low < high else { continue }
            let (bottom, top) = (y.position(lifted(low)), y.position(lifted(high)))
            drawing += one.marker.stroke(place.x, bottom, place.x, top)
        }
        let marked = one.marksPoints ? points[...] : points.suffix(1)
        for place in marked { drawing += one.marker.mark(place.x, place.y, radius: 3.8, title: one.name) }
        if let ending = one.ending, let last = points.last {
            let isLeft = last.x > (LineChart.left + LineChart.right) / 2
            drawing += SVG.text(
                last.x + (isLeft ? -8 : 8),
                last.y + 14,
                ending,
                style: "ending",
                anchor: isLeft ? .end : .start
            )
        }
        return drawing
    }

    var legend: Markup { Legend.list(series.map { ($0.name, $0.kind, $0.marker) }) }
}

/// What the marks of a chart stand for.
enum Legend {
    static func list(_ entries: [(name: String, kind: String, marker: Marker)]) -> Markup {
        let items = entries.map { entry in
            let sample = Markup.element(
                "svg",
                ["viewBox": "0 0 34 12", "width": "34", "height": "12", "aria-hidden": "true"],
                entry.marker.line([(1, 6), (33, 6)]) + entry.marker.mark(17, 6, radius: 3.8)
            )
            let kind = Markup.element("span", ["class": "quiet"], .text(" \(entry.kind)"))
            return Markup.element("li", [:], sample + .text(" \(entry.name)") + kind)
        }
        return .element("ul", ["class": "legend"], items.joined())
    }
}
