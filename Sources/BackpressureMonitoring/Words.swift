internal import ConcurrencySupport

/// Figures as findings write them: two digits and more, the unit that suits.
enum Words {
    static func rate(_ perSecond: Double) -> String { "\(number(perSecond))/s" }

    static func percent(_ share: Double) -> String { "\(number(share * 100)) %" }

    static func duration(_ duration: Duration) -> String { nanoseconds(duration.nanosecondsClamped) }

    static func nanoseconds(_ nanoseconds: UInt64) -> String { seconds(Double(nanoseconds) / 1e9) }

    static func seconds(_ seconds: Double) -> String {
        switch seconds {
        case 7_200...: "\(number(seconds / 3_600)) h"
        case 120...: "\(number(seconds / 60)) min"
        case 1...: "\(number(seconds)) s"
        case 0.001...: "\(number(seconds * 1e3)) ms"
        default: "\(number(seconds * 1e6)) µs"
        }
    }

    /// Whole from 10 on, with a decimal below.
    private static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        if abs(value) >= 9.95 { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
