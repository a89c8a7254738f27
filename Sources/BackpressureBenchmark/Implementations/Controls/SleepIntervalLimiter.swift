import ConcurrencySupport
import RateLimiters

/// The other thing people write, and what not to do: whoever wants a permit sleeps for an interval, counted from now.
///
/// Every sleep ends a little late and the next one starts from there, so that a single caller never gets the rate; and
/// several callers sleep side by side, so that together they get it several times.
final class SleepIntervalLimiter<ClockType: NanosecondClock>: SynchronousRateLimiter {
    private let clock: ClockType
    private let intervalNanoseconds: UInt64
    private let nextGrant: Lock<UInt64>

    init(rate: Rate, clock: ClockType) {
        self.clock = clock
        intervalNanoseconds = UInt64((1e9 / rate.permitsPerSecond).rounded(.up))
        nextGrant = Lock(clock.nanoseconds())
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        guard permits == 1 else { return .exceedsBurst }
        return nextGrant.withLock { next in
            let now = clock.nanoseconds()
            guard now >= next else { return .refused(retryAfter: Acquisition.Delay(nanoseconds: next - now)) }
            next = now + intervalNanoseconds
            return .granted
        }
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        guard permits == 1 else { throw .exceedsBurst }
        let delay = Acquisition.Delay(nanoseconds: intervalNanoseconds)
        if let timeout, delay.duration > timeout { throw .timeout(retryAfter: delay) }
        do { try await clock.sleep(untilNanoseconds: clock.nanoseconds() + intervalNanoseconds) } catch {
            throw .cancelled
        }
    }
}
