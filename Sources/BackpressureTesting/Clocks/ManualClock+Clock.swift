internal import ConcurrencySupport

// A `Swift.Clock` too, for deadlines.

extension ManualClock: Clock {
    /// A reading of a ``ManualClock``.
    public struct Instant: InstantProtocol {
        /// How long after the clock's zero; negative before it.
        public let offset: Duration

        /// The instant so long after the clock's zero.
        public init(offset: Duration) {
            self.offset = offset
        }

        /// The instant later by `duration`, or earlier if that is negative.
        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }

        /// How long after this one the other is; negative if it is earlier.
        public func duration(to other: Instant) -> Duration { other.offset - offset }

        /// Whether the first is earlier.
        public static func < (first: Instant, second: Instant) -> Bool { first.offset < second.offset }
    }

    /// What the clock was set to.
    public var now: Instant { Instant(offset: .nanoseconds(Int64(clamping: nanoseconds()))) }

    /// One nanosecond: deadlines in between are rounded up.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Suspends until the clock was moved to `deadline` or past it; the tolerance changes nothing.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let whole = deadline.offset.nanosecondsClamped
        let isWhole = Duration.nanoseconds(Int64(clamping: whole)) >= deadline.offset
        try await sleep(untilNanoseconds: isWhole ? whole : whole + 1)
    }

    /// Moves time on and wakes whoever has slept long enough. O(sleepers).
    public func advance(by duration: Duration) {
        advance(byNanoseconds: duration.nanosecondsClamped)
    }
}
