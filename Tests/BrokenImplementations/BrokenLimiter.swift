import BackpressureBenchmark
import ConcurrencySupport
import Foundation
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
        permitsPerNanosecond = setup.rate.permitsPerSecond / 1e9 * (defect == .halfRate ? 0.5 : 1)
        let burst = setup.burst + (defect == .largerBurst ? 50 : 0)
        largestLevel = defect == .hoardsPermits ? .infinity : Double(burst)
        self.defect = defect
        state = Lock(State(level: Double(burst), nanoseconds: setup.clock.nanoseconds()))
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        switch defect {
        case .grantsEverything: return .granted
        case .grantsNothing: return .refused(retryAfter: Acquisition.Delay(nanoseconds: 1))
        default: break
        }
        let (level, now) = state.withLock { state in
            let now = max(clock.nanoseconds(), state.nanoseconds)
            let gain = Double(now - state.nanoseconds) * permitsPerNanosecond
            state = State(level: min(state.level + gain, largestLevel), nanoseconds: now)
            if defect != .tornDecision, state.level >= Double(permits) {
                state.level -= Double(permits)
                return (state.level + Double(permits), now)
            }
            return (state.level, now)
        }
        let missing = Double(permits) - level
        guard missing <= 0 else {
            let wait = UInt64((missing / permitsPerNanosecond).rounded(.up))
            return .refused(retryAfter: Acquisition.Delay(nanoseconds: wait))
        }
        if defect == .tornDecision {
            // Long enough that others look meanwhile.
            for _ in 0..<8 { sched_yield() }
            state.withLock { $0 = State(level: level - Double(permits), nanoseconds: now) }
        }
        return .granted
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        if defect == .wakesEarly {
            await Task.yield()
            return
        }
        while case .refused(let delay) = tryAcquire(permits) {
            guard timeout == nil else { throw .timeout(retryAfter: delay) }
            let late = defect == .wakesLate ? 3 / permitsPerNanosecond : 0
            let end = clock.nanoseconds() + delay.nanoseconds + UInt64(late)
            do { try await clock.sleep(untilNanoseconds: end) } catch { throw .cancelled }
        }
    }
}
