public import ConcurrencySupport
internal import DequeModule

/// A rate limiter behind an actor: see ``ActorTokenBucket``, which is how to name it.
///
/// Each request hops to the actor: some 50 ns when nobody else asks, a microsecond and more when others do.
public final actor ActorLimiter<State: LimiterState, ClockType: NanosecondClock>: RateLimiter {
    @usableFromInline var state: State
    @usableFromInline nonisolated let clock: ClockType
    private var line = WaitingLine()

    init(state: State, clock: ClockType) {
        self.state = state
        self.clock = clock
    }

    /// Asks for permits now; never waits. See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        while true {
            if let answer = state.tryAcquire(UInt64(permits), atNanoseconds: clock.nanoseconds()) { return answer }
            mend()
        }
    }

    // The timer follows, or it would go on sleeping until a time that the clock was set back from.
    @usableFromInline
    func mend() {
        change { _, _, _ in }
    }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    ///
    /// - Complexity: O(1) to join the line and to be granted; one timer for all who wait. Cancellation O(waiters).
    public func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        precondition(permits > 0, "a request must be for at least one permit; got \(permits)")
        if Task.isCancelled { throw .cancelled }
        let longest = timeout.map(\.nanosecondsClamped) ?? UInt64.max
        let id = line.makeID()
        let outcome = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let request = WaitingLine.Request(
                    permits: UInt64(permits),
                    longestNanoseconds: longest,
                    id: id,
                    continuation: continuation
                )
                line.enter(request, &state, atNanoseconds: clock.nanoseconds()) { startTimer($0) }()
            }
        } onCancel: {
            Task { await leave(id) }
        }
        if case .failed(let error) = outcome { throw error }
    }

    private func leave(_ id: UInt64) {
        line.leave(id: id, &state, atNanoseconds: clock.nanoseconds()) { startTimer($0) }()
    }

    private func startTimer(_ priority: TaskPriority) -> Task<Void, Never> {
        Task.detached(priority: priority) { [self, clock] in
            while !Task.isCancelled, let next = await lookAround() {
                try? await clock.sleep(untilNanoseconds: next)
            }
        }
    }

    private func lookAround() -> UInt64? {
        let (resumptions, next) = line.lookAround(&state, atNanoseconds: clock.nanoseconds())
        resumptions()
        return next
    }

    /// Changes the state, and lets those who wait follow.
    func change(_ body: (inout State, inout Deque<PermitPlace>, _ nowNanoseconds: UInt64) -> Void) {
        let now = clock.nanoseconds()
        line.change(&state, atNanoseconds: now, startTimer: { startTimer($0) }) { body(&$0, &$1, now) }()
    }
}
