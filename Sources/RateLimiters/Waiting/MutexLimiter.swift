public import ConcurrencySupport

/// A rate limiter behind a lock: see ``MutexTokenBucket``, which is how to name it.
///
/// The clock is read inside the lock, so decisions are made in the order of their times.
public final class MutexLimiter<State: LimiterState, ClockType: NanosecondClock>: SynchronousRateLimiter {
    @usableFromInline let guarded: Lock<Guarded>
    @usableFromInline let clock: ClockType

    @usableFromInline
    struct Guarded: Sendable {
        @usableFromInline var state: State
        var line: WaitingLine

        init(state: State, line: WaitingLine) { (self.state, self.line) = (state, line) }
    }

    init(state: State, clock: ClockType) {
        guarded = Lock(Guarded(state: state, line: WaitingLine(leadNanoseconds: clock.spinNanoseconds)))
        self.clock = clock
    }

    /// Asks for permits now; never waits. See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        while true {
            let answer = guarded.withLock { guarded in
                guarded.state.tryAcquire(UInt64(permits), atNanoseconds: clock.nanoseconds())
            }
            if let answer { return answer }
            mendState()
        }
    }

    @usableFromInline
    func mendState() { mend() }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    ///
    /// - Complexity: O(1) to join the line and to be granted; one timer for all who wait. Cancellation O(waiters).
    public func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        precondition(permits > 0, "a request must be for at least one permit; got \(permits)")
        try await waitForPermits(permits, timeout: timeout)
    }
}

extension MutexLimiter: LineOwner {
    func withLine<Result>(
        _ body: (_ state: inout State, _ line: inout WaitingLine, _ nowNanoseconds: UInt64) -> Result
    ) -> Result {
        guarded.withLock { body(&$0.state, &$0.line, clock.nanoseconds()) }
    }
}
