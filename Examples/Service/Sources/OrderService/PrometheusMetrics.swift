import Metrics
import Synchronization

/// A metrics factory whose figures can be read in Prometheus' text form.
///
/// As small as an example can be: counters and meters, which are all that the service has. Timers and recorders keep their
/// count and sum.
package final class PrometheusMetrics: MetricsFactory {
    /// One time series.
    fileprivate final class Series: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
        struct Values: Sendable {
            var value = 0.0
            var count = 0
        }

        let values = Mutex(Values())

        func increment(by amount: Int64) { add(Double(amount)) }
        func increment(by amount: Double) { add(amount) }
        func decrement(by amount: Double) { add(-amount) }
        func reset() { values.withLock { $0 = Values() } }
        func set(_ value: Int64) { set(Double(value)) }
        func set(_ value: Double) { values.withLock { $0.value = value } }
        func record(_ value: Int64) { add(Double(value)) }
        func record(_ value: Double) { add(value) }
        func recordNanoseconds(_ nanoseconds: Int64) { add(Double(nanoseconds) / 1e9) }

        private func add(_ amount: Double) {
            values.withLock { values in
                values.value += amount
                values.count += 1
            }
        }
    }

    fileprivate enum Form: String, Sendable {
        case counter, gauge, summary
    }

    fileprivate struct Family: Sendable {
        var form: Form
        var series: [String: Series] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        series(label, dimensions, .summary)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .summary)
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// All figures, in the text exposition format 0.0.4, sorted by name.
    package var text: String {
        let families = families.withLock { $0 }
        var lines: [String] = []
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            lines.append("# TYPE \(name) \(family.form.rawValue)")
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                let values = series.values.withLock { $0 }
                if family.form == .summary {
                    lines.append("\(name)_sum\(labels) \(values.value)")
                    lines.append("\(name)_count\(labels) \(values.count)")
                } else {
                    lines.append("\(name)\(labels) \(values.value)")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func series(_ label: String, _ dimensions: [(String, String)], _ form: Form) -> Series {
        let name = Self.name(label)
        let labels = Self.labels(dimensions)
        return families.withLock { families in
            var family = families[name] ?? Family(form: form)
            let series = family.series[labels] ?? Series()
            family.series[labels] = series
            families[name] = family
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, var family) in families {
                family.series = family.series.filter { $0.value !== handler }
                families[name] = family.series.isEmpty ? nil : family
            }
        }
    }

    /// Letters, digits, `_` and `:`, as Prometheus wants.
    private static func name(_ label: String) -> String {
        String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
    }

    private static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        let parts = dimensions.map { key, value in
            var escaped = ""
            for character in value {
                switch character {
                case "\\": escaped += "\\\\"
                case "\"": escaped += "\\\""
                case "\n": escaped += "\\n"
                default: escaped.append(character)
                }
            }
            return "\(name(key))=\"\(escaped)\""
        }
        return "{\(parts.joined(separator: ","))}"
    }
}
