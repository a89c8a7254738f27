public import ConcurrencySupport

/// The state of ``MutexQueue`` behind its lock, and the threads that park beside it: all that threads do there.
///
/// Every change of the state is either plain, which needs nobody's attention, or ends with `finish` under the lock and with
/// `wake` outside of it.
///
/// Generic over the atomic word so that the same code runs on the machine and under a model checker, to which the lock is
/// announced.
@usableFromInline
struct LockedQueueState<Element: Sendable, Word: AtomicWord>: ~Copyable, Sendable {
    @usableFromInline typealias State = SuspendingQueueState<Element>

    @usableFromInline let lock: Lock<State>
    @usableFromInline let threads = ParkedThreads<Word>()

    init(_ state: consuming sending State) { lock = Lock(state) }

    /// Runs `body` with the state while nobody else can.
    @inlinable @inline(__always)
    func withLock<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
        threads.lockWord.willLock()
        defer { threads.lockWord.didUnlock() }
        return lock.withLock(body)
    }

    /// What came of a change of the state, and whom it gives reason to try again.
    @usableFromInline
    struct Change<Result: Sendable>: Sendable {
        @usableFromInline let result: Result
        @usableFromInline let openings: QueueOpenings

        @inlinable
        init(_ result: Result, _ openings: QueueOpenings) {
            self.result = result
            self.openings = openings
        }
    }

    @inlinable @inline(__always)
    func finish<Result: Sendable>(_ result: Result, _ state: inout State) -> Change<Result> {
        let nobodyIsParked = threads.isEmpty
        state.isPlain = nobodyIsParked && state.isPlainNow
        return Change(result, nobodyIsParked ? [] : threads.openings(state))
    }

    /// For a thread that has just been counted as parked: the last look at the state before it sleeps. From then on no
    /// operation is plain.
    @inlinable @inline(never)
    func lookBeforeParking(_ isWorthTrying: (borrowing State) -> Bool) -> Bool {
        withLock { state in
            state.isPlain = false
            return isWorthTrying(state)
        }
    }

    @inlinable @inline(__always)
    func wake<Result: Sendable>(_ change: consuming Change<Result>) -> Result {
        if !change.openings.isEmpty { threads.wake(change.openings) }
        return change.result
    }

    /// Changes the state under the lock, and wakes the parked threads that then have reason to try again.
    @inlinable @inline(__always)
    func operate<Result: Sendable>(_ change: (inout State) -> Result) -> Result {
        let change = withLock { state in
            let result = change(&state)
            return finish(result, &state)
        }
        return wake(change)
    }

    // MARK: What threads do

    @inlinable @inline(__always)
    func tryPush(_ element: Element, _ effects: borrowing QueueEffects<Element>) -> PushResult<Element> {
        let change = withLock { $0.enterPlainly(element) ? nil : finish($0.push(element), &$0) }
        guard let change else { return .accepted }
        return effects.perform(wake(change))
    }

    @inlinable @inline(__always)
    func tryPop(_ effects: borrowing QueueEffects<Element>) -> Element? {
        let (element, change) = withLock { state -> (Element?, Change<State.PopAction>?) in
            if let element = state.leavePlainly() { return (element, nil) }
            return (nil, finish(state.pop(), &state))
        }
        guard let change else { return element }
        return effects.perform(wake(change))?.element
    }

    @available(*, noasync)
    @inlinable @inline(__always)
    func pushBlocking(
        _ element: Element,
        timeout: Duration?,
        _ effects: borrowing QueueEffects<Element>
    ) -> PushResult<Element> {
        let change = withLock { $0.enterPlainly(element) ? nil : finish($0.pushUnlessWaiting(element), &$0) }
        guard let change else { return .accepted }
        if let action = wake(change) { return effects.perform(action) }
        return parkAndPush(element, untilNanoseconds: timeout.map { Self.deadline(after: $0) }, effects)
    }

    @available(*, noasync)
    @inlinable @inline(__always)
    func popBlocking(timeout: Duration?, _ effects: borrowing QueueEffects<Element>) -> PopResult<Element> {
        let (element, change) = withLock { state -> (Element?, Change<State.PopAction?>?) in
            if let element = state.leavePlainly() { return (element, nil) }
            return (nil, finish(state.popUnlessWaiting(), &state))
        }
        if let element { return .element(element) }
        if let change, let action = wake(change), let result = effects.perform(action) { return result }
        return parkAndPop(untilNanoseconds: timeout.map { Self.deadline(after: $0) }, effects)
    }

    func close(_ effects: borrowing QueueEffects<Element>) {
        effects.finish(withLock { $0.close() })
        threads.wakeAll()
    }

    @usableFromInline
    static func deadline(after timeout: Duration) -> UInt64 {
        SystemNanosecondClock().nanoseconds() &+ timeout.nanosecondsClamped
    }

    // A thread that was woken always tries once more, even if it is too late: it takes what it was woken for, or somebody
    // else has taken it, and in neither case is anything left that another thread waits for in vain.

    @available(*, noasync)
    @inlinable @inline(never)
    func parkAndPush(
        _ element: Element,
        untilNanoseconds deadline: UInt64?,
        _ effects: borrowing QueueEffects<Element>
    ) -> PushResult<Element> {
        var ticket = WaitTicket()
        var backoff = Word.backoff
        while true {
            if let action = operate({ $0.pushUnlessWaiting(element) }) { return effects.perform(action) }
            if let deadline, SystemNanosecondClock().nanoseconds() >= deadline {
                withLock { $0.cancelOffer() }
                return .timedOut(element)
            }
            if backoff.pauseOrYield() { continue }
            let parked = effects.clock.nanoseconds()
            _ = threads.producers.park(ticket: &ticket, untilNanoseconds: deadline) {
                lookBeforeParking { !$0.mustWait }
            }
            countBlocked(since: parked, effects)
            backoff.reset()
        }
    }

    @available(*, noasync)
    @inlinable @inline(never)
    func parkAndPop(
        untilNanoseconds deadline: UInt64?,
        _ effects: borrowing QueueEffects<Element>
    ) -> PopResult<Element> {
        var ticket = WaitTicket()
        var backoff = Word.backoff
        while true {
            if let action = operate({ $0.popUnlessWaiting() }), let result = effects.perform(action) { return result }
            if let deadline, SystemNanosecondClock().nanoseconds() >= deadline { return .timedOut }
            if backoff.pauseOrYield() { continue }
            _ = threads.consumers.park(ticket: &ticket, untilNanoseconds: deadline) {
                lookBeforeParking { !$0.isEmptyAndOpen }
            }
            backoff.reset()
        }
    }

    @usableFromInline
    func countBlocked(since start: UInt64, _ effects: borrowing QueueEffects<Element>) {
        let now = effects.clock.nanoseconds()
        withLock { $0.countBlocked(nanoseconds: now > start ? now - start : 0) }
    }
}
