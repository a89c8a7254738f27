internal import Backpressure

/// A bounded priority queue as four arrays, used by one caller: what the others are compared with at rest.
///
/// It says what becomes of each offer. Of each take it only says whether it was allowed, since when exactly a waiting tier
/// gets its turn is left to the implementation within bounds.
struct PriorityModel {
    private let overload: OverloadTable
    private let ageingLimit: Int
    private let capacity: Int
    private var elements = PerTier { _ in [Int]() }
    /// For how many takes a tier that holds elements has been passed over.
    private var passes = PerTier { _ in 0 }
    private var isClosed = false
    private(set) var drops: [PriorityDrop] = []
    private(set) var statistics: PriorityStatistics

    init(capacity: Int, overload: OverloadTable, ageingLimit: Int) {
        self.capacity = capacity
        self.overload = overload
        self.ageingLimit = ageingLimit
        statistics = PriorityStatistics(tiers: PerTier { _ in TierStatistics() }, peakDepth: 0, capacity: capacity)
    }

    var depth: Int { statistics.total.depth }

    /// Whether the table turns a tier away now.
    func sheds(_ tier: PriorityTier) -> Bool {
        let threshold = overload.thresholds[tier]
        return threshold < 1 && Double(depth) / Double(capacity) >= threshold
    }

    mutating func push(_ element: Int, _ tier: PriorityTier) -> PushResult<Int> {
        let depth = depth
        let isShed = sheds(tier)
        guard !isClosed, !isShed, depth < capacity else {
            statistics.tiers[tier].refused += 1
            if isClosed { return .closed(element) }
            guard isShed else { return .full(element) }
            statistics.tiers[tier].shed += 1
            guard overload.action == .drop else {
                return .rejected(element, QueueFullError(depth: depth, capacity: capacity, retryAfterNanoseconds: 0))
            }
            statistics.tiers[tier].dropped += 1
            let reason = PriorityDropReason.overloaded(depth: depth, capacity: capacity)
            drops.append(PriorityDrop(dropped: Prioritized(element, tier), reason: reason))
            return .dropped
        }
        statistics.tiers[tier].accepted += 1
        statistics.tiers[tier].depth += 1
        statistics.peakDepth = max(statistics.peakDepth ?? 0, depth + 1)
        if elements[tier].isEmpty { passes[tier] = 0 }
        elements[tier].append(element)
        return .accepted
    }

    /// Takes what the queue took, and says what is wrong with that.
    mutating func pop(_ taken: Prioritized<Int>?) -> String? {
        let waiting = PriorityTier.allCases.filter { !elements[$0].isEmpty }
        guard let taken else {
            return waiting.isEmpty ? nil : "nothing was taken although \(depth) elements were inside"
        }
        let tier = taken.tier
        guard elements[tier].first == taken.element else {
            return "\(taken.element) was taken from the tier \(tier), which held \(elements[tier])"
        }
        if let passed = waiting.first, passed > tier, passes[tier] < ageingLimit - 3 {
            return
                "the tier \(tier) went before \(passed) although it had been passed over by \(passes[tier]) takes only"
        }
        for other in waiting where other != tier { passes[other] += 1 }
        passes[tier] = 0
        if let starved = waiting.first(where: { passes[$0] >= ageingLimit }) {
            return "the tier \(starved) was passed over by \(passes[starved]) takes"
        }
        elements[tier].removeFirst()
        statistics.tiers[tier].taken += 1
        statistics.tiers[tier].depth -= 1
        return nil
    }

    mutating func close() { isClosed = true }
}
