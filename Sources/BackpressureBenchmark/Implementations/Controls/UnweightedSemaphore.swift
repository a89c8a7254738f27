import ConcurrencySupport
import FlowControl

/// The control that must be caught: each request takes one permit, whatever it weighs, so that more is in use than the limit.
///
/// What a counting semaphore does that is used for work of different sizes.
final class UnweightedSemaphore: BlockingConcurrencyLimit {
    private let base: MutexSemaphore

    init(limit: Int, clock: any NanosecondClock) { base = MutexSemaphore(limit: limit, clock: clock) }

    func tryAcquire(_ weight: Int) -> PermitAcquisition { base.tryAcquire(1) }

    func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        try await base.acquire(1, timeout: timeout)
    }

    @available(*, noasync, message: "blocks the thread; use acquire(_:timeout:) in a task")
    func acquireBlocking(_ weight: Int, timeout: Duration?) throws(PermitError) {
        try base.acquireBlocking(1, timeout: timeout)
    }

    func release(_ weight: Int) { base.release(1) }
    func statistics() -> ConcurrencyLimitStatistics { base.statistics() }
}
