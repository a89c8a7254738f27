public import ConcurrencySupport

/// Grants at most `limit` permits in *any* window of a given length, wherever it begins, and refuses nothing that this
/// leaves room for: the exact limit, behind a lock.
///
/// Every grant of the last window is remembered; its permits come back a window after it was made, to the nanosecond.
///
/// - **Envelope.** Over all windows (t, t + `window`] at most `limit` permits are granted. (Over a time T that is at most
///   `limit · ⌈T / window⌉`. After a rest the whole limit may pass in one instant; what spreads requests is a token bucket
///   of a small burst.)
/// - **Full use.** What the limit leaves is granted.
/// - **Any clock.** Time is what the clock goes forwards: after a jump forwards old permits are back early, a clock that is
///   set back stands still.
/// - **Memory.** 24 bytes a permit, allocated once. ``MutexSlidingWindow`` keeps the same envelope in little.
///
/// There is no lock-free version: an answer depends on as many words of memory as there are grants to remember, and no
/// processor changes those at once. If the envelope `burst + rate · T` will do, ``LockFreeTokenBucket`` keeps it in one.
///
/// - Complexity: amortised O(1), since each grant is forgotten once; a refusal looks at no more grants than it asks for
///   permits. A cancelled wait: O(those behind it).
public typealias MutexSlidingLog<ClockType: NanosecondClock> = MutexLimiter<WindowLog<EveryGrant>, ClockType>

/// A sliding log behind an actor: the same as ``MutexSlidingLog``, with a hop to the actor for each request.
///
/// If the envelope `burst + rate · T` will do, ``LockFreeTokenBucket`` keeps it without lock or actor.
public typealias ActorSlidingLog<ClockType: NanosecondClock> = ActorLimiter<WindowLog<EveryGrant>, ClockType>

extension MutexLimiter where State == WindowLog<EveryGrant> {
    /// A log of nothing granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; 1 to 16 million, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - clock: where time is read, on every request, and slept.
    public convenience init(limit: Int, window: Duration, clock: ClockType) {
        self.init(state: WindowLog(WindowShape(limit: limit, window: window, buckets: nil)), clock: clock)
    }
}

extension MutexLimiter where State == WindowLog<EveryGrant>, ClockType == SystemNanosecondClock {
    /// A log of nothing granted yet, on the machine's monotonic clock.
    public convenience init(limit: Int, window: Duration) {
        self.init(limit: limit, window: window, clock: SystemNanosecondClock())
    }
}

extension ActorLimiter where State == WindowLog<EveryGrant> {
    /// A log of nothing granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window, and in any request; 1 to 16 million, else a precondition fails.
    ///   - window: the window's length; above zero and at most 100 years, else a precondition fails. A fraction of a
    ///     nanosecond counts as a whole one.
    ///   - clock: where time is read, on every request, and slept.
    public init(limit: Int, window: Duration, clock: ClockType) {
        self.init(state: WindowLog(WindowShape(limit: limit, window: window, buckets: nil)), clock: clock)
    }
}

extension ActorLimiter where State == WindowLog<EveryGrant>, ClockType == SystemNanosecondClock {
    /// A log of nothing granted yet, on the machine's monotonic clock.
    public init(limit: Int, window: Duration) {
        self.init(limit: limit, window: window, clock: SystemNanosecondClock())
    }
}

extension MutexLimiter where State: WindowState {
    /// Changes limit and window while in use; a sliding window keeps its number of buckets.
    ///
    /// What was granted stays remembered, and so no window of the shorter of the two lengths ever holds more than the larger
    /// of the two limits. Whoever waits goes on waiting, in the same order, for the time that the new limit gives; a request
    /// for more than the new limit that was made before passes when nothing else is in the window.
    ///
    /// O(grants remembered + requests waiting).
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window from now on; at least 1, else a precondition fails.
    ///   - window: the window's length from now on; above zero and at most 100 years, else a precondition fails.
    public func update(limit: Int, window: Duration) {
        change { $0.update(limit: limit, window: window, &$1, atNanoseconds: $2) }
    }
}

extension ActorLimiter where State: WindowState {
    /// Changes limit and window while in use; a sliding window keeps its number of buckets.
    ///
    /// What was granted stays remembered, and so no window of the shorter of the two lengths ever holds more than the larger
    /// of the two limits. Whoever waits goes on waiting, in the same order, for the time that the new limit gives; a request
    /// for more than the new limit that was made before passes when nothing else is in the window.
    ///
    /// O(grants remembered + requests waiting).
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window from now on; at least 1, else a precondition fails.
    ///   - window: the window's length from now on; above zero and at most 100 years, else a precondition fails.
    public func update(limit: Int, window: Duration) {
        change { $0.update(limit: limit, window: window, &$1, atNanoseconds: $2) }
    }
}
