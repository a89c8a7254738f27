internal import ConcurrencySupport

/// Hands the newest snapshot to everyone who listens: state, not a backlog.
final class SnapshotFeed: Sendable {
    private struct State: Sendable {
        var listeners: [UInt64: AsyncStream<MonitorSnapshot>.Continuation] = [:]
        var nextID: UInt64 = 0
        var isFinished = false
    }

    private let state = Lock(State())

    func listen() -> AsyncStream<MonitorSnapshot> {
        // Who is slow skips snapshots; memory doesn't depend on how slow.
        let (stream, continuation) = AsyncStream.makeStream(
            of: MonitorSnapshot.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let id = state.withLock { state -> UInt64? in
            guard !state.isFinished else { return nil }
            state.nextID += 1
            state.listeners[state.nextID] = continuation
            return state.nextID
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    func send(_ snapshot: MonitorSnapshot) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(snapshot) }
    }

    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    /// How many listen.
    var listenerCount: Int { state.withLock(\.listeners.count) }
}

/// The snapshots of a ``LagMonitor`` as it makes them: each iterator gets the newest that it hasn't had yet, so one that is
/// slow skips some. Ends when the monitor's ``LagMonitor/run()`` has ended.
public struct MonitorSnapshots: AsyncSequence, Sendable {
    /// A snapshot.
    public typealias Element = MonitorSnapshot
    /// None is thrown.
    public typealias Failure = Never

    let feed: SnapshotFeed

    /// Listens from now on; what was seen before isn't repeated.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: feed.listen().makeAsyncIterator()) }

    /// Waits for snapshots.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var base: AsyncStream<MonitorSnapshot>.Iterator

        /// The newest snapshot, once there is one that this iterator hasn't given. `nil`: the monitor has ended, or the task
        /// is cancelled.
        public mutating func next() async -> MonitorSnapshot? { await base.next() }

        /// See ``next()``.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> MonitorSnapshot? {
            await base.next(isolation: actor)
        }
    }
}
