internal import ConcurrencySupport
internal import DequeModule

/// The callers that wait for permits, in order of arrival, and the one timer that they share.
///
/// Whoever owns the line guards it, together with the ``LimiterState``. However many wait, one task sleeps, until the
/// first of them may go; a grant costs O(1), and only whoever may go is woken.
///
/// Where the clock asks for it, the first in the line is woken a little before its time and spins for the rest itself: what is
/// late of the timer, and the way from the timer's task to the caller's, lie in the time that it spins then. It keeps its
/// place meanwhile; so only one of those who wait spins.
struct WaitingLine: Sendable {
    typealias Continuation = UnsafeContinuation<Outcome, Never>

    enum Outcome: Sendable {
        /// The permits are the caller's.
        case granted
        /// They are at this time, which is near: the caller spins and then calls ``arrive(_:atNanoseconds:startTimer:)``.
        case grantedSoon(atNanoseconds: UInt64)
        case failed(AcquireError)
    }

    /// Starts a task that looks around at once and then whenever that says.
    typealias StartTimer = (TaskPriority) -> Task<Void, Never>

    private struct Caller {
        let id: UInt64
        /// `nil`: woken before its time. Only the first can be.
        var continuation: Continuation?
    }

    /// How long before its time the first is woken.
    private let leadNanoseconds: UInt64
    // The two are of one length; the state needs to see the places alone.
    private var places: Deque<PermitPlace> = []
    private var callers: Deque<Caller> = []
    private var nextID: UInt64 = 0
    private var timer: Task<Void, Never>?
    private var timerPriority: TaskPriority?
    /// What the timer sleeps until; `nil` while none runs or it is about to look at the line.
    private var timerInstant: UInt64?

    /// - Parameter leadNanoseconds: how long before its time the first is woken, to spin.
    init(leadNanoseconds: UInt64 = 0) {
        self.leadNanoseconds = leadNanoseconds
    }

    /// A request that is ready to wait.
    struct Request {
        let permits: UInt64
        let longestNanoseconds: UInt64
        /// From ``makeID()``, to cancel it by.
        let id: UInt64
        let continuation: Continuation
        /// The caller's. The timer sleeps at the highest priority of those who have waited since it was started: of a lower
        /// one they might wait for others' work, and the thread that a timer of another priority wakes on is not the one
        /// that goes on with the caller.
        let priority = Task.currentPriority
    }

    /// Whom to resume, with what, once the line is no longer held.
    struct Resumptions {
        fileprivate var all: [(continuation: Continuation, outcome: Outcome)] = []

        consuming func callAsFunction() {
            for (continuation, outcome) in all { continuation.resume(returning: outcome) }
        }
    }

    mutating func makeID() -> UInt64 {
        nextID += 1
        return nextID
    }

    /// Decides a request or adds it to the line.
    ///
    /// - Parameter startTimer: starts a timer, which calls ``lookAround(_:atNanoseconds:)`` at once and then whenever that
    ///   says.
    mutating func enter(
        _ request: Request,
        _ state: inout some LimiterState,
        atNanoseconds now: UInt64,
        startTimer: StartTimer
    ) -> Resumptions {
        // A cancellation before the line is held has run its handler in vain and is seen here; a later one finds the
        // caller in the line.
        if Task.isCancelled { return Resumptions(all: [(request.continuation, .failed(.cancelled))]) }
        var resumptions = mend(&state, atNanoseconds: now)
        let reservation = state.reserve(
            request.permits,
            atNanoseconds: now,
            longestNanoseconds: request.longestNanoseconds
        )
        switch reservation {
        case .granted:
            resumptions.all.append((request.continuation, .granted))
        case .exceedsBurst:
            resumptions.all.append((request.continuation, .failed(.exceedsBurst)))
        case .refused(let wait):
            resumptions.all.append((request.continuation, .failed(.timeout(retryAfter: .init(nanoseconds: wait)))))
        case .waiting(let place):
            places.append(place)
            callers.append(Caller(id: request.id, continuation: request.continuation))
            keepTime(for: state, priority: request.priority, startTimer: startTimer)
            return resumptions
        }
        // The line may have been brought in line with a clock that was set back: due sooner than the timer sleeps.
        if !places.isEmpty { keepTime(for: state, startTimer: startTimer) }
        return resumptions
    }

    /// Takes a cancelled caller out, unless its time has come or it was woken for it: then the permits are its own. O(waiters).
    mutating func leave(
        id: UInt64,
        _ state: inout some LimiterState,
        atNanoseconds now: UInt64,
        startTimer: StartTimer
    ) -> Resumptions {
        var resumptions = mend(&state, atNanoseconds: now)
        if let index = callers.firstIndex(where: { $0.id == id }), let continuation = callers[index].continuation {
            state.cancel(at: index, in: &places, atNanoseconds: now)
            callers.remove(at: index)
            resumptions.all.append((continuation, .failed(.cancelled)))
        }
        keepTime(for: state, startTimer: startTimer)
        return resumptions
    }

    /// Lets those go who are due, brings the state in line with the clock, and lets those go who are due by that.
    mutating func mend(_ state: inout some LimiterState, atNanoseconds now: UInt64) -> Resumptions {
        var resumptions = takeDue(from: &state, atNanoseconds: now)
        state.mend(&places, atNanoseconds: now)
        resumptions.all += takeDue(from: &state, atNanoseconds: now).all
        return resumptions
    }

    /// Changes the state as a whole, with everyone who waits.
    mutating func change<State: LimiterState>(
        _ state: inout State,
        atNanoseconds now: UInt64,
        startTimer: StartTimer,
        _ body: (inout State, inout Deque<PermitPlace>) -> Void
    ) -> Resumptions {
        let resumptions = mend(&state, atNanoseconds: now)
        body(&state, &places)
        keepTime(for: state, startTimer: startTimer)
        return resumptions
    }

    /// What a timer does when its time has come.
    ///
    /// - Returns: whom to resume, and when to look again; `nil`: never, the line is empty.
    mutating func lookAround(
        _ state: inout some LimiterState,
        atNanoseconds now: UInt64
    ) -> (resumptions: Resumptions, next: UInt64?) {
        let resumptions = takeDue(from: &state, atNanoseconds: now)
        timerInstant = nextInstant(state)
        if timerInstant == nil { (timer, timerPriority) = (nil, nil) }
        return (resumptions, timerInstant)
    }

    /// What one does who was woken before its time, when that has come.
    mutating func arrive(
        _ state: inout some LimiterState,
        atNanoseconds now: UInt64,
        startTimer: StartTimer
    ) -> Resumptions {
        let resumptions = takeDue(from: &state, atNanoseconds: now)
        keepTime(for: state, startTimer: startTimer)
        return resumptions
    }

    private mutating func takeDue(from state: inout some LimiterState, atNanoseconds now: UInt64) -> Resumptions {
        var resumptions = Resumptions()
        while let first = places.first {
            let instant = state.instant(of: first)
            guard instant <= now else {
                if instant - now <= leadNanoseconds, let continuation = callers[0].continuation {
                    callers[0].continuation = nil
                    resumptions.all.append((continuation, .grantedSoon(atNanoseconds: instant)))
                }
                break
            }
            state.settle(first)
            places.removeFirst()
            guard let continuation = callers.removeFirst().continuation else { continue }
            resumptions.all.append((continuation, .granted))
        }
        return resumptions
    }

    /// The time short of which, by the lead, somebody is to be woken: that of the first, or of the second once the first is
    /// awake, but not before the first has gone. `nil`: nobody sleeps.
    private func nextInstant(_ state: some LimiterState) -> UInt64? {
        guard let first = places.first.map({ state.instant(of: $0) }) else { return nil }
        if callers[0].continuation != nil { return first }
        return places.count > 1 ? max(state.instant(of: places[1]), first &+ leadNanoseconds) : nil
    }

    /// Sees to it that a timer runs and sleeps no longer than until the first may go; with nobody asleep, that none does: it
    /// would keep the limiter until the time of someone who has left.
    ///
    /// - Parameter priority: of whoever has just joined; `nil`: nobody.
    private mutating func keepTime(
        for state: some LimiterState,
        priority: TaskPriority? = nil,
        startTimer: StartTimer
    ) {
        guard let next = nextInstant(state) else {
            timer?.cancel()
            (timer, timerPriority, timerInstant) = (nil, nil, nil)
            return
        }
        let highest = [timerPriority, priority].compactMap(\.self).max() ?? .high
        if let timer {
            // It may sleep too long: for someone who has left, or at a slower rate.
            let isInTime = timerInstant.map { next >= $0 } ?? true
            if isInTime, highest == timerPriority { return }
            timer.cancel()
        }
        timerInstant = nil
        timerPriority = highest
        timer = startTimer(highest)
    }
}
