import BackpressureTesting
import ConcurrencySupport
import RateLimiters

/// A plain log of grants behind a lock, those that are promised among them, that is right but for one defect.
final class FaultyWindow: RateLimiter {
    private let limit: Int
    private let length: UInt64
    private let clock: ManualClock
    private let defect: WindowDefect
    private let state: Lock<State>

    private struct Grant {
        var id: Int
        var time: UInt64
        var permits: Int
    }

    private struct State {
        var grants: [Grant] = []
        var lastID = 0
        var reading: UInt64
        /// The time that has gone by: what the clock went forwards.
        var now: UInt64
    }

    init(limit: Int, window: Duration, clock: ManualClock, defect: WindowDefect) {
        self.limit = limit
        length = window.nanosecondsClamped
        self.clock = clock
        self.defect = defect
        state = Lock(State(reading: clock.nanoseconds(), now: clock.nanoseconds()))
    }

    private func readClock(_ state: inout State) {
        let reading = clock.nanoseconds()
        if reading >= state.reading {
            state.now += reading - state.reading
        } else {
            if defect == .countsSetBackAsTime { state.now += length / UInt64(limit) }
            if defect == .freezesWhenClockIsSetBack { return }
        }
        state.reading = reading
        // Enough to tell what a rest has earned, for the defect that keeps it.
        if state.grants.count > 4 * limit { state.grants.removeAll { $0.time + 2 * length < state.now } }
    }

    /// The earliest time at which so many permits can be had behind all that are granted and promised.
    private func earliest(_ permits: Int, _ state: State) -> UInt64 {
        let last = max(state.now, state.grants.last?.time ?? 0)
        switch defect {
        case .interpolatesOldest:
            // Two counters: as much of the window before as reaches into the one that ends now.
            let current = state.now / length
            let inCurrent = state.grants.reduce(0) { $1.time / length == current ? $0 + $1.permits : $0 }
            let inPrevious = state.grants.reduce(0) { $1.time / length + 1 == current ? $0 + $1.permits : $0 }
            let part = Double(length - state.now % length) / Double(length)
            return Double(inCurrent + permits) + Double(inPrevious) * part <= Double(limit) ? state.now : last + 1
        case .countsByTheClock:
            let current = state.now / length
            let inCurrent = state.grants.reduce(0) { $1.time / length == current ? $0 + $1.permits : $0 }
            return inCurrent + permits <= limit ? state.now : (current + 1) * length
        default: break
        }
        let counts =
            switch defect {
            case .forgetsNanosecondEarly: length - min(1, length - 1)
            case .forgetsNanosecondLate: length + 1
            default: length
            }
        // What was not used in the window before is added to this one.
        let hasRested =
            defect == .restEarnsEverything && state.grants.allSatisfy { $0.time + length > state.now }
        var kept = hasRested ? -limit : 0
        for grant in state.grants.reversed() {
            kept += grant.permits
            if kept + permits > limit { return max(last, grant.time + counts) }
        }
        return last
    }

    private func append(_ permits: Int, at time: UInt64, _ state: inout State) -> Int {
        state.lastID += 1
        state.grants.append(Grant(id: state.lastID, time: time, permits: permits))
        return state.lastID
    }

    func tryAcquire(_ permits: Int) async -> Acquisition {
        if permits > limit {
            if defect == .chargesRefusals { state.withLock { _ = append(limit, at: $0.now, &$0) } }
            return .exceedsBurst
        }
        let (due, now) = state.withLock { state in
            readClock(&state)
            if defect == .smallerRequestsPass, permits == 1, let last = state.grants.last, last.time > state.now {
                return (state.now, state.now)
            }
            let due = earliest(permits, state)
            if due == state.now, defect != .readsThenWrites { _ = append(permits, at: due, &state) }
            return (due, state.now)
        }
        if due > now {
            let isShort = defect == .retryAfterIsNanosecondShort && due - now > 1
            return .refused(retryAfter: Acquisition.Delay(nanoseconds: due - now - (isShort ? 1 : 0)))
        }
        if defect == .readsThenWrites {
            await Task.yield()
            state.withLock { _ = append(permits, at: due, &$0) }
        }
        return .granted
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        if permits > limit { throw .exceedsBurst }
        if Task.isCancelled { throw .cancelled }
        let (id, instant, wait) = try reserve(permits, longest: longestWait(timeout))
        do {
            try await clock.sleep(untilNanoseconds: instant + (defect == .wakesLate ? 1 : 0))
        } catch {
            if defect != .keepsCancelledPermits { state.withLock { $0.grants.removeAll { $0.id == id } } }
            throw .cancelled
        }
        if defect == .noticesTimeoutLate, let timeout, timeout < .nanoseconds(Int64(wait)) {
            throw .timeout(retryAfter: Acquisition.Delay(nanoseconds: wait))
        }
    }

    private func longestWait(_ timeout: Duration?) -> UInt64 {
        guard let timeout, defect != .noticesTimeoutLate else { return .max }
        return timeout <= .zero && defect == .zeroMeansNoTimeout ? .max : timeout.nanosecondsClamped
    }

    private func reserve(
        _ permits: Int,
        longest: UInt64
    ) throws(AcquireError) -> (id: Int, instant: UInt64, wait: UInt64) {
        try state.withLock { state throws(AcquireError) in
            readClock(&state)
            let due = earliest(permits, state)
            let wait = due - state.now
            if wait > longest {
                if defect == .reservesBeforeTimeout { _ = append(permits, at: due, &state) }
                throw .timeout(retryAfter: Acquisition.Delay(nanoseconds: wait))
            }
            return (append(permits, at: due, &state), state.reading + wait, wait)
        }
    }
}
