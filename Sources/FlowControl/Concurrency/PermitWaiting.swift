internal import ConcurrencySupport

/// A semaphore whose line can be held without suspending: how its tasks wait.
protocol PermitLineOwner: AnyObject, Sendable {
    associatedtype Semaphore: ParkingSemaphore
    var clock: any NanosecondClock { get }

    /// Decides at once, for one who would wait: a refusal isn't counted, and brings a number to wait by.
    func askOrTakeNumber(_ weight: Int) -> (answer: PermitAcquisition, number: UInt64)
    /// Counts one who gave up without having waited.
    func countRefusal()
    /// Asks, and waits if need be; `nil`: it waits. Unless `isCancelled`, which is called while the line is held.
    func enter(
        _ weight: Int,
        number: UInt64,
        sleeper: PermitSleeper<Semaphore>,
        isCancelled: () -> Bool
    ) -> PermitWaitEnd?
    /// One who waits gives up, if it still waits.
    func leave(_ number: UInt64, with end: PermitWaitEnd)
}

extension PermitLineOwner {
    nonisolated(nonsending) func waitForPermits(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        PermitBounds.check(weight: weight)
        if Task.isCancelled {
            countRefusal()
            throw .cancelled
        }
        let (answer, number) = askOrTakeNumber(weight)
        switch answer {
        case .granted: return
        case .exceedsLimit:
            countRefusal()
            throw .exceedsLimit
        case .refused: break
        }
        if let timeout, timeout <= .zero {
            countRefusal()
            throw .timedOut
        }
        let deadline = timeout.map { clock.nanoseconds() + $0.nanosecondsClamped }
        let end = await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let end = await withUnsafeContinuation { (continuation: UnsafeContinuation<PermitWaitEnd, Never>) in
                // A cancellation before the line is held has run its handler in vain and is seen there; a later one finds
                // the request in the line.
                let end = enter(weight, number: number, sleeper: .task(continuation)) { Task.isCancelled }
                if let end {
                    continuation.resume(returning: end)
                } else if let deadline {
                    // Only now, so that it can't expire before the request is in the line.
                    timer = Task { [clock] in
                        guard (try? await clock.sleep(untilNanoseconds: deadline)) != nil else { return }
                        self.leave(number, with: .timedOut)
                    }
                }
            }
            timer?.cancel()
            return end
        } onCancel: {
            leave(number, with: .cancelled)
        }
        try end.get()
    }

    /// The same for a thread, on the machine's clock.
    func parkForPermits(_ weight: Int, timeout: Duration?) throws(PermitError) {
        PermitBounds.check(weight: weight)
        let (answer, number) = askOrTakeNumber(weight)
        switch answer {
        case .granted: return
        case .exceedsLimit:
            countRefusal()
            throw .exceedsLimit
        case .refused: break
        }
        if let timeout, timeout <= .zero {
            countRefusal()
            throw .timedOut
        }
        let request = ParkedRequest<Semaphore>()
        if let end = enter(weight, number: number, sleeper: .thread(request), isCancelled: { false }) {
            return try end.get()
        }
        guard let timeout else { return try request.wait().get() }
        if let end = request.wait(nanoseconds: Int(clamping: timeout.nanosecondsClamped)) { return try end.get() }
        leave(number, with: .timedOut)
        // Woken by that, or granted at the last moment.
        try request.wait().get()
    }
}
