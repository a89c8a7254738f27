import BackpressureBenchmark
import ConcurrencySupport
import RateLimiters

/// A token bucket behind a lock that is right, to within rounding, but for one defect.
final class BrokenLimiter<ClockType: NanosecondClock>: SynchronousRateLimiter {
    private let clock: ClockType
    private let permitsPerNanosecond: Double
    private let largestLevel: Double
    private let defect: LimiterDefect
    private let state: Lock<State>

    private struct State {
        var level: Double
        var nanoseconds: UInt64
    }

    init(_ setup: LimiterSetup<ClockType>, defect: LimiterDefect) {
        clock = setup.clock
        permitsPerNanosecond = setup.rate.permitsPerSecond / 1e9
        let burst = setup.burst + (defect == .largerBurst ? 50 : 0)
        largestLevel = defect == .hoardsPermits ? .infinity : Double(burst)
        self.defect = defect
        state = Lock(State(level: Double(burst), nanoseconds: setup.clock.nanoseconds()))
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        switch defect {
        case .grantsEverything: return .granted
        case .grantsNothing: return .refused(retryAfter: Acquisition.Delay(nanoseconds: 1))
        case .largerBurst, .hoardsPermits: break
        }
        return state.withLock { state in
            let now = max(clock.nanoseconds(), state.nanoseconds)
            let gain = Double(now - state.nanoseconds) * permitsPerNanosecond
            state = State(level: min(state.level + gain, largestLevel), nanoseconds: now)
            let missing = Double(permits) - state.level
            guard missing <= 0 else {
                let wait = UInt64((missing / permitsPerNanosecond).rounded(.up))
                return .refused(retryAfter: Acquisition.Delay(nanoseconds: wait))
            }
            state.level -= Double(permits)
            return .granted
        }
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        guard case .refused(let delay) = tryAcquire(permits) else { return }
        throw .timeout(retryAfter: delay)
    }
}
