public import ConcurrencySupport

/// Grants at most `limit` permits in *any* window of a given length, wherever it begins, in memory that doesn't depend on the
/// limit; behind a lock.
///
/// Grants are remembered in runs no longer than a bucket, `window / buckets`, and of no more than a bucket's share of the
/// limit; all permits of a run come back a window after the last of them was granted.
///
/// - **Envelope.** Over all windows (t, t + `window`] at most `limit` permits are granted: the bound by which buckets make it
///   exceed the limit is 0. It never interpolates, as windows of two counters do, which therefore exceed theirs.
/// - **Full use.** The price is that a permit may come back late, by less than a bucket's length. Callers who take at once
///   what is there lose nothing by that in the long run: permits that come back together are taken together, and so come
///   back just a window later, but for the time that taking a bucket's share needs: callers that are busy being granted for a
///   fifth of the time lose a fifth of one part in `buckets`. Steady requests of any rate lose at most one part in
///   `buckets + 1` of the limit. A limit of no more than `buckets` is kept exactly, as a log keeps it.
/// - **Any clock.** Time is what the clock goes forwards: after a jump forwards old permits are back early, a clock that is
///   set back stands still.
/// - **Memory.** 48 bytes a bucket, or 24 bytes a permit of the limit if that is less, allocated once: at most 49 kB with the
///   usual 1 024 buckets. ``MutexSlidingLog`` refuses less, in 24 bytes a permit.
///
/// There is no lock-free version: an answer depends on as many words of memory as there are buckets, and no processor
/// changes those at once. If the envelope `burst + rate · T` will do, ``LockFreeTokenBucket`` keeps it in one.
///
/// - Complexity: amortised O(1), and O(buckets) at most. A cancelled wait: O(those behind it).
public typealias MutexSlidingWindow<ClockType: NanosecondClock> = MutexLimiter<WindowLog<Buckets>, ClockType>

/// A sliding window behind an actor: the same as ``MutexSlidingWindow``, with a hop to the actor for each request.
///
/// If the envelope `burst + rate · T` will do, ``LockFreeTokenBucket`` keeps it without lock or actor.
public typealias ActorSlidingWindow<ClockType: NanosecondClock> = ActorLimiter<WindowLog<Buckets>, ClockType>

extension MutexLimiter where State == WindowLog<Buckets> {
    /// A window in which nothing was granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; at least 1, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - buckets: a permit comes back less than `window / buckets` late; 1 to 8 million, else a precondition fails. Fewer
    ///     take less memory.
    ///   - clock: where time is read, on every request, and slept.
    public convenience init(limit: Int, window: Duration, buckets: Int = 1_024, clock: ClockType) {
        self.init(state: WindowLog(WindowShape(limit: limit, window: window, buckets: buckets)), clock: clock)
    }
}

extension MutexLimiter where State == WindowLog<Buckets>, ClockType == SystemNanosecondClock {
    /// A window in which nothing was granted yet, on the machine's monotonic clock.
    public convenience init(limit: Int, window: Duration, buckets: Int = 1_024) {
        self.init(limit: limit, window: window, buckets: buckets, clock: SystemNanosecondClock())
    }
}

extension ActorLimiter where State == WindowLog<Buckets> {
    /// A window in which nothing was granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; at least 1, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - buckets: a permit comes back less than `window / buckets` late; 1 to 8 million, else a precondition fails. Fewer
    ///     take less memory.
    ///   - clock: where time is read, on every request, and slept.
    public init(limit: Int, window: Duration, buckets: Int = 1_024, clock: ClockType) {
        self.init(state: WindowLog(WindowShape(limit: limit, window: window, buckets: buckets)), clock: clock)
    }
}

extension ActorLimiter where State == WindowLog<Buckets>, ClockType == SystemNanosecondClock {
    /// A window in which nothing was granted yet, on the machine's monotonic clock.
    public init(limit: Int, window: Duration, buckets: Int = 1_024) {
        self.init(limit: limit, window: window, buckets: buckets, clock: SystemNanosecondClock())
    }
}
