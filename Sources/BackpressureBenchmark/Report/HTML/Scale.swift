import Foundation

/// Where on an axis a value stands.
struct Scale: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case linear
        case logarithmic
        /// Logarithmic on both sides of 0, which it shows.
        case symmetric
    }

    /// What a step between ticks may be: powers of ten, or of two for bytes.
    enum Steps: Sendable, Equatable {
        case decimal, binary
    }

    let kind: Kind
    let steps: Steps
    let low: Double
    let high: Double
    /// Positions of `low` and `high`.
    let start: Double
    let end: Double

    /// A scale that has all of `values` on it; logarithmic where they span so much that the small ones would vanish.
    ///
    /// - Parameter kind: `nil`: as the values ask for.
    init(_ values: [Double], _ kind: Kind? = nil, steps: Steps = .decimal, from start: Double, to end: Double) {
        let finite = values.filter(\.isFinite)
        let least = finite.min() ?? 0
        let most = finite.max() ?? 1
        let spansMuch = least > 0 && most / least > 8
        let kind = kind ?? (spansMuch ? .logarithmic : .linear)
        self.kind = kind
        self.steps = steps
        self.start = start
        self.end = end
        switch kind {
        case .linear:
            // From 0, so that lengths are in proportion.
            low = min(0, least)
            high = most > low ? most + (most - low) * 0.04 : low + 1
        case .logarithmic:
            // What isn't above 0 has no place on it: three decades below the highest are shown.
            let floor = least > 0 ? least : max(most, 1) / 1_000
            low = floor / 1.15
            high = max(most * 1.15, floor * 2)
        case .symmetric:
            let reach = max(least.magnitude, most.magnitude, 1)
            low = -reach * 1.5
            high = reach * 1.5
        }
    }

    /// Values off the scale stand at its end.
    func position(_ value: Double) -> Double {
        let clamped = min(max(value, low), high)
        let share = (transformed(clamped) - transformed(low)) / (transformed(high) - transformed(low))
        return start + share * (end - start)
    }

    private func transformed(_ value: Double) -> Double {
        switch kind {
        case .linear: value
        case .logarithmic: log10(value)
        case .symmetric: value < 0 ? -log10(1 - value) : log10(1 + value)
        }
    }

    /// Round values on the scale, three to six of them where that can be.
    var ticks: [Double] {
        switch kind {
        case .linear: linearTicks
        case .logarithmic: logarithmicTicks
        case .symmetric: symmetricTicks
        }
    }

    private var linearTicks: [Double] {
        let unit = steps == .binary ? pow(1_024, max(0, (log(high.magnitude) / log(1_024)).rounded(.down))) : 1
        let raw = (high - low) / unit / 4
        let power = pow(10, log10(raw).rounded(.down))
        let step = [1, 2, 2.5, 5, 10].first { $0 * power >= raw }.map { $0 * power * unit } ?? raw * unit
        let first = (low / step).rounded(.up)
        return (0...5).map { (first + Double($0)) * step }.filter { $0 <= high }
    }

    private var logarithmicTicks: [Double] {
        let candidates: [(base: Double, factors: [Double])] =
            steps == .decimal
            ? [(1_000, [1]), (100, [1]), (10, [1]), (10, [1, 3]), (10, [1, 2, 5])]
            : [(256, [1]), (16, [1]), (4, [1]), (2, [1])]
        var best: [Double] = []
        for (base, factors) in candidates {
            let first = Int((log(low) / log(base)).rounded(.down))
            let last = Int((log(high) / log(base)).rounded(.up))
            best = (first...max(first, last)).flatMap { power in factors.map { $0 * pow(base, Double(power)) } }
                .filter { (low...high).contains($0) }
            if best.count >= 3 { break }
        }
        return best.count > 7 ? best.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) : best
    }

    private var symmetricTicks: [Double] {
        // From the outside in, as long as labels don't touch.
        var positive: [Double] = []
        for power in (0..<12).reversed() {
            let value = pow(10, Double(power))
            guard value <= high, abs(position(value) - position(0)) >= 24 else { continue }
            if let last = positive.last, abs(position(last) - position(value)) < 44 { continue }
            positive.append(value)
        }
        let outer = positive.prefix(3)
        return outer.map { -$0 } + [0] + outer.reversed()
    }
}
