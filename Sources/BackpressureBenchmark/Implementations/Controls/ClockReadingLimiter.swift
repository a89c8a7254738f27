import ConcurrencySupport
import RateLimiters

/// Grants everything, having looked at the time: the least that a limiter of rates can cost, and what a decision's cost is
/// compared with in the same run.
final class ClockReadingLimiter: SynchronousRateLimiter {
    private let clock = SystemNanosecondClock()

    func tryAcquire(_ permits: Int) -> Acquisition {
        // Asked of what was read, so that the optimiser can't do without the reading.
        clock.nanoseconds() > 0 ? .granted : .exceedsBurst
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {}
}
