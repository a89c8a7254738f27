public import ConcurrencySupport

/// A weighted semaphore behind an actor: every operation is a hop to it.
///
/// See ``ConcurrencyLimit`` for the promises. Counts everything exactly. A cancellation or a deadline comes as a message to
/// the actor, so it takes effect a little later than with the other families; a request granted meanwhile has its permits.
///
/// Declared `final` on purpose: calls are direct then.
///
/// - Complexity: O(1); a cancelled or late wait and ``setLimit(_:)`` O(waiters).
public final actor ActorSemaphore: AdjustableConcurrencyLimit {
    @usableFromInline typealias State = SemaphoreState<PermitSleeper<ThreadSemaphore>>

    @usableFromInline var state: State
    private let clock: any NanosecondClock

    /// A semaphore with all its permits free.
    ///
    /// - Parameters:
    ///   - limit: the most permits in use at once; from 1 to 2³¹ − 1, else a precondition fails.
    ///   - clock: what deadlines are measured on.
    public init(limit: Int, clock: any NanosecondClock = SystemNanosecondClock()) {
        state = State(limit: limit)
        self.clock = clock
    }

    /// Asks for permits now; never waits. See ``ConcurrencyLimit/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ weight: Int = 1) -> PermitAcquisition {
        PermitBounds.check(weight: weight)
        return state.tryAcquire(weight)
    }

    /// Waits for permits, first come first served. See ``ConcurrencyLimit/acquire(_:timeout:)``.
    public func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        PermitBounds.check(weight: weight)
        if Task.isCancelled {
            state.countRefusal()
            throw .cancelled
        }
        switch state.ask(weight) {
        case .granted: return
        case .exceedsLimit:
            state.countRefusal()
            throw .exceedsLimit
        case .refused: break
        }
        if let timeout, timeout <= .zero {
            state.countRefusal()
            throw .timedOut
        }
        let number = state.takeNumber()
        let deadline = timeout.map { clock.nanoseconds() + $0.nanosecondsClamped }
        let end = await withTaskCancellationHandler {
            await wait(weight, number: number, deadline: deadline)
        } onCancel: {
            Task { await self.leave(number, with: .cancelled) }
        }
        try end.get()
    }

    /// Gives permits back. See ``ConcurrencyLimit/release(_:)``.
    @inlinable
    public func release(_ weight: Int = 1) {
        PermitBounds.check(weight: weight)
        state.release(weight)()
    }

    /// Changes the limit. See ``AdjustableConcurrencyLimit/setLimit(_:)``.
    public func setLimit(_ limit: Int) {
        state.setLimit(limit)()
    }

    /// Exact, all at one instant.
    public func statistics() -> ConcurrencyLimitStatistics { state.statistics }

    // Up to its suspension this runs on the actor without a break: a message that the request is cancelled or late finds it
    // in the line, or finds that it has left.
    private func wait(_ weight: Int, number: UInt64, deadline: UInt64?) async -> PermitWaitEnd {
        var timer: Task<Void, Never>?
        let end = await withUnsafeContinuation { (continuation: UnsafeContinuation<PermitWaitEnd, Never>) in
            if Task.isCancelled {
                state.countRefusal()
                continuation.resume(returning: .cancelled)
            } else if let end = state.enter(weight, number: number, sleeper: .task(continuation)) {
                continuation.resume(returning: end)
            } else if let deadline {
                timer = Task.detached { [clock] in
                    guard (try? await clock.sleep(untilNanoseconds: deadline)) != nil else { return }
                    await self.leave(number, with: .timedOut)
                }
            }
        }
        timer?.cancel()
        return end
    }

    private func leave(_ number: UInt64, with end: PermitWaitEnd) {
        state.leave(number, with: end)()
    }
}
