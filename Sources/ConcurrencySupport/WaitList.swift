import DequeModule

/// Suspended tasks and parked threads in order of arrival: the slow path of a lock-free mechanism.
///
/// The mechanism tries its operation without this list; only when it is refused does the task or thread come here. Waking
/// is exact: one ``notifyOne()`` wakes at most one waiter, the one that has waited longest. A waiter that was woken but
/// found its operation refused again comes back with the same ticket and so keeps its place.
///
/// No wake-up is lost provided that the mechanism keeps two rules:
/// - whoever changes the state first changes it with a sequentially consistent operation, then reads
///   ``waitingWord`` with a sequentially consistent load, and notifies if it isn't 0;
/// - `stateChanged`, given to ``wait(ticket:expiry:unless:)``, reads the state with sequentially consistent loads.
/// Then either the waiter, which counts itself before it reads the state, sees the change, or the notifier sees the
/// waiter (store buffering is impossible in the single total order). The two halves of an asymmetric fence
/// (``AtomicWord/lightFence()`` between change and load, ``AtomicWord/heavyFence()`` at the start of `stateChanged`) do as
/// well.
public final class WaitList<Word: AtomicWord>: Sendable {
    private let state = Lock(WaitLine<Word.Semaphore>())

    /// How many wait, in memory that belongs to the mechanism so that it can share a cache line wisely.
    public let waitingWord: Word

    /// What ``waitingWord`` is while nobody waits.
    @usableFromInline let idle: UInt

    /// - Parameter waitingWord: an initialised word that outlives the list. Its value, as a rule 0, is what it will have again
    ///   whenever nobody waits.
    public init(waitingWord: Word) {
        self.waitingWord = waitingWord
        idle = waitingWord.loadRelaxed()
    }

    /// Whether nobody seems to wait. A hint, for which no ordering is needed: somebody may just have come or gone.
    @inlinable
    public var isEmpty: Bool { waitingWord.loadRelaxed() == idle }

    /// Suspends until notified, unless `stateChanged` says, after this task has been counted as waiting, that there is
    /// reason to try again. O(waiters) when the task returns with an old ticket or leaves the line, else O(1).
    ///
    /// - Parameters:
    ///   - ticket: the task's place in the line, kept from one wait to the next.
    ///   - expiry: sleeps until the wait is to end with `.timedOut`; `nil`: never. Cancelled when the wait ends before.
    ///   - stateChanged: whether there is reason to try again.
    public func wait(
        ticket: inout WaitTicket,
        expiry: WaitExpiry? = nil,
        unless stateChanged: @Sendable () -> Bool
    ) async -> WaitOutcome {
        let number = self.number(of: &ticket)
        return await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let outcome = await withUnsafeContinuation { continuation in
                let cancelled = withState { state in
                    // A cancellation before this point has run its handler in vain; one after it finds the waiter.
                    if Task.isCancelled { return true }
                    state.insert(Waiter(number: number, sleeper: .task(continuation)))
                    waitingWord.addSequentiallyConsistent(1)
                    return false
                }
                if cancelled {
                    continuation.resume(returning: .cancelled)
                } else if stateChanged() {
                    end(number, with: .retry)
                } else if let expiry {
                    // Only now, so that it can't expire before the waiter is in the line.
                    timer = Task { if await expiry.sleep() { self.end(number, with: .timedOut) } }
                }
            }
            timer?.cancel()
            return outcome
        } onCancel: {
            end(number, with: .cancelled)
        }
    }

    /// Parks this thread until notified, unless `stateChanged` says, after it has been counted as waiting, that there is
    /// reason to try again. Costs no processor time meanwhile. Never returns `.cancelled`.
    ///
    /// - Parameters:
    ///   - ticket: the thread's place in the line, kept from one wait to the next.
    ///   - deadline: ends the wait with `.timedOut` when ``SystemNanosecondClock`` has reached it; `nil`: never.
    ///   - stateChanged: whether there is reason to try again.
    @available(*, noasync, message: "blocks the thread; use wait(ticket:expiry:unless:) in a task")
    public func park(
        ticket: inout WaitTicket,
        untilNanoseconds deadline: UInt64?,
        unless stateChanged: () -> Bool
    ) -> WaitOutcome {
        let number = self.number(of: &ticket)
        let semaphore = Word.Semaphore()
        withState { state in
            state.insert(Waiter(number: number, sleeper: .thread(semaphore)))
            waitingWord.addSequentiallyConsistent(1)
        }
        if stateChanged() {
            // Whoever was about to wake this thread has signalled a semaphore that nobody waits for any more.
            _ = leave(number)
            return .retry
        }
        guard let deadline else {
            semaphore.wait()
            return .retry
        }
        let now = SystemNanosecondClock().nanoseconds()
        let remaining = Int(clamping: deadline > now ? deadline - now : 0)
        if semaphore.wait(nanoseconds: remaining) { return .retry }
        // Not in the line any more: notified at the last moment, and the notification must not be lost.
        return leave(number) == nil ? .retry : .timedOut
    }

    /// Wakes whoever has waited longest, if anyone waits.
    public func notifyOne() {
        let sleeper = withState { state -> Sleeper? in
            guard let waiter = state.waiters.popFirst() else { return nil }
            waitingWord.addSequentiallyConsistent(0 &- 1)
            return waiter.sleeper
        }
        sleeper?.wake(.retry)
    }

    /// Wakes everyone who waits now.
    public func notifyAll() {
        let waiters = withState { state -> Deque<Waiter> in
            waitingWord.addSequentiallyConsistent(0 &- UInt(state.waiters.count))
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.sleeper.wake(.retry) }
    }

    private typealias Waiter = WaitLine<Word.Semaphore>.Waiter
    private typealias Sleeper = WaitLine<Word.Semaphore>.Sleeper

    private func withState<Result>(_ body: (inout WaitLine<Word.Semaphore>) -> Result) -> Result {
        waitingWord.willLock()
        defer { waitingWord.didUnlock() }
        return state.withLock { body(&$0) }
    }

    private func number(of ticket: inout WaitTicket) -> UInt64 {
        let number = ticket.number ?? withState { $0.takeNumber() }
        ticket.number = number
        return number
    }

    private func end(_ number: UInt64, with outcome: WaitOutcome) {
        leave(number)?.wake(outcome)
    }

    private func leave(_ number: UInt64) -> Sleeper? {
        withState { state in
            guard let sleeper = state.remove(number) else { return nil }
            waitingWord.addSequentiallyConsistent(0 &- 1)
            return sleeper
        }
    }
}

/// A place in the line of a ``WaitList``.
public struct WaitTicket: Sendable {
    fileprivate var number: UInt64?

    /// One who arrives: the place is given at the first wait.
    public init() {}
}

/// When a wait is to end, on whatever clock.
public struct WaitExpiry: Sendable {
    /// Sleeps until the moment has come; `false`: cancelled before.
    public let sleep: @Sendable () async -> Bool
    /// Whether the moment has come.
    public let isPast: @Sendable () -> Bool

    /// When `clock` reads `deadline`.
    public init<C: Clock>(_ deadline: C.Instant, _ clock: C) where C.Duration == Duration {
        isPast = { clock.now >= deadline }
        sleep = { (try? await clock.sleep(until: deadline, tolerance: .zero)) != nil }
    }
}

/// Why a wait in a ``WaitList`` ended.
@frozen
public enum WaitOutcome: Sendable {
    /// The state changed or a notification arrived: try again.
    case retry
    /// The task was cancelled while it waited; no notification was consumed.
    case cancelled
    /// The deadline passed; no notification was consumed.
    case timedOut
}

/// The line itself: who waits, sorted by number. A value; knows neither lock nor counter.
private struct WaitLine<Semaphore: ParkingSemaphore> {
    enum Sleeper {
        case task(UnsafeContinuation<WaitOutcome, Never>)
        case thread(Semaphore)

        func wake(_ outcome: WaitOutcome) {
            switch self {
            case .task(let continuation): continuation.resume(returning: outcome)
            case .thread(let semaphore): semaphore.signal()
            }
        }
    }

    struct Waiter {
        var number: UInt64
        var sleeper: Sleeper
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

    // By hand, and not by `firstIndex(where:)`, which allocates where it isn't specialised.
    mutating func remove(_ number: UInt64) -> Sleeper? {
        var (low, high) = (waiters.startIndex, waiters.endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if waiters[middle].number < number { low = middle + 1 } else { high = middle }
        }
        guard low < waiters.endIndex, waiters[low].number == number else { return nil }
        return waiters.remove(at: low).sleeper
    }
}
