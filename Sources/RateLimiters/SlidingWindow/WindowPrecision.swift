public import ConcurrencySupport

/// How finely a limiter remembers what it granted within a window: ``EveryGrant`` or ``Buckets``.
///
/// Tells the sliding log's type from the sliding window's; there is nothing to implement.
public protocol WindowPrecision: Sendable {}

/// Every grant is remembered with its own time: the sliding log, exact.
public enum EveryGrant: WindowPrecision {}

/// Grants are remembered bucket by bucket, each as if it had been made at the time of the bucket's last: the sliding window.
public enum Buckets: WindowPrecision {}

/// A sliding log behind a lock: at most `limit` permits in any window, and never a refusal that the exact count wouldn't
/// give. See ``MutexWindowLimiter``.
public typealias MutexSlidingLog<ClockType: NanosecondClock> = MutexWindowLimiter<EveryGrant, ClockType>

/// A sliding window behind a lock: at most `limit` permits in any window, in memory that doesn't depend on the limit. See
/// ``MutexWindowLimiter``.
public typealias MutexSlidingWindow<ClockType: NanosecondClock> = MutexWindowLimiter<Buckets, ClockType>

/// A sliding log behind an actor: at most `limit` permits in any window, and never a refusal that the exact count wouldn't
/// give. See ``ActorWindowLimiter``.
public typealias ActorSlidingLog<ClockType: NanosecondClock> = ActorWindowLimiter<EveryGrant, ClockType>

/// A sliding window behind an actor: at most `limit` permits in any window, in memory that doesn't depend on the limit. See
/// ``ActorWindowLimiter``.
public typealias ActorSlidingWindow<ClockType: NanosecondClock> = ActorWindowLimiter<Buckets, ClockType>
