import BackpressureTesting
import ConcurrencySupport
import RateLimiters

/// A plain token bucket behind a lock, exact in 128 bits, that is right but for one defect.
final class FaultyTokenBucket: RateLimiter {
    private let rate: Rate
    private let burst: Int
    private let clock: ManualClock
    private let defect: LimiterDefect
    private let state: Lock<State>

    private struct State {
        /// In units of `1 / rate.perNanoseconds` permits; negative when permits of later times are promised.
        var level: Int128
        var latest: UInt64
        var reservations = 0
    }

    private enum Answer {
        case granted
        case wait(nanoseconds: UInt64)
    }

    init(rate: Rate, burst: Int, clock: ManualClock, defect: LimiterDefect) {
        self.rate = rate
        self.burst = burst
        self.clock = clock
        self.defect = defect
        let held = defect == .holdsOneTooMany ? burst + 1 : burst
        let level = Int128(defect == .startsEmpty ? 0 : held) * Int128(rate.perNanoseconds)
        state = Lock(State(level: level, latest: clock.nanoseconds()))
    }

    private func units(_ permits: Int) -> Int128 { Int128(permits) * Int128(rate.perNanoseconds) }

    private func refill(_ state: inout State) {
        let now = clock.nanoseconds()
        guard now > state.latest else {
            // Time that goes backwards stands still.
            if defect == .countsSetBackAsTime { state.level = min(state.level + units(1), units(burst)) }
            if defect != .freezesWhenClockIsSetBack { state.latest = now }
            return
        }
        var gained = Int128(now - state.latest) * Int128(rate.permits)
        switch defect {
        case .driftsInFloatingPoint:
            // Permits per nanosecond in single precision.
            let perNanosecond = Float(rate.permits) / Float(rate.perNanoseconds)
            gained = Int128(Double(perNanosecond) * 1.000_1 * Double(now - state.latest) * Double(rate.perNanoseconds))
        case .refillsWholePermitsOnly:
            gained -= gained % units(1)
        default: break
        }
        state.level += gained
        let held = defect == .holdsOneTooMany ? burst + 1 : burst
        if defect != .restEarnsEverything { state.level = min(state.level, units(held)) }
        state.latest = now
    }

    /// How long until so many permits are there, rounded up.
    private func answer(_ permits: Int, _ state: State) -> Answer {
        let missing = units(permits) - state.level
        guard missing > 0 else { return .granted }
        let (whole, rest) = missing.quotientAndRemainder(dividingBy: Int128(rate.permits))
        switch defect {
        case .retryAfterRoundsDown: return .wait(nanoseconds: UInt64(max(1, whole - 1)))
        case .retryAfterIsOnePermit: return .wait(nanoseconds: rate.perNanoseconds / rate.permits)
        default: return .wait(nanoseconds: UInt64(rest > 0 ? whole + 1 : whole))
        }
    }

    func tryAcquire(_ permits: Int) async -> Acquisition {
        if permits > burst {
            if defect == .chargesRefusals { state.withLock { $0.level -= units(burst) } }
            return .exceedsBurst
        }
        if defect == .readsThenWrites {
            let level = state.withLock { state in
                refill(&state)
                return state.level
            }
            await Task.yield()
            guard level >= units(permits) else { return .refused(retryAfter: .init(nanoseconds: 1)) }
            state.withLock { $0.level = level - units(permits) }
            return .granted
        }
        return state.withLock { state in
            refill(&state)
            if defect == .smallerRequestsPass, state.level < 0, permits == 1 { return .granted }
            switch answer(permits, state) {
            case .granted:
                state.level -= units(permits)
                return .granted
            case .wait(let nanoseconds):
                return .refused(retryAfter: Acquisition.Delay(nanoseconds: nanoseconds))
            }
        }
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        if permits > burst, defect != .waitsForMoreThanBurst { throw .exceedsBurst }
        if Task.isCancelled { throw .cancelled }
        let (start, wait, reservation) = try reserve(permits, longest: longestWait(timeout))
        do {
            try await clock.sleep(untilNanoseconds: start + wait + (defect == .wakesLate ? 1 : 0))
        } catch {
            giveBack(permits, reservation)
            throw .cancelled
        }
        if defect == .noticesTimeoutLate, let timeout, timeout < .nanoseconds(Int64(wait)) {
            throw .timeout(retryAfter: Acquisition.Delay(nanoseconds: wait))
        }
    }

    private func longestWait(_ timeout: Duration?) -> UInt64 {
        guard let timeout, defect != .noticesTimeoutLate else { return .max }
        if timeout <= .zero { return defect == .zeroMeansNoTimeout ? .max : 0 }
        let (seconds, attoseconds) = timeout.components
        let exact = Int128(seconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000)
        return defect == .timeoutWraps ? UInt64(truncatingIfNeeded: exact) : UInt64(clamping: exact)
    }

    private func reserve(
        _ permits: Int,
        longest: UInt64
    ) throws(AcquireError) -> (start: UInt64, wait: UInt64, reservation: Int) {
        try state.withLock { state throws(AcquireError) in
            refill(&state)
            var wait: UInt64 = 0
            if case .wait(let nanoseconds) = answer(permits, state) { wait = nanoseconds }
            if wait > longest {
                if defect == .reservesBeforeTimeout { state.level -= units(permits) }
                throw .timeout(retryAfter: Acquisition.Delay(nanoseconds: wait))
            }
            state.level -= units(permits)
            state.reservations += 1
            return (clock.nanoseconds(), wait, state.reservations)
        }
    }

    private func giveBack(_ permits: Int, _ reservation: Int) {
        state.withLock { state in
            guard reservation == state.reservations || defect == .cancellationMovesOthers else { return }
            switch defect {
            case .keepsCancelledPermits: break
            case .givesBackTwice: state.level += 2 * units(permits)
            case .cancellationMovesOthers: state.level += 2 * units(permits)
            default: state.level += units(permits)
            }
        }
    }
}
