public import BoundedQueues
internal import ConcurrencySupport
internal import DequeModule

/// Keeps dead letters until somebody takes them or sends them again: a bounded number, in memory or in a store that lasts.
///
/// First in, first out. What was accepted is inside until it is taken or redriven, at every moment: a letter that is being
/// redriven counts as inside and keeps its room; if that fails, or is cancelled, it goes to the back of the queue. With a
/// durable ``BoundedQueues/SpillStore`` letters survive the process; the one in a redrive's hand is in memory alone until
/// that has ended.
///
/// All operations take a lock, so they are exact; the store is called under it.
///
/// - Complexity: O(1) a letter, and what the store takes.
public final class DeadLetterQueue<Element: Sendable>: DeadLetterSink {
    private let state: Lock<State>
    /// The most letters inside.
    public let limit: Int

    /// An empty queue in memory.
    ///
    /// - Parameter limit: the most letters inside; at least 1, else a precondition fails.
    public convenience init(limit: Int) {
        self.init(store: InMemorySpillStore<DeadLetter<Element>>(limit: limit), limit: limit)
    }

    /// A queue in a store, which may hold letters already: they count as accepted.
    ///
    /// - Parameters:
    ///   - store: used by nobody else from now on, and under a lock.
    ///   - limit: the most letters inside, unless the store refuses more before; at least 1, else a precondition fails.
    public init(store: some SpillStore<DeadLetter<Element>>, limit: Int = .max) {
        precondition(limit > 0, "a queue of dead letters must have room for one at least; its limit was \(limit)")
        self.limit = limit
        state = Lock(State(store: store, limit: limit))
    }

    /// Takes a letter over; `false`: there is no room, and it is still its sender's.
    public func accept(_ letter: DeadLetter<Element>) -> Bool {
        state.withLock { $0.accept(letter) }
    }

    /// Takes letters out, the oldest first: they are the caller's.
    ///
    /// - Parameter limit: the most letters to take; at least 0, else a precondition fails.
    public func take(upTo limit: Int = .max) -> [DeadLetter<Element>] {
        precondition(limit >= 0, "nobody can take \(limit) letters")
        return state.withLock { $0.take(upTo: limit) }
    }

    /// What has happened since the queue was made, and what is inside.
    public var statistics: DeadLetterStatistics { state.withLock { $0.statistics } }

    /// Gives letters to a handler again, one after the other, the oldest first and each at most once. Those whose handler
    /// returns are delivered and leave the queue; those whose handler throws stay, with one attempt more and, unless the task
    /// was cancelled, the new error as their reason.
    ///
    /// Ends when as many have been tried, when there are no more of those that were inside at the beginning, or when the task
    /// is cancelled. Letters may be accepted, taken and redriven by others meanwhile.
    ///
    /// - Parameters:
    ///   - limit: the most letters to try; at least 0, else a precondition fails.
    ///   - handler: delivers a letter.
    public nonisolated(nonsending) func redrive(
        upTo limit: Int = .max,
        through handler: nonisolated(nonsending) (DeadLetter<Element>) async throws -> Void
    ) async -> RedriveReport {
        await redrive(upTo: limit) { letter in
            do {
                try await handler(letter)
                return .delivered
            } catch {
                return .failed(error)
            }
        }
    }

    /// Likewise through a circuit breaker. Ends also when that refuses: the letter it has refused stays as it was, at the back
    /// of the queue, and the report says when to go on.
    ///
    /// - Parameters:
    ///   - limit: the most letters to try; at least 0, else a precondition fails.
    ///   - breaker: permits each delivery and learns how it went.
    ///   - judging: what an error says; see ``CircuitBreaker/run(judging:_:)``.
    ///   - handler: delivers a letter.
    public nonisolated(nonsending) func redrive(
        upTo limit: Int = .max,
        through breaker: some CircuitBreaker,
        judging: (any Error) -> ErrorVerdict = { .ofCall($0) },
        _ handler: nonisolated(nonsending) (DeadLetter<Element>) async throws -> Void
    ) async -> RedriveReport {
        await redrive(upTo: limit) { letter in
            do throws(CircuitBreakerError<any Error>) {
                try await breaker.run(judging: judging) { () async throws(any Error) in try await handler(letter) }
                return .delivered
            } catch {
                switch error {
                case .open(let open): return .refused(open)
                case .failed(let error): return .failed(error)
                }
            }
        }
    }

    private enum Attempt {
        case delivered
        case failed(any Error)
        case refused(CircuitOpen)
    }

    private nonisolated(nonsending) func redrive(
        upTo limit: Int,
        _ deliver: nonisolated(nonsending) (DeadLetter<Element>) async -> Attempt
    ) async -> RedriveReport {
        precondition(limit >= 0, "nobody can redrive \(limit) letters")
        var report = RedriveReport()
        var left = min(limit, state.withLock { $0.waiting })
        while left > 0, !Task.isCancelled, var letter = state.withLock({ $0.beginRedrive() }) {
            left -= 1
            switch await deliver(letter) {
            case .delivered:
                state.withLock { $0.endRedrive() }
                report.delivered += 1
            case .failed(let error):
                letter.attempts += 1
                if !(error is CancellationError || Task.isCancelled) { letter.reason = .failed("\(error)") }
                state.withLock { $0.putBack(letter, isTried: true) }
                report.failed += 1
            case .refused(let open):
                state.withLock { $0.putBack(letter, isTried: false) }
                report.refusal = open
                return report
            }
        }
        return report
    }

    private struct State {
        private var store: any SpillStore<DeadLetter<Element>>
        /// Letters that the store wouldn't have back.
        private var held = Deque<DeadLetter<Element>>()
        private var limit: Int
        private(set) var inHand = 0
        private var counts = DeadLetterStatistics()
        /// How many letters, the first of those in the store, were there before.
        private var unknown: Int

        init(store: some SpillStore<DeadLetter<Element>>, limit: Int) {
            self.store = store
            self.limit = limit
            unknown = store.count
            counts.accepted = UInt64(store.count)
        }

        /// Letters that nobody has in hand.
        var waiting: Int { store.count + held.count }

        var statistics: DeadLetterStatistics {
            var statistics = counts
            statistics.inside = waiting + inHand
            statistics.beingRedriven = inHand
            return statistics
        }

        mutating func accept(_ letter: DeadLetter<Element>) -> Bool {
            guard waiting + inHand < limit, store.append(letter) else {
                counts.refused += 1
                return false
            }
            counts.accepted += 1
            counts.insideByKind[letter.reason.kind, default: 0] += 1
            return true
        }

        mutating func take(upTo limit: Int) -> [DeadLetter<Element>] {
            var letters: [DeadLetter<Element>] = []
            while letters.count < limit, let letter = next() { letters.append(letter) }
            counts.taken += UInt64(letters.count)
            return letters
        }

        mutating func beginRedrive() -> DeadLetter<Element>? {
            guard let letter = next() else { return nil }
            inHand += 1
            return letter
        }

        mutating func endRedrive() {
            inHand -= 1
            counts.taken += 1
            counts.redriven += 1
        }

        mutating func putBack(_ letter: DeadLetter<Element>, isTried: Bool) {
            inHand -= 1
            if isTried { counts.failedRedrives += 1 }
            counts.insideByKind[letter.reason.kind, default: 0] += 1
            if !store.append(letter) { held.append(letter) }
        }

        private mutating func next() -> DeadLetter<Element>? {
            // What the store wouldn't take back comes after what is in it, as it would have there.
            guard let letter = store.removeFirst() else {
                guard let letter = held.popFirst() else { return nil }
                leave(letter)
                return letter
            }
            if unknown > 0 { unknown -= 1 } else { leave(letter) }
            return letter
        }

        private mutating func leave(_ letter: DeadLetter<Element>) {
            let left = counts.insideByKind[letter.reason.kind, default: 1] - 1
            counts.insideByKind[letter.reason.kind] = left > 0 ? left : nil
        }
    }
}
