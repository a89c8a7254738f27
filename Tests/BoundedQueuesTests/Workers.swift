import ConcurrencySupport
import Foundation
import Synchronization

/// A thread of the system, for what is driven without tasks.
final class Worker: Sendable {
    /// The worker that runs on this thread.
    @TaskLocal static var current: Worker?

    /// Elements that this thread's present push has evicted.
    let evictions = Atomic<Int>(0)

    /// Runs one thread for each body and waits for all.
    static func run(_ bodies: [@Sendable (Worker) -> Void]) {
        let finished = DispatchSemaphore(value: 0)
        for body in bodies {
            let thread = Thread {
                let worker = Worker()
                $current.withValue(worker) { body(worker) }
                finished.signal()
            }
            thread.start()
        }
        for _ in bodies { finished.wait() }
    }

    /// The same for a task, whose thread is not held up meanwhile.
    static func runAside(_ bodies: [@Sendable (Worker) -> Void]) async {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                run(bodies)
                continuation.resume()
            }
            thread.start()
        }
    }
}

/// Ends a loop of refused attempts that goes on for far too long, so that a stuck queue fails its test.
struct Patience {
    private var backoff = Backoff()
    private var refusals = 0

    /// Waits a little; `false`: this has been going on for so long that nothing will come.
    mutating func pause() -> Bool {
        refusals += 1
        backoff.pause()
        return refusals < 50_000_000
    }

    mutating func reset() {
        refusals = 0
        backoff.reset()
    }
}

/// A value behind a lock that closures can share.
final class Shared<Value: Sendable>: Sendable {
    private let state: Lock<Value>

    init(_ value: Value) {
        state = Lock(value)
    }

    var value: Value { state.withLock { $0 } }

    func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result { state.withLock { change(&$0) } }

    func append<Element: Sendable>(_ element: Element) where Value == [Element] { update { $0.append(element) } }
}

/// A count that closures can share.
final class SharedCount: Sendable {
    private let count: Atomic<Int>

    init(_ value: Int = 0) {
        count = Atomic(value)
    }

    var value: Int { count.load(ordering: .acquiring) }

    func add(_ amount: Int) { count.wrappingAdd(amount, ordering: .acquiringAndReleasing) }
}
