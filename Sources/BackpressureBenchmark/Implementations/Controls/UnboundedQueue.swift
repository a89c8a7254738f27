import BoundedQueues
import ConcurrencySupport
import DequeModule

/// A queue with no bound: the control that must run out of memory under a flood.
///
/// What many programs have: it never refuses, so nobody slows down. If it survives a stress scenario, the memory cap
/// doesn't work and the survival of the others means nothing.
final class UnboundedQueue<Element: Sendable>: SynchronousBoundedQueue {
    private struct State {
        var buffer = Deque<Element>()
        var waiting = Deque<(id: UInt64, continuation: UnsafeContinuation<Element?, Never>)>()
        var nextID: UInt64 = 0
        var isClosed = false
        var accepted: UInt64 = 0
        var refused: UInt64 = 0
        var taken: UInt64 = 0
        var peakDepth = 0
    }

    private let state = Lock(State())

    var capacity: Int { .max }
    var policy: OverflowPolicy { .block }

    func tryPush(_ element: Element) -> PushResult<Element> {
        let (isAccepted, consumer) = state.withLock { state -> (Bool, UnsafeContinuation<Element?, Never>?) in
            if state.isClosed {
                state.refused += 1
                return (false, nil)
            }
            state.accepted += 1
            if let consumer = state.waiting.popFirst() {
                state.taken += 1
                return (true, consumer.continuation)
            }
            state.buffer.append(element)
            state.peakDepth = max(state.peakDepth, state.buffer.count)
            return (true, nil)
        }
        consumer?.resume(returning: element)
        return isAccepted ? .accepted : .closed(element)
    }

    func tryPop() -> Element? {
        state.withLock { state in
            guard let element = state.buffer.popFirst() else { return nil }
            state.taken += 1
            return element
        }
    }

    func push(_ element: Element) async -> PushResult<Element> {
        tryPush(element)
    }

    func pop() async -> Element? {
        if let element = tryPop() { return element }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let result = state.withLock { state -> Element?? in
                    if let element = state.buffer.popFirst() {
                        state.taken += 1
                        return .some(element)
                    }
                    if state.isClosed || Task.isCancelled { return .some(nil) }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            let consumer = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            consumer?.resume(returning: nil)
        }
    }

    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting.map(\.continuation)
        }
        for consumer in waiting { consumer.resume(returning: nil) }
    }

    func statistics() -> QueueStatistics {
        state.withLock { state in
            QueueStatistics(
                accepted: state.accepted,
                refused: state.refused,
                taken: state.taken,
                dropped: 0,
                evicted: 0,
                depth: state.buffer.count,
                peakDepth: state.peakDepth,
                capacity: .max
            )
        }
    }
}
