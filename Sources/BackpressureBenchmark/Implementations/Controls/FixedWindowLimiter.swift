import ConcurrencySupport
import RateLimiters

/// A fixed window: `burst` permits in each window of `burst / rate`, counted anew at every boundary.
///
/// The control that must break the envelope: a burst just before a boundary and one just after it pass together, twice
/// what the rate allows. It is here and not in the library because nobody should use it.
final class FixedWindowLimiter<ClockType: NanosecondClock>: SynchronousRateLimiter {
    private let clock: ClockType
    private let originNanoseconds: UInt64
    private let windowNanoseconds: UInt64
    private let limit: Int
    private let state = Lock((window: UInt64(0), granted: 0))

    init(rate: Rate, burst: Int, clock: ClockType) {
        self.clock = clock
        originNanoseconds = clock.nanoseconds()
        limit = burst
        windowNanoseconds = max(1, UInt64(Double(burst) / rate.permitsPerSecond * 1e9))
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        guard permits <= limit else { return .exceedsBurst }
        return state.withLock { state in
            let elapsed = clock.nanoseconds() - originNanoseconds
            let window = elapsed / windowNanoseconds
            if window != state.window { state = (window, 0) }
            guard state.granted + permits <= limit else {
                let wait = windowNanoseconds - elapsed % windowNanoseconds
                return .refused(retryAfter: Acquisition.Delay(nanoseconds: wait))
            }
            state.granted += permits
            return .granted
        }
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        let start = clock.nanoseconds()
        while true {
            switch tryAcquire(permits) {
            case .granted: return
            case .exceedsBurst: throw .exceedsBurst
            case .refused(let delay):
                let end = clock.nanoseconds() + delay.nanoseconds
                if let timeout, Duration.nanoseconds(Int64(end - start)) > timeout { throw .timeout(retryAfter: delay) }
                do { try await clock.sleep(untilNanoseconds: end) } catch { throw .cancelled }
            }
        }
    }
}
