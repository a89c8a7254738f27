import BackpressureBenchmark
import ConcurrencySupport
import FlowControl

/// What is wrong with a ``BrokenSemaphore``; the raw value is the id that it is registered under.
enum SemaphoreDefect: String, CaseIterable {
    /// Grants one permit more than its limit.
    case overAdmits = "over-admits"
    /// For each request that is cancelled, permits that come back are lost once.
    case losesPermits = "loses-permits"
    /// One release in a hundred gives nothing back.
    case keepsPermits = "keeps-permits"
    /// Refuses one request in ten though there are permits.
    case refusesInVain = "refuses-in-vain"

    var implementation: ConcurrencyLimitImplementation {
        ConcurrencyLimitImplementation(
            id: rawValue,
            family: .other,
            summary: "broken on purpose",
            make: { ConcurrencyLimitInstance(BrokenSemaphore($0, defect: self)) }
        )
    }
}

/// A semaphore behind a lock that is right but for one defect.
final class BrokenSemaphore: BlockingConcurrencyLimit {
    private let base: MutexSemaphore
    private let defect: SemaphoreDefect
    private let counts = Lock(Counts())

    private struct Counts {
        var cancelled = 0
        var asked = 0
        var released = 0
    }

    init(_ setup: ConcurrencyLimitSetup, defect: SemaphoreDefect) {
        base = MutexSemaphore(limit: setup.limit + (defect == .overAdmits ? 1 : 0), clock: setup.clock)
        self.defect = defect
    }

    func tryAcquire(_ weight: Int) -> PermitAcquisition {
        let asked = counts.withLock { counts in
            counts.asked += 1
            return counts.asked
        }
        return defect == .refusesInVain && asked % 10 == 0 ? .refused : base.tryAcquire(weight)
    }

    func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        do {
            try await base.acquire(weight, timeout: timeout)
        } catch {
            if error == .cancelled { counts.withLock { $0.cancelled += 1 } }
            throw error
        }
    }

    @available(*, noasync, message: "blocks the thread; use acquire(_:timeout:) in a task")
    func acquireBlocking(_ weight: Int, timeout: Duration?) throws(PermitError) {
        try base.acquireBlocking(weight, timeout: timeout)
    }

    func release(_ weight: Int) {
        let isLost = counts.withLock { counts in
            counts.released += 1
            if defect == .losesPermits, counts.cancelled > 0 {
                counts.cancelled -= 1
                return true
            }
            return defect == .keepsPermits && counts.released % 100 == 0
        }
        if !isLost { base.release(weight) }
    }

    func statistics() -> ConcurrencyLimitStatistics { base.statistics() }
}
