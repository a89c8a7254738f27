import RateLimiters
import Synchronization

/// Grants everything without looking at the time: what the harness's loop around a limiter costs by itself.
final class NullLimiter: SynchronousRateLimiter {
    // Read on every request, so that the optimiser can't do without the requests.
    private let grants = Atomic(true)

    func tryAcquire(_ permits: Int) -> Acquisition {
        grants.load(ordering: .relaxed) ? .granted : .exceedsBurst
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {}
}
