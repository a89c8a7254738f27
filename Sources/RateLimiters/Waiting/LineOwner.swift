internal import ConcurrencySupport
internal import DequeModule

/// A limiter whose state and line can be held without suspending.
protocol LineOwner: SynchronousRateLimiter, AnyObject {
    associatedtype LineState: LimiterState
    associatedtype ClockType: NanosecondClock
    var clock: ClockType { get }

    /// Runs `body` while nobody else has the line, with the time read meanwhile.
    func withLine<Result>(
        _ body: (_ state: inout LineState, _ line: inout WaitingLine, _ nowNanoseconds: UInt64) -> Result
    ) -> Result
}

extension LineOwner {
    func waitForPermits(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        if Task.isCancelled { throw .cancelled }
        let longest = timeout.map(\.nanosecondsClamped) ?? UInt64.max
        switch askNow(permits) {
        case .granted: return
        case .exceedsBurst: throw .exceedsBurst
        case .refused(let delay) where delay.nanoseconds > longest: throw .timeout(retryAfter: delay)
        case .refused: break
        }
        let id = withLine { _, line, _ in line.makeID() }
        let outcome = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let request = WaitingLine.Request(
                    permits: UInt64(permits),
                    longestNanoseconds: longest,
                    id: id,
                    continuation: continuation
                )
                withLine { state, line, now in
                    line.enter(request, &state, atNanoseconds: now) { startTimer($0) }
                }()
            }
        } onCancel: {
            withLine { state, line, now in
                line.leave(id: id, &state, atNanoseconds: now) { startTimer($0) }
            }()
        }
        switch outcome {
        case .granted: break
        case .grantedSoon(let instant):
            clock.spin(untilNanoseconds: instant)
            withLine { state, line, now in line.arrive(&state, atNanoseconds: now) { startTimer($0) } }()
        case .failed(let error): throw error
        }
    }

    // Where nothing can suspend, the name means the requirement that doesn't.
    private func askNow(_ permits: Int) -> Acquisition { tryAcquire(permits) }

    /// Brings the state in line with the clock: off the common path. The timer follows, or it would go on sleeping until a
    /// time that the clock was set back from.
    func mend() {
        change { _, _, _ in }
    }

    /// Changes the state as a whole, and lets those who wait follow.
    func change(_ body: (inout LineState, inout Deque<PermitPlace>, _ nowNanoseconds: UInt64) -> Void) {
        withLine { state, line, now in
            line.change(&state, atNanoseconds: now, startTimer: { startTimer($0) }) { body(&$0, &$1, now) }
        }()
    }

    func startTimer(_ priority: TaskPriority) -> Task<Void, Never> {
        Task.detached(priority: priority) { [self] in
            while !Task.isCancelled, let next = lookAround() {
                // Cancelled when another timer has taken over.
                try? await clock.sleep(shortOfNanoseconds: next)
            }
        }
    }

    private func lookAround() -> UInt64? {
        let (resumptions, next) = withLine { state, line, now in line.lookAround(&state, atNanoseconds: now) }
        resumptions()
        return next
    }
}
