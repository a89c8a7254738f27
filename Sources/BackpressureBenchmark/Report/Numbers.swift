import Foundation

/// Figures for people: three significant digits and a prefix, the same in every locale, '–' for what wasn't measured.
package enum Numbers {
    package static let notMeasured = "–"

    /// `12.3 M/s`, `812 k/s`.
    package static func rate(_ perSecond: Double?) -> String {
        scaled(perSecond, decimalPrefixes) { "\($0) \($1)/s" }
    }

    /// `4.20 M`, `17`.
    package static func count(_ count: Double?) -> String {
        scaled(count, decimalPrefixes) { $1.isEmpty ? $0 : "\($0) \($1)" }
    }

    /// `850 ns`, `1.24 µs`, `3.00 s`.
    package static func duration(nanoseconds: Double?) -> String {
        scaled(nanoseconds, ["ns", "µs", "ms", "s"]) { "\($0) \($1)" }
    }

    /// `512 B`, `1.5 MiB`.
    package static func bytes(_ bytes: Double?) -> String {
        scaled(bytes, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], base: 1_024, mostDecimals: 1) { "\($0) \($1)" }
    }

    /// A plain figure with as many decimals as are said: `0.00`.
    package static func decimal(_ value: Double?, decimals: Int = 2) -> String {
        guard let value, value.isFinite else { return notMeasured }
        return fixed(value, decimals)
    }

    /// `1.84x`.
    package static func ratio(_ ratio: Double?) -> String {
        guard let ratio, ratio.isFinite else { return notMeasured }
        return fixed(ratio, 2) + "x"
    }

    /// `1.84x [1.80, 1.90]`; without the interval where there is none.
    package static func ratio(_ estimate: Estimate?) -> String {
        let median = ratio(estimate?.median)
        guard let low = estimate?.low, let high = estimate?.high else { return median }
        return "\(median) [\(decimal(low)), \(decimal(high))]"
    }

    /// A factor as what it adds or takes away: `-5.1 % [-7.0, -3.2]`; without the interval where there is none.
    package static func percentages(_ change: Estimate) -> String {
        func percent(_ factor: Double) -> String {
            let text = decimal((factor - 1) * 100, decimals: 1)
            return factor > 1 ? "+\(text)" : text
        }
        guard let low = change.low, let high = change.high else { return "\(percent(change.median)) %" }
        return "\(percent(change.median)) % [\(percent(low)), \(percent(high))]"
    }

    /// Time to wait, as far as it can be foreseen: `45 s`, `1 min 20 s`, `2 h 05 min`.
    package static func timeLeft(seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds < Double(Int32.max) else { return notMeasured }
        let whole = Int(max(0, seconds).rounded(.up))
        let (minutes, hours) = (whole / 60, whole / 3_600)
        if minutes == 0 { return "\(whole) s" }
        if hours == 0 { return "\(minutes) min \(twoDigits(whole % 60)) s" }
        return "\(hours) h \(twoDigits(minutes % 60)) min"
    }

    private static let decimalPrefixes = ["", "k", "M", "G", "T"]

    /// Divides by the largest power of `base` that leaves 1 or more after rounding.
    private static func scaled(
        _ value: Double?,
        _ prefixes: [String],
        base: Double = 1_000,
        mostDecimals: Int = 2,
        _ joined: (String, String) -> String
    ) -> String {
        guard let value, value.isFinite else { return notMeasured }
        var scaled = value
        var step = 0
        while step + 1 < prefixes.count, rounded(scaled.magnitude, mostDecimals) >= base {
            scaled /= base
            step += 1
        }
        // What is counted in whole units is shown in whole units.
        let isWhole = step == 0 && scaled == scaled.rounded()
        return joined(fixed(scaled, isWhole ? 0 : decimals(scaled.magnitude, mostDecimals)), prefixes[step])
    }

    /// Decimals that make three significant digits, also when rounding makes one digit more.
    private static func decimals(_ magnitude: Double, _ most: Int) -> Int {
        (0...most).reversed().first { decimals in magnitude * pow(10, Double(decimals)) < 999.5 } ?? 0
    }

    private static func rounded(_ magnitude: Double, _ mostDecimals: Int) -> Double {
        let unit = pow(10, Double(decimals(magnitude, mostDecimals)))
        return (magnitude * unit).rounded() / unit
    }

    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value)
        return text.contains { $0 != "-" && $0 != "0" && $0 != "." } ? text : text.replacing("-", with: "")
    }

    private static func twoDigits(_ value: Int) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
