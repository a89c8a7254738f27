public import ConcurrencySupport

/// A weighted semaphore behind a lock.
///
/// See ``ConcurrencyLimit`` for the promises. Counts everything exactly.
///
/// - Complexity: O(1); a cancelled or late wait and ``setLimit(_:)`` O(waiters). No allocation unless somebody waits.
public final class MutexSemaphore: BlockingConcurrencyLimit, AdjustableConcurrencyLimit {
    @usableFromInline typealias State = SemaphoreState<PermitSleeper<ThreadSemaphore>>

    @usableFromInline let state: Lock<State>
    let clock: any NanosecondClock

    /// A semaphore with all its permits free.
    ///
    /// - Parameters:
    ///   - limit: the most permits in use at once; from 1 to 2³¹ − 1, else a precondition fails.
    ///   - clock: what deadlines are measured on.
    public init(limit: Int, clock: any NanosecondClock = SystemNanosecondClock()) {
        state = Lock(State(limit: limit))
        self.clock = clock
    }

    /// Asks for permits now; never waits. See ``ConcurrencyLimit/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ weight: Int = 1) -> PermitAcquisition {
        PermitBounds.check(weight: weight)
        return state.withLock { $0.tryAcquire(weight) }
    }

    /// Waits for permits, first come first served. See ``ConcurrencyLimit/acquire(_:timeout:)``.
    public nonisolated(nonsending) func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        try await waitForPermits(weight, timeout: timeout)
    }

    /// Holds this thread until the permits are granted. See ``BlockingConcurrencyLimit/acquireBlocking(_:timeout:)``.
    @available(*, noasync, message: "blocks the thread; use acquire(_:timeout:) in a task")
    public func acquireBlocking(_ weight: Int = 1, timeout: Duration? = nil) throws(PermitError) {
        try parkForPermits(weight, timeout: timeout)
    }

    /// Gives permits back. See ``ConcurrencyLimit/release(_:)``.
    @inlinable
    public func release(_ weight: Int = 1) {
        PermitBounds.check(weight: weight)
        state.withLock { $0.release(weight) }()
    }

    /// Changes the limit. See ``AdjustableConcurrencyLimit/setLimit(_:)``.
    public func setLimit(_ limit: Int) {
        state.withLock { $0.setLimit(limit) }()
    }

    /// Exact, all at one instant.
    public func statistics() -> ConcurrencyLimitStatistics {
        state.withLock { $0.statistics }
    }
}

extension MutexSemaphore: PermitLineOwner {
    typealias Semaphore = ThreadSemaphore

    func askOrTakeNumber(_ weight: Int) -> (answer: PermitAcquisition, number: UInt64) {
        state.withLock { state in
            let answer = state.ask(weight)
            return (answer, answer == .refused ? state.takeNumber() : 0)
        }
    }

    func countRefusal() { state.withLock { $0.countRefusal() } }

    func enter(
        _ weight: Int,
        number: UInt64,
        sleeper: PermitSleeper<ThreadSemaphore>,
        isCancelled: () -> Bool
    ) -> PermitWaitEnd? {
        state.withLock { state in
            if isCancelled() {
                state.countRefusal()
                return .cancelled
            }
            return state.enter(weight, number: number, sleeper: sleeper)
        }
    }

    func leave(_ number: UInt64, with end: PermitWaitEnd) {
        state.withLock { $0.leave(number, with: end) }()
    }
}
