internal import Histogram

/// What the latencies of a window were like.
///
/// Each figure is at least the exact one (the smallest recorded latency that the named share is no longer than) and at most
/// ``LatencyBuckets/relativeError`` of it longer.
public struct LatencySummary: Sendable, Hashable {
    /// How many latencies were recorded in the window.
    public var count: UInt64
    /// Half were no longer than this, in nanoseconds.
    public var p50Nanoseconds: UInt64
    /// 95 % were no longer than this, in nanoseconds.
    public var p95Nanoseconds: UInt64
    /// 99 % were no longer than this, in nanoseconds.
    public var p99Nanoseconds: UInt64
    /// 99.9 % were no longer than this, in nanoseconds.
    public var p999Nanoseconds: UInt64
    /// None was longer than this, in nanoseconds.
    public var longestNanoseconds: UInt64

    /// Half were no longer than this.
    public var p50: Duration { .nanoseconds(Int64(clamping: p50Nanoseconds)) }
    /// 95 % were no longer than this.
    public var p95: Duration { .nanoseconds(Int64(clamping: p95Nanoseconds)) }
    /// 99 % were no longer than this.
    public var p99: Duration { .nanoseconds(Int64(clamping: p99Nanoseconds)) }
    /// 99.9 % were no longer than this.
    public var p999: Duration { .nanoseconds(Int64(clamping: p999Nanoseconds)) }
    /// None was longer than this.
    public var longest: Duration { .nanoseconds(Int64(clamping: longestNanoseconds)) }

    /// `nil`: nothing was recorded.
    init?(_ histogram: Histogram<UInt64>) {
        guard histogram.totalCount > 0 else { return nil }
        count = histogram.totalCount
        p50Nanoseconds = histogram.valueAtPercentile(50)
        p95Nanoseconds = histogram.valueAtPercentile(95)
        p99Nanoseconds = histogram.valueAtPercentile(99)
        p999Nanoseconds = histogram.valueAtPercentile(99.9)
        longestNanoseconds = histogram.maxRecorded
    }
}
