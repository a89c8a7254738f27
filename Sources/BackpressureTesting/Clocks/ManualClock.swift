public import ConcurrencySupport

/// A clock that stands still until it is told to advance: time in tests without waiting.
///
/// Tasks that sleep on it wake, in the order of their deadlines, when ``advance(byNanoseconds:)`` passes them.
public final class ManualClock: NanosecondClock {
    private struct Sleeper {
        var id: UInt64
        var deadline: UInt64
        var continuation: UnsafeContinuation<Bool, Never>
    }

    private struct State {
        var now: UInt64
        var nextID: UInt64 = 0
        var sleepers: [Sleeper] = []
        var watchers: [(count: Int, continuation: UnsafeContinuation<Void, Never>)] = []
    }

    private let state: Lock<State>

    /// A clock that reads `nanoseconds`.
    public init(nanoseconds: UInt64 = 0) {
        state = Lock(State(now: nanoseconds))
    }

    /// What the clock was set to.
    public func nanoseconds() -> UInt64 {
        state.withLock(\.now)
    }

    /// Moves time on and wakes whoever has slept long enough. O(sleepers).
    public func advance(byNanoseconds nanoseconds: UInt64) {
        let woken = state.withLock { state -> [Sleeper] in
            state.now += nanoseconds
            let now = state.now
            let due = state.sleepers.filter { $0.deadline <= now }
            state.sleepers.removeAll { $0.deadline <= now }
            return due.sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }
        }
        for sleeper in woken { sleeper.continuation.resume(returning: true) }
    }

    /// Sets the time, backwards too: what a machine's faulty clock does. Wakes nobody.
    public func set(nanoseconds: UInt64) {
        state.withLock { $0.now = nanoseconds }
    }

    /// How many tasks sleep on this clock now.
    public var sleeperCount: Int {
        state.withLock(\.sleepers.count)
    }

    /// Suspends until at least `count` tasks sleep on this clock, so that a test can advance it at the right moment.
    public func waitForSleepers(_ count: Int) async {
        await withUnsafeContinuation { continuation in
            let ready = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if ready { continuation.resume() }
        }
    }

    /// Suspends until the clock was moved to `deadline` or past it.
    public func sleep(untilNanoseconds deadline: UInt64) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let reached = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let (result, watchers) = state.withLock { state -> (Bool?, [UnsafeContinuation<Void, Never>]) in
                    if Task.isCancelled { return (false, []) }
                    if state.now >= deadline { return (true, []) }
                    state.sleepers.append(Sleeper(id: id, deadline: deadline, continuation: continuation))
                    let count = state.sleepers.count
                    let ready = state.watchers.filter { $0.count <= count }.map(\.continuation)
                    state.watchers.removeAll { $0.count <= count }
                    return (nil, ready)
                }
                for watcher in watchers { watcher.resume() }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else { return nil }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(returning: false)
        }
        if !reached { throw CancellationError() }
    }
}
