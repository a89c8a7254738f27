internal import ConcurrencySupport

/// How often a ``WatermarkController`` flushes and how much at once, by how long flushes take: a pure value.
///
/// | a flush took | interval | batch |
/// |---|---|---|
/// | over 1.5 × the target | × 1.5 | × 0.8 |
/// | under 0.5 × the target | × 0.8 | × 1.2 |
///
/// In between nothing changes, and both stay within their bounds.
public struct FlushPacing: Sendable, Hashable {
    /// How long a flush is to take, in nanoseconds.
    public let targetNanoseconds: UInt64
    /// The shortest and the longest pause between two flushes of batches that aren't full, in nanoseconds.
    public let intervalBounds: ClosedRange<UInt64>
    /// The smallest and the largest batch.
    public let batchBounds: ClosedRange<Int>
    /// How long after a flush the next begins at the latest if there is anything to flush, in nanoseconds.
    public private(set) var intervalNanoseconds: UInt64
    /// The most elements of a flush; so many waiting are flushed at once.
    public private(set) var batchSize: Int

    /// Starts with the given interval and batch, brought within their bounds.
    ///
    /// - Parameters:
    ///   - target: how long a flush is to take; above zero, else a precondition fails.
    ///   - interval: to begin with.
    ///   - intervals: its bounds, the lower one above zero, else a precondition fails.
    ///   - batch: to begin with.
    ///   - batches: its bounds, the lower one at least 1, else a precondition fails.
    public init(
        target: Duration = .milliseconds(50),
        interval: Duration = .milliseconds(100),
        intervals: ClosedRange<Duration> = .milliseconds(5)...(.seconds(5)),
        batch: Int = 64,
        batches: ClosedRange<Int> = 1...1_024
    ) {
        precondition(target > .zero, "a flush can't be to take \(target)")
        precondition(intervals.lowerBound > .zero, "an interval must be above zero; it was \(intervals.lowerBound)")
        precondition(batches.lowerBound >= 1, "a batch has at least one element; it was \(batches.lowerBound)")
        targetNanoseconds = max(target.nanosecondsClamped, 1)
        intervalBounds =
            max(intervals.lowerBound.nanosecondsClamped, 1)...max(intervals.upperBound.nanosecondsClamped, 1)
        batchBounds = batches
        intervalNanoseconds = FlushPacing.clamp(interval.nanosecondsClamped, to: intervalBounds)
        batchSize = FlushPacing.clamp(batch, to: batches)
    }

    /// Always the same interval and batch.
    public static func fixed(interval: Duration, batch: Int) -> FlushPacing {
        FlushPacing(interval: interval, intervals: interval...interval, batch: batch, batches: batch...batch)
    }

    /// A flush took so long.
    public mutating func record(latencyNanoseconds: UInt64) {
        let latency = Double(latencyNanoseconds)
        let target = Double(targetNanoseconds)
        if latency > 1.5 * target {
            scale(interval: 1.5, batch: 0.8)
        } else if latency < 0.5 * target {
            scale(interval: 0.8, batch: 1.2)
        }
    }

    private mutating func scale(interval: Double, batch: Double) {
        // Rounded away from where it is, or small batches would never change.
        let size = (Double(batchSize) * batch).rounded(batch > 1 ? .up : .down)
        batchSize = FlushPacing.clamp(Int(exactly: size) ?? .max, to: batchBounds)
        let nanoseconds = (Double(intervalNanoseconds) * interval).rounded(interval > 1 ? .up : .down)
        intervalNanoseconds = FlushPacing.clamp(UInt64(exactly: nanoseconds) ?? .max, to: intervalBounds)
    }

    private static func clamp<Number: Comparable>(_ number: Number, to bounds: ClosedRange<Number>) -> Number {
        min(max(number, bounds.lowerBound), bounds.upperBound)
    }
}
