internal import Histogram

/// The latencies of the last while: HDR histograms, one for each part of the window, of which the oldest is emptied and used
/// again as time goes on.
///
/// Memory is constant and nothing is ever sorted. Reading costs O(parts × counters), whatever was recorded.
struct LatencyWindow: Sendable {
    private let partNanoseconds: UInt64
    private var parts: [Histogram<UInt64>]
    private var merged: Histogram<UInt64>
    /// Which part of time the newest histogram is for, counted from the clock's origin.
    private var newest: UInt64?

    /// - Parameters:
    ///   - nanoseconds: how long a latency is remembered: at least this, and less than one part and one interval between
    ///     readings longer.
    ///   - parts: how many parts there are in that.
    init(nanoseconds: UInt64, parts: Int) {
        precondition(parts >= 1 && nanoseconds >= UInt64(parts), "a window of \(nanoseconds) ns has no \(parts) parts")
        partNanoseconds = nanoseconds.dividedRoundingUp(by: UInt64(parts))
        let empty = Histogram<UInt64>(
            lowestDiscernibleValue: 1,
            highestTrackableValue: LatencyBuckets.largestNanoseconds,
            numberOfSignificantValueDigits: .two
        )
        merged = empty
        // One more than the window has: the newest is not yet whole.
        self.parts = Array(repeating: empty, count: parts + 1)
    }

    /// Takes in what was recorded since the last reading, forgets what is too old, and says what there is.
    ///
    /// - Parameter now: not before that of the reading before; what is, counts as that.
    mutating func read(_ recorder: LatencyRecorder, now: UInt64) -> LatencySummary? {
        advance(to: now / partNanoseconds)
        let slot = Int((newest ?? 0) % UInt64(parts.count))
        recorder.takeCounts { index, count in
            // The longest latency that the counter stands for: what is reported is never better than what was.
            let isTracked = parts[slot].record(LatencyBuckets.longest(at: index), count: UInt64(count))
            assert(isTracked, "every counter's latency lies in the histogram's range")
        }
        merged.reset()
        for part in parts where part.totalCount > 0 { merged.add(part) }
        return LatencySummary(merged)
    }

    private mutating func advance(to part: UInt64) {
        guard let last = newest else {
            newest = part
            return
        }
        guard part > last else { return }
        for number in 0..<min(part - last, UInt64(parts.count)) {
            parts[Int((part - number) % UInt64(parts.count))].reset()
        }
        newest = part
    }

    /// A high estimate of what the histograms take, in bytes: constant.
    var memoryBytes: Int {
        parts.reduce(merged.estimatedFootprintInBytes) { $0 + $1.estimatedFootprintInBytes }
    }
}

extension UInt64 {
    func dividedRoundingUp(by divisor: UInt64) -> UInt64 {
        self / divisor + (self % divisor == 0 ? 0 : 1)
    }
}
