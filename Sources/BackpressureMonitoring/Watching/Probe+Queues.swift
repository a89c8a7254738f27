public import BoundedQueues

extension Monitored where Self == Probe {
    /// Watches a bounded queue by its statistics. What waits in a ``SpillStore`` counts as waiting, so such a queue can be
    /// more than full.
    public static func queue(_ queue: some BoundedQueue) -> Probe {
        Probe { Gauges(await queue.statistics()) }
    }

    /// Watches a priority queue by its statistics, all tiers together.
    public static func queue(_ queue: some BoundedPriorityQueue) -> Probe {
        Probe { Gauges(await queue.statistics()) }
    }

    /// Watches one tier of a priority queue. How full the whole queue is counts as the strain of each of its tiers.
    public static func queue(_ queue: some BoundedPriorityQueue, tier: PriorityTier) -> Probe {
        Probe { Gauges(await queue.statistics(), tier: tier) }
    }
}

extension Gauges {
    init(_ statistics: QueueStatistics) {
        self.init(
            kind: "queue",
            depth: statistics.depth + statistics.stored,
            capacity: statistics.capacity,
            arrived: statistics.accepted,
            departed: statistics.taken + statistics.evicted,
            turnedAway: statistics.refused + statistics.evicted,
            offered: statistics.offered
        )
    }

    init(_ statistics: PriorityStatistics, tier: PriorityTier? = nil) {
        let counts = tier.map { statistics[$0] } ?? statistics.total
        self.init(
            kind: "queue",
            depth: counts.depth,
            capacity: statistics.capacity,
            arrived: counts.accepted,
            departed: counts.taken,
            turnedAway: counts.refused,
            offered: counts.offered,
            strain: tier == nil ? nil : statistics.utilization
        )
    }
}
