internal import Backpressure

/// A bounded queue as an array, used by one caller: what the others are compared with at rest.
struct QueueModel {
    /// The parameters of a sampling policy, which can't be read from it.
    struct Sampling {
        /// One in so many enters.
        var interval: Int
        /// From so many elements inside on.
        var depth: Int
    }

    private let policy: OverflowPolicy
    private let sampling: Sampling?
    private var offersSampled = 0
    private(set) var drops: [Drop] = []
    private(set) var statistics: QueueStatistics
    private var elements: [Int] = []
    private var isClosed = false

    init(capacity: Int, policy: OverflowPolicy, sampling: Sampling? = nil) {
        self.policy = policy
        self.sampling = sampling
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
        if let sampling, elements.count >= sampling.depth {
            offersSampled += 1
            if offersSampled % sampling.interval != 1 % sampling.interval { return drop(element, .sampledOut) }
        }
        if elements.count == statistics.capacity {
            if policy == .dropOldest {
                statistics.evicted += 1
                drops.append(Drop(element: elements.removeFirst(), reason: .evicted))
            } else {
                guard policy == .dropNewest || sampling != nil else { return refusal(of: element) }
                return drop(element, .full)
            }
        }
        statistics.accepted += 1
        elements.append(element)
        updateDepth()
        return .accepted
    }

    /// Offers one after the other, up to the first that comes back.
    mutating func push(contentsOf batch: some Sequence<Int>) -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        for element in batch {
            switch push(element) {
            case .accepted: result.accepted += 1
            case .dropped: result.dropped += 1
            case .closed:
                result.ending = .closed
                return result
            default:
                result.ending = .full
                return result
            }
        }
        return result
    }

    private mutating func drop(_ element: Int, _ reason: DropReason) -> PushResult<Int> {
        statistics.refused += 1
        statistics.dropped += 1
        if reason == .sampledOut { statistics.sampledOut += 1 }
        drops.append(Drop(element: element, reason: reason))
        return .dropped
    }

    private mutating func refusal(of element: Int) -> PushResult<Int> {
        statistics.refused += 1
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

    /// Takes as many as there are, at most `count`.
    mutating func pop(upTo count: Int) -> [Int] {
        (0..<max(0, min(count, elements.count))).compactMap { _ in pop() }
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
