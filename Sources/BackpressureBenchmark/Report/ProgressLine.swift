/// How far a run is, for people who wait for it.
///
/// Says what to print and prints nothing; the time comes from outside. On a terminal one line is rewritten in place;
/// elsewhere, in a log, plain lines come at most once in ``plainIntervalSeconds``.
package struct ProgressLine: Sendable {
    package static let plainIntervalSeconds = 2.0

    private static let startOfLine = "\r"
    private static let clearToEnd = "\u{1B}[K"

    private let terminalWidth: Int?
    private var lastPrintedSeconds: Double?

    /// - Parameter terminalWidth: in columns; `nil`: not a terminal.
    package init(terminalWidth: Int?) {
        self.terminalWidth = terminalWidth
    }

    /// What to print now, if anything.
    ///
    /// - Parameters:
    ///   - step: the measurement under way, from 1.
    ///   - steps: how many there are.
    ///   - label: what is being measured.
    ///   - remainingSeconds: the time left; `nil`: unknown.
    ///   - seconds: the time of this call, on any clock.
    package mutating func update(
        step: Int,
        of steps: Int,
        label: String,
        remainingSeconds: Double?,
        atSeconds seconds: Double
    ) -> String? {
        let left = remainingSeconds.map { ", \(Numbers.timeLeft(seconds: $0)) left" } ?? ""
        let start = "[\(step)/\(steps)] "
        guard let terminalWidth else {
            if let last = lastPrintedSeconds, seconds < last + Self.plainIntervalSeconds { return nil }
            lastPrintedSeconds = seconds
            return start + label.onOneLine + left + "\n"
        }
        lastPrintedSeconds = seconds
        // The last column stays free: a character there moves some terminals on to the next line.
        let room = max(0, terminalWidth - 1)
        let label = label.onOneLine.fitted(to: max(0, room - start.displayWidth - left.displayWidth))
        return Self.startOfLine + (start + label + left).fitted(to: room) + Self.clearToEnd
    }

    /// What to print before anything else is printed, and at the end: clears the line if there is one.
    package mutating func clear() -> String? {
        defer { if terminalWidth != nil { lastPrintedSeconds = nil } }
        guard terminalWidth != nil, lastPrintedSeconds != nil else { return nil }
        return Self.startOfLine + Self.clearToEnd
    }
}

/// The time left of planned work of several kinds, learned from how long finished work of the same kind took against its
/// plan.
package struct RemainingTime: Sendable, Equatable {
    private struct Part: Sendable, Equatable {
        var leftSeconds: Double
        /// What its plan is believed for: a fifth of all, as if that had taken just as long as planned. So the first few
        /// pieces of work don't decide what is said of the rest.
        let trustedSeconds: Double
        var plannedSeconds = 0.0
        var actualSeconds = 0.0

        init(plannedSeconds: Double) {
            leftSeconds = plannedSeconds
            trustedSeconds = plannedSeconds / 5
        }

        var remainingSeconds: Double {
            let believed = plannedSeconds + trustedSeconds
            return believed > 0 ? leftSeconds * (actualSeconds + trustedSeconds) / believed : 0
        }
    }

    private var parts: [String: Part]

    /// - Parameter plannedSeconds: of all the work, by kind.
    package init(plannedSeconds: [String: Double]) {
        parts = plannedSeconds.mapValues { Part(plannedSeconds: Self.sane($0)) }
    }

    /// Work of one kind.
    package init(plannedSeconds: Double) { self.init(plannedSeconds: ["": plannedSeconds]) }

    /// Counts a piece of work as done: how long it was to take, how long it took. What wasn't planned counts as nothing.
    package mutating func finished(planned plannedSeconds: Double, actual actualSeconds: Double, kind: String = "") {
        let planned = Self.sane(plannedSeconds)
        guard planned > 0, var part = parts[kind] else { return }
        part.leftSeconds = max(0, part.leftSeconds - planned)
        part.plannedSeconds += planned
        part.actualSeconds += Self.sane(actualSeconds)
        parts[kind] = part
    }

    /// The plan of what is left, each kind stretched as its finished work was; the plan itself before any is finished. Never
    /// below 0.
    package var remainingSeconds: Double { parts.values.reduce(0) { $0 + $1.remainingSeconds } }

    private static func sane(_ seconds: Double) -> Double {
        seconds.isFinite ? max(0, seconds) : 0
    }
}
