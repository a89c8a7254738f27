/// Grants permits no faster than a configured rate, driven by tasks.
///
/// What every conforming type promises:
/// - **Envelope.** Over *all* windows the permits granted in (t, t + T] are at most `burst + rate · T`. Limiters of sliding
///   windows, such as ``MutexSlidingLog``, promise instead that no window of the one length they are made for holds more than
///   their limit, which is also what is meant there by the burst.
/// - **Full use.** Under constant demand the long-run rate is the configured one.
/// - A refusal says when the same request would pass if nobody else came.
/// - **Any clock.** A clock that jumps forwards earns a burst and no more. One that is set back, however far, opens nothing,
///   and delays nobody by more than a full bucket takes to refill, or a window lasts.
/// - **Those who wait** have been promised their moments when they joined the line, and the envelope counts them there. Where they
///   are woken late (by a timer, or since the machine was suspended) all whose moments have passed go together.
///
/// The requirements are `async` so that actors can conform; types that decide without suspending refine
/// ``SynchronousRateLimiter``. They run where their caller does (`nonisolated(nonsending)`).
public protocol RateLimiter: Sendable {
    /// Asks for permits now. Never waits for permits.
    ///
    /// - Parameter permits: at least 1, else a precondition fails.
    func tryAcquire(_ permits: Int) async -> Acquisition

    /// Waits for permits, first come first served: a request takes its place when it is made, however many permits it
    /// asks for, and smaller ones behind it don't pass it.
    ///
    /// - Parameters:
    ///   - permits: at least 1, else a precondition fails.
    ///   - timeout: the longest wait; zero: don't wait; `nil`: as long as it takes.
    /// - Throws: ``AcquireError/timeout(retryAfter:)`` at once if the wait would be longer than `timeout`;
    ///   ``AcquireError/exceedsBurst`` at once for more permits than the burst;
    ///   ``AcquireError/cancelled`` if the task is cancelled while it waits. The permits of a cancelled wait are given
    ///   back, and those behind it move up (an implementation may let them lapse if others have queued up behind).
    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError)
}

extension RateLimiter {
    /// Waits for permits as long as it takes. See ``acquire(_:timeout:)``.
    public func acquire(_ permits: Int = 1) async throws(AcquireError) {
        try await acquire(permits, timeout: nil)
    }
}

/// A rate limiter that decides without suspending, so that threads can drive it.
public protocol SynchronousRateLimiter: RateLimiter {
    /// Asks for permits now. Never waits for permits.
    ///
    /// - Parameter permits: at least 1, else a precondition fails.
    func tryAcquire(_ permits: Int) -> Acquisition
}

/// A rate limiter whose rate and burst can change while it is in use.
public protocol AdjustableRateLimiter: RateLimiter {
    /// Changes rate and burst. What was granted stays spent: the permits at hand stay as they are, up to the new burst, and
    /// so no window ever holds more than the larger of the two envelopes. Whoever waits goes on waiting at the new rate.
    ///
    /// - Parameters:
    ///   - rate: permits per time from now on, in the long run.
    ///   - burst: the most permits granted at once from now on; at least 1, else a precondition fails.
    func update(rate: Rate, burst: Int) async
}

/// A rate limiter's answer.
@frozen
public enum Acquisition: Sendable, Hashable {
    /// The permits are the caller's.
    case granted
    /// Not now; ask again after ``Delay/duration``.
    case refused(retryAfter: Delay)
    /// More permits than the burst: no wait would help.
    case exceedsBurst

    /// The permits are the caller's.
    @inlinable
    public var isGranted: Bool { self == .granted }

    /// A time span as a plain number of nanoseconds: `Duration` would cost a refusal a 128-bit multiplication that most
    /// callers don't want.
    @frozen
    public struct Delay: Sendable, Hashable {
        /// The span in nanoseconds.
        public var nanoseconds: UInt64

        /// A span of so many nanoseconds.
        @inlinable
        public init(nanoseconds: UInt64) {
            self.nanoseconds = nanoseconds
        }

        /// The span as a `Duration`.
        @inlinable
        public var duration: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
    }
}

/// Why a rate limiter could not give permits to a caller who was ready to wait.
public enum AcquireError: Error, Hashable, Sendable {
    /// The wait would be longer than the caller allowed; nothing was reserved.
    case timeout(retryAfter: Acquisition.Delay)
    /// More permits than the burst: no wait would help.
    case exceedsBurst
    /// The task was cancelled while it waited.
    case cancelled
}
