import BoundedQueues
import DequeModule
import Dispatch
import Synchronization

import struct ConcurrencySupport.Lock

/// What programs have had since before `async`: a deque behind a lock and two `DispatchSemaphore`s, one that counts the
/// room and one that counts the elements. Made for threads, which it blocks.
final class SemaphoreQueue<Element: Sendable>: SynchronousBoundedQueue {
    private struct State {
        var buffer: Deque<Element>
        var isClosed = false
    }

    let capacity: Int
    let policy: OverflowPolicy
    private let state: Lock<State>
    private let room = DispatchSemaphore(value: 0)
    private let elements = DispatchSemaphore(value: 0)
    private let tally = PeerTally()

    init(capacity: Int, policy: OverflowPolicy) {
        self.capacity = capacity
        self.policy = policy
        state = Lock(State(buffer: Deque(minimumCapacity: capacity)))
        // Counted up and not made with its value: Dispatch traps when a semaphore is freed below the value it was made
        // with, as it is when elements are inside.
        for _ in 0..<capacity { room.signal() }
    }

    func tryPush(_ element: Element) -> PushResult<Element> {
        guard room.wait(timeout: .atOnce) == .success else {
            tally.countRefused()
            return state.withLock { $0.isClosed } ? .closed(element) : .full(element)
        }
        let hasEntered = state.withLock { state in
            if !state.isClosed { state.buffer.append(element) }
            return !state.isClosed
        }
        guard hasEntered else {
            room.signal()
            tally.countRefused()
            return .closed(element)
        }
        tally.countAccepted()
        elements.signal()
        return .accepted
    }

    func tryPop() -> Element? {
        guard elements.wait(timeout: .atOnce) == .success else { return nil }
        // The semaphore has given this caller one of the elements that are inside.
        let element = state.withLock { $0.buffer.removeFirst() }
        tally.countTaken()
        room.signal()
        return element
    }

    /// For completeness: tasks must not block their thread, so they would have to try again and again.
    func push(_ element: Element) async -> PushResult<Element> {
        while true {
            let result = tryPush(element)
            guard case .full = result, policy == .block else { return result }
            if Task.isCancelled { return .cancelled(element) }
            await Task.yield()
        }
    }

    func pop() async -> Element? {
        while true {
            let isClosed = state.withLock { $0.isClosed }
            if let element = tryPop() { return element }
            if isClosed || Task.isCancelled { return nil }
            await Task.yield()
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
    }

    func statistics() -> QueueStatistics { tally.statistics(capacity: capacity) }
}

extension DispatchTime {
    /// `DISPATCH_TIME_NOW`, which `now()` turns into a reading of the clock: not to wait needs none.
    fileprivate static var atOnce: DispatchTime { DispatchTime(uptimeNanoseconds: 0) }
}
