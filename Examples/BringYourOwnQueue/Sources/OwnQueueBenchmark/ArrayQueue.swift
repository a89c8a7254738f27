import Backpressure
import Synchronization

/// The queue that many programs start with: an array behind a mutex, emptied from the front.
///
/// Every pop moves all that is left, so its cost grows with its depth: the benchmark shows by how much.
final class ArrayQueue<Element: Sendable>: SynchronousBoundedQueue {
    private struct State {
        var elements: [Element] = []
        var isClosed = false
        var accepted: UInt64 = 0
        var refused: UInt64 = 0
        var taken: UInt64 = 0
        var peakDepth = 0
    }

    let capacity: Int
    let policy = OverflowPolicy.block
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    func tryPush(_ element: Element) -> PushResult<Element> {
        state.withLock { state in
            if state.isClosed || state.elements.count == capacity {
                state.refused += 1
                return state.isClosed ? .closed(element) : .full(element)
            }
            state.elements.append(element)
            state.accepted += 1
            state.peakDepth = max(state.peakDepth, state.elements.count)
            return .accepted
        }
    }

    func tryPop() -> Element? {
        state.withLock { state in
            guard !state.elements.isEmpty else { return nil }
            state.taken += 1
            return state.elements.removeFirst()
        }
    }

    // It knows no better than to ask again.

    func push(_ element: Element) async -> PushResult<Element> {
        while true {
            let result = tryPush(element)
            guard case .full = result else { return result }
            if Task.isCancelled { return .cancelled(element) }
            await Task.yield()
        }
    }

    func pop() async -> Element? {
        while true {
            if let element = tryPop() { return element }
            if Task.isCancelled || state.withLock({ $0.isClosed && $0.elements.isEmpty }) { return nil }
            await Task.yield()
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
    }

    func statistics() -> QueueStatistics {
        state.withLock { state in
            QueueStatistics(
                accepted: state.accepted,
                refused: state.refused,
                taken: state.taken,
                dropped: 0,
                evicted: 0,
                depth: state.elements.count,
                peakDepth: state.peakDepth,
                capacity: capacity
            )
        }
    }
}
