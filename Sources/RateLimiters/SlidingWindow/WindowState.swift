public import DequeModule

/// How finely a window is remembered: ``EveryGrant`` or ``Buckets``.
///
/// Tells the sliding log's type from the sliding window's; there is nothing to implement.
public protocol WindowPrecision: Sendable {}

/// Every grant is remembered with its own time: the sliding log, exact.
public enum EveryGrant: WindowPrecision {}

/// Grants are remembered bucket by bucket, as if each had been made when the last of its bucket was: the sliding window.
public enum Buckets: WindowPrecision {}

/// What a limiter of windows remembers: a ``WindowLog`` of whichever precision.
public protocol WindowState: LimiterState {
    /// Changes limit and window, and what those who wait are promised.
    mutating func update(
        limit: Int,
        window: Duration,
        _ line: inout Deque<PermitPlace>,
        atNanoseconds now: UInt64
    )
}
