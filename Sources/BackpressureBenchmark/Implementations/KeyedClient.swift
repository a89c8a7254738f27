import ConcurrencySupport
import RateLimiters

/// One client of a limiter that has a bucket for each: what that costs more than a bucket of one's own, and whether it
/// decides alike.
final class KeyedClient<ClockType: NanosecondClock>: SynchronousRateLimiter {
    private let limiter: KeyedTokenBucket<UInt64, ClockType>
    private let clock: ClockType

    init(rate: Rate, burst: Int, clock: ClockType) {
        limiter = KeyedTokenBucket(rate: rate, burst: burst, maximumKeys: 1_024, clock: clock)
        self.clock = clock
    }

    @inline(__always)
    func tryAcquire(_ permits: Int) -> Acquisition { limiter.tryAcquire(permits, for: 1) }

    /// Asks again when the refusal says, since a keyed limiter has no lines of callers that wait.
    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        let start = clock.nanoseconds()
        while true {
            switch limiter.tryAcquire(permits, for: 1) {
            case .granted: return
            case .exceedsBurst: throw .exceedsBurst
            case .refused(let delay):
                let now = clock.nanoseconds()
                if let timeout, now - start + delay.nanoseconds > timeout.nanosecondsClamped {
                    throw .timeout(retryAfter: delay)
                }
                do { try await clock.sleep(untilNanoseconds: now + delay.nanoseconds) } catch { throw .cancelled }
            }
        }
    }
}
