import FlowControl
import Synchronization

/// Grants everything and counts nothing: what the harness's loop around a concurrency limit costs by itself; or that and one
/// atomic addition, the least that a permit can cost which somebody else is to see.
final class NullSemaphore: BlockingConcurrencyLimit {
    // Read for every grant, so that the optimiser can't do without them.
    private let grants = Atomic(true)
    private let granted = Atomic<UInt64>(0)
    private let counts: Bool

    init(counting counts: Bool = false) { self.counts = counts }

    @inline(__always)
    func tryAcquire(_ weight: Int) -> PermitAcquisition {
        if counts { granted.wrappingAdd(1, ordering: .relaxed) }
        return grants.load(ordering: .relaxed) ? .granted : .refused
    }

    func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        guard tryAcquire(weight).isGranted else { throw .timedOut }
    }

    @available(*, noasync, message: "blocks the thread; use acquire(_:timeout:) in a task")
    func acquireBlocking(_ weight: Int, timeout: Duration?) throws(PermitError) {
        guard tryAcquire(weight).isGranted else { throw .timedOut }
    }

    @inline(__always)
    func release(_ weight: Int) {}

    func statistics() -> ConcurrencyLimitStatistics {
        ConcurrencyLimitStatistics(limit: 1, inUse: 0, waiting: 0, granted: nil, refused: nil, peakInUse: nil)
    }
}
