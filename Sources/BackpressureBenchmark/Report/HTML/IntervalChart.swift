/// Medians with their intervals, a line for each implementation: its name above a scale that has the whole width.
struct IntervalChart {
    struct Row {
        var name: String
        /// After the name: the family, and the role where it is a special one.
        var kind: String
        var marker: Marker
        /// `nil`: not measured.
        var estimate: Estimate?
        /// At the right end.
        var text: String
        /// Below the right end's text is no room: it goes behind it, in quieter letters.
        var aside: String?
    }

    var rows: [Row]
    var format: @Sendable (Double) -> String
    var steps = Scale.Steps.decimal

    private static let rowHeight = 36.0
    private static let margin = 8.0

    var height: Double { Double(rows.count) * IntervalChart.rowHeight + 26 }

    var drawing: Markup {
        let values = rows.compactMap(\.estimate).flatMap { [$0.median, $0.low, $0.high].compactMap(\.self) }
        let scale = Scale(values, steps: steps, from: IntervalChart.margin, to: SVG.width - IntervalChart.margin)
        let bottom = Double(rows.count) * IntervalChart.rowHeight + 4
        var drawing = Markup.nothing
        if !values.isEmpty {
            for tick in scale.ticks {
                let x = scale.position(tick)
                drawing += SVG.line(x, 16, x, bottom, style: "grid")
                drawing += SVG.axisLabel(SVG.tick(format(tick)), at: x, bottom + 14)
            }
        }
        for (index, row) in rows.enumerated() {
            drawing += self.row(row, y: Double(index) * IntervalChart.rowHeight, scale)
        }
        return drawing
    }

    private func row(_ row: Row, y: Double, _ scale: Scale) -> Markup {
        let base = y + 25
        var drawing = SVG.name(row.name, row.kind, y: y + 13, before: "\(row.text)  \(row.aside ?? "")")
        let aside = row.aside.map { Markup.element("tspan", ["class": "minor"], .text("  \($0)")) } ?? .nothing
        drawing += .element(
            "text",
            ["class": "figure", "x": SVG.number(SVG.width), "y": SVG.number(y + 13), "text-anchor": "end"],
            .text(row.text) + aside
        )
        drawing += SVG.line(0, base, SVG.width, base, style: "track")
        guard let estimate = row.estimate else { return drawing }
        if let low = estimate.low, let high = estimate.high {
            let (left, right) = (scale.position(low), scale.position(high))
            drawing += row.marker.stroke(left, base, right, base, isDashed: row.marker.isHollow)
            drawing += row.marker.stroke(left, base - 4, left, base + 4)
            drawing += row.marker.stroke(right, base - 4, right, base + 4)
        }
        return drawing + row.marker.mark(scale.position(estimate.median), base, title: "\(row.name) \(row.text)")
    }
}
