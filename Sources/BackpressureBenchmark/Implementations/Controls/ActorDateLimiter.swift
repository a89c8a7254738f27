import ConcurrencySupport
import Foundation
import RateLimiters

/// What people write first, and what not to do: an actor with a `Date` and a `Double` count of tokens.
///
/// A `Date` is a `Double` of seconds since 2001 and these days counts in steps of 119 ns, so whatever is earned in less
/// is earned late or early; the token count gathers rounding on top; and it is the wall clock, which somebody may set. A
/// wait ends without a place in the line: who asks first need not be served first.
final actor ActorDateLimiter: RateLimiter {
    private let tokensPerSecond: Double
    private let burst: Double
    private nonisolated let now: @Sendable () -> Date
    private nonisolated let sleep: @Sendable (_ seconds: Double) async throws -> Void
    private var tokens: Double
    private var last: Date

    /// - Parameters:
    ///   - now: the wall clock.
    ///   - sleep: sleeps for so many seconds of it.
    init(
        rate: Rate,
        burst: Int,
        now: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void = {
            try await Task.sleep(for: .seconds($0))
        }
    ) {
        tokensPerSecond = rate.permitsPerSecond
        self.burst = Double(burst)
        self.now = now
        self.sleep = sleep
        tokens = Double(burst)
        last = now()
    }

    /// The same on a clock that is moved by hand, and began on a day in 2026.
    init(rate: Rate, burst: Int, clock: some NanosecondClock) {
        let start = 814_000_000.0
        self.init(
            rate: rate,
            burst: burst,
            now: { Date(timeIntervalSinceReferenceDate: start + Double(clock.nanoseconds()) / 1e9) },
            sleep: { try await clock.sleep(untilNanoseconds: clock.nanoseconds() + UInt64($0 * 1e9)) }
        )
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        guard Double(permits) <= burst else { return .exceedsBurst }
        let now = now()
        tokens = min(burst, tokens + now.timeIntervalSince(last) * tokensPerSecond)
        last = now
        guard tokens >= Double(permits) else {
            let wait = (Double(permits) - tokens) / tokensPerSecond
            return .refused(retryAfter: Acquisition.Delay(nanoseconds: UInt64(max(0, wait * 1e9))))
        }
        tokens -= Double(permits)
        return .granted
    }

    nonisolated func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        while true {
            switch await tryAcquire(permits) {
            case .granted: return
            case .exceedsBurst: throw .exceedsBurst
            case .refused(let delay):
                if let timeout, delay.duration > timeout { throw .timeout(retryAfter: delay) }
                do { try await sleep(Double(delay.nanoseconds) / 1e9) } catch { throw .cancelled }
            }
        }
    }
}
