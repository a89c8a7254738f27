internal import ConcurrencySupport

/// A circuit breaker's state, which it has had since some time.
public struct CircuitBreakerChange: Sendable, Hashable {
    /// The state.
    public var state: CircuitState
    /// Which it is, counted from 1; see ``CircuitBreakerStatistics/generation``.
    public var generation: UInt64
    /// When it began, by the breaker's clock.
    public var nanoseconds: UInt64
    /// How many states began and ended between the one that this iterator returned before and this one.
    public var missed: UInt64

    /// A change; for implementations.
    public init(state: CircuitState, generation: UInt64, nanoseconds: UInt64, missed: UInt64 = 0) {
        self.state = state
        self.generation = generation
        self.nanoseconds = nanoseconds
        self.missed = missed
    }
}

/// The states of a circuit breaker as they change.
///
/// Each iterator begins with the present state and then waits for a newer one. It is state, not a backlog: whoever is slow
/// gets the newest, which is never lost, and is told how many it has missed. Ends when the breaker is gone, or when the
/// task that waits is cancelled.
public struct CircuitBreakerChanges: AsyncSequence, Sendable {
    /// A state and when it began.
    public typealias Element = CircuitBreakerChange

    let board: ChangeBoard

    /// Begins with the present state.
    public func makeAsyncIterator() -> Iterator { Iterator(board: board) }

    /// Remembers which state it has returned last.
    public struct Iterator: AsyncIteratorProtocol {
        let board: ChangeBoard
        private var seen: UInt64 = 0

        init(board: ChangeBoard) { self.board = board }

        /// The newest state that this iterator hasn't returned yet. O(1), and O(iterators that wait) if cancelled.
        public mutating func next() async -> CircuitBreakerChange? {
            guard var change = await board.next(after: seen) else { return nil }
            change.missed = seen == 0 ? 0 : change.generation - seen - 1
            seen = change.generation
            return change
        }
    }
}

/// Where a circuit breaker says its newest state, and where those wait who want to know the next: for whoever writes one.
public final class ChangeBoard: Sendable {
    private struct Waiter {
        var id: UInt64
        var continuation: UnsafeContinuation<CircuitBreakerChange?, Never>
    }

    private struct State {
        var newest: CircuitBreakerChange
        var isFinished = false
        var nextID: UInt64 = 0
        var waiters: [Waiter] = []
    }

    private let state: Lock<State>

    /// A board with the state that a breaker begins with.
    public init(_ first: CircuitBreakerChange) {
        state = Lock(State(newest: first))
    }

    /// The states from now on, beginning with the present one.
    public var changes: CircuitBreakerChanges { CircuitBreakerChanges(board: self) }

    /// Says a state, unless a newer one has been said: one of a greater generation. Not to be called under a lock, because it
    /// resumes tasks. O(iterators that wait).
    public func publish(_ change: CircuitBreakerChange) {
        let waiters = state.withLock { state -> [Waiter] in
            guard change.generation > state.newest.generation else { return [] }
            state.newest = change
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: change) }
    }

    /// The breaker is gone: its changes end. O(iterators that wait).
    public func finish() {
        let waiters = state.withLock { state -> [Waiter] in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }

    private enum Answer {
        case now(CircuitBreakerChange?)
        case wait
    }

    func next(after seen: UInt64) async -> CircuitBreakerChange? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let answer = state.withLock { state -> Answer in
                    // A cancellation before this point has run its handler in vain; one after it finds the waiter.
                    if Task.isCancelled { return .now(nil) }
                    if state.newest.generation > seen { return .now(state.newest) }
                    if state.isFinished { return .now(nil) }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return .wait
                }
                if case .now(let change) = answer { continuation.resume(returning: change) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(returning: nil)
        }
    }
}
