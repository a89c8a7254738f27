internal import Backpressure

/// A bounded queue as an array, used by one caller: what the others are compared with at rest.
struct QueueModel {
    private let policy: OverflowPolicy
    private(set) var drops: [Drop] = []
    private(set) var statistics: QueueStatistics
    private var elements: [Int] = []
    private var isClosed = false

    init(capacity: Int, policy: OverflowPolicy) {
        self.policy = policy
        statistics = QueueStatistics(
            accepted: 0,
            refused: 0,
            taken: 0,
            dropped: 0,
            evicted: 0,
            depth: 0,
            peakDepth: 0,
            capacity: capacity
        )
    }

    mutating func push(_ element: Int) -> PushResult<Int> {
        if isClosed {
            statistics.refused += 1
            return .closed(element)
        }
        if elements.count == statistics.capacity {
            if policy == .dropOldest {
                statistics.evicted += 1
                drops.append(Drop(element: elements.removeFirst(), reason: .evicted))
            } else {
                statistics.refused += 1
                guard policy == .dropNewest else { return refusal(of: element) }
                statistics.dropped += 1
                drops.append(Drop(element: element, reason: .full))
                return .dropped
            }
        }
        statistics.accepted += 1
        elements.append(element)
        updateDepth()
        return .accepted
    }

    private func refusal(of element: Int) -> PushResult<Int> {
        guard policy == .reject else { return .full(element) }
        let error = QueueFullError(depth: elements.count, capacity: statistics.capacity, retryAfterNanoseconds: 0)
        return .rejected(element, error)
    }

    mutating func pop() -> Int? {
        guard !elements.isEmpty else { return nil }
        statistics.taken += 1
        let element = elements.removeFirst()
        updateDepth()
        return element
    }

    mutating func close() { isClosed = true }

    private mutating func updateDepth() {
        statistics.depth = elements.count
        statistics.peakDepth = max(statistics.peakDepth ?? 0, elements.count)
    }
}

extension PushResult<Int> {
    /// Without what no model can know: how fast elements are taken.
    var withoutEstimate: Self {
        guard case .rejected(let element, let error) = self else { return self }
        let known = QueueFullError(depth: error.depth, capacity: error.capacity, retryAfterNanoseconds: 0)
        return .rejected(element, known)
    }
}
