import DequeModule

/// Suspended tasks in order of arrival: the slow path of a lock-free mechanism.
///
/// The mechanism tries its operation without this list; only when it is refused does the task come here. Waking is
/// exact: one ``notifyOne()`` wakes at most one task, the one that has waited longest. A task that was woken but found
/// its operation refused again comes back with the same ticket and so keeps its place.
///
/// No wake-up is lost provided that the mechanism keeps two rules:
/// - whoever changes the state first changes it with a sequentially consistent operation, then reads
///   ``waitingWord`` with a sequentially consistent load, and notifies if it isn't 0;
/// - `stateChanged`, given to ``wait(ticket:unless:)``, reads the state with sequentially consistent loads.
/// Then either the waiter, which counts itself before it reads the state, sees the change, or the notifier sees the
/// waiter (store buffering is impossible in the single total order).
public final class WaitList<Word: AtomicWord>: Sendable {
    private let state = Lock(WaitLine())

    /// How many tasks wait, in memory that belongs to the mechanism so that it can share a cache line wisely.
    public let waitingWord: Word

    /// - Parameter waitingWord: an initialised word with the value 0 that outlives the list.
    public init(waitingWord: Word) {
        self.waitingWord = waitingWord
    }

    /// Suspends until notified, unless `stateChanged` says, after this task has been counted as waiting, that there is
    /// reason to try again. O(waiters) when the task returns with an old ticket or is cancelled, else O(1).
    public func wait(ticket: inout WaitTicket, unless stateChanged: @Sendable () -> Bool) async -> WaitOutcome {
        let number = ticket.number ?? state.withLock { $0.takeNumber() }
        ticket.number = number
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let cancelled = state.withLock { state in
                    // A cancellation before this point has run its handler in vain; one after it finds the waiter.
                    if Task.isCancelled { return true }
                    state.insert(WaitLine.Waiter(number: number, continuation: continuation))
                    waitingWord.addSequentiallyConsistent(1)
                    return false
                }
                if cancelled {
                    continuation.resume(returning: .cancelled)
                } else if stateChanged() {
                    resume(number, returning: .retry)
                }
            }
        } onCancel: {
            resume(number, returning: .cancelled)
        }
    }

    /// Wakes the task that has waited longest, if any.
    public func notifyOne() {
        let continuation = state.withLock { state -> UnsafeContinuation<WaitOutcome, Never>? in
            guard let waiter = state.waiters.popFirst() else { return nil }
            waitingWord.addSequentiallyConsistent(0 &- 1)
            return waiter.continuation
        }
        continuation?.resume(returning: .retry)
    }

    /// Wakes every task that waits now.
    public func notifyAll() {
        let waiters = state.withLock { state -> Deque<WaitLine.Waiter> in
            waitingWord.addSequentiallyConsistent(0 &- UInt(state.waiters.count))
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters {
            waiter.continuation.resume(returning: .retry)
        }
    }

    private func resume(_ number: UInt64, returning outcome: WaitOutcome) {
        let continuation = state.withLock { state -> UnsafeContinuation<WaitOutcome, Never>? in
            guard let continuation = state.remove(number) else { return nil }
            waitingWord.addSequentiallyConsistent(0 &- 1)
            return continuation
        }
        continuation?.resume(returning: outcome)
    }
}

/// A place in the line of a ``WaitList``.
public struct WaitTicket: Sendable {
    fileprivate var number: UInt64?

    /// A task that arrives: its place is given when it first has to wait.
    public init() {}
}

/// Why ``WaitList/wait(ticket:unless:)`` returned.
@frozen
public enum WaitOutcome: Sendable {
    /// The state changed or a notification arrived: try again.
    case retry
    /// The task was cancelled while it waited; no notification was consumed.
    case cancelled
}

/// The line itself: who waits, sorted by number. A value; knows neither lock nor counter.
private struct WaitLine {
    struct Waiter {
        var number: UInt64
        var continuation: UnsafeContinuation<WaitOutcome, Never>
    }

    var waiters = Deque<Waiter>()
    private var nextNumber: UInt64 = 0

    mutating func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Newcomers go to the back, whoever returns with its old number near the front.
    mutating func insert(_ waiter: Waiter) {
        var index = waiters.endIndex
        while index > waiters.startIndex, waiters[index - 1].number > waiter.number { index -= 1 }
        waiters.insert(waiter, at: index)
    }

    mutating func remove(_ number: UInt64) -> UnsafeContinuation<WaitOutcome, Never>? {
        guard let index = waiters.firstIndex(where: { $0.number == number }) else { return nil }
        return waiters.remove(at: index).continuation
    }
}
