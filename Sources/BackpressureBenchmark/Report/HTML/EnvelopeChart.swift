/// Rate limiters against what they may grant: how far from an exact oracle, and whether a window broke the envelope.
struct EnvelopeChart {
    struct Row {
        var name: String
        var kind: String
        var marker: Marker
        /// Of each repetition, in parts per million.
        var errors: [Double]
        /// The largest of all repetitions; `nil`: not measured.
        var overshoot: Double?

        /// At the right end.
        var text: String {
            guard let overshoot else { return "not measured" }
            return overshoot > 0 ? "✕ +\(Numbers.count(overshoot))" : "✓ kept"
        }
    }

    var rows: [Row]

    private static let rowHeight = 36.0
    private static let divide = 200.0

    var height: Double { Double(rows.count) * EnvelopeChart.rowHeight + 58 }

    var drawing: Markup {
        let divide = EnvelopeChart.divide
        let top = 22.0
        let bottom = top + Double(rows.count) * EnvelopeChart.rowHeight + 4
        let errors = Scale(rows.flatMap(\.errors), .symmetric, from: 8, to: divide - 14)
        let excess = Scale(
            [0] + rows.compactMap(\.overshoot).map { max(0, $0) },
            .symmetric,
            from: divide - 60,
            to: SVG.width - 8
        )
        let limit = excess.position(0)
        var drawing = SVG.text(0, 12, "error against the oracle, ppm", style: "minor")
        drawing += SVG.text(SVG.width, 12, "permits over the envelope", style: "minor", anchor: .end)
        for tick in errors.ticks {
            let x = errors.position(tick)
            drawing += SVG.line(x, top, x, bottom, style: tick == 0 ? "axis" : "grid")
            drawing += SVG.axisLabel(Numbers.count(tick).tickLabel, at: x, bottom + 14)
        }
        drawing += SVG.line(limit, top, limit, bottom, style: "bound")
        drawing += SVG.text(limit, bottom + 14, "0", style: "minor", anchor: .middle)
        drawing += SVG.text(limit, bottom + 28, "envelope", style: "minor", anchor: .middle)
        for (index, row) in rows.enumerated() {
            drawing += self.row(row, y: top + Double(index) * EnvelopeChart.rowHeight, errors, excess)
        }
        return drawing
    }

    private func row(_ row: Row, y: Double, _ errors: Scale, _ excess: Scale) -> Markup {
        let base = y + 25
        var drawing = SVG.name(row.name, row.kind, y: y + 13, before: row.text)
        drawing += SVG.line(0, base, SVG.width, base, style: "track")
        for error in row.errors {
            let title = "\(row.name): error \(Numbers.decimal(error, decimals: 0)) ppm"
            drawing += row.marker.mark(errors.position(error), base, title: title)
        }
        guard let overshoot = row.overshoot else {
            return drawing + SVG.text(SVG.width, y + 13, row.text, style: "minor", anchor: .end)
        }
        guard overshoot > 0 else {
            return drawing + SVG.text(SVG.width, y + 13, row.text, style: "kept", anchor: .end)
        }
        let x = excess.position(overshoot)
        drawing += SVG.line(excess.position(0), base, x, base, style: "excess")
        drawing += Marker(shape: .cross, color: 0).mark(
            x,
            base,
            title: "\(row.name): \(row.text) permits",
            style: "over"
        )
        return drawing + SVG.text(SVG.width, y + 13, row.text, style: "over-text", anchor: .end)
    }
}

extension String {
    fileprivate var tickLabel: String { SVG.tick(self).replacing("-", with: "−") }
}
