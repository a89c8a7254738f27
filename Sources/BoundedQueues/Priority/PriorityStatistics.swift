/// What went through a priority queue since it was made, tier by tier.
///
/// At rest these hold exactly, for each tier and so for their sum: `offered = accepted + refused`,
/// `accepted = taken + depth` and `refused ≥ shed ≥ dropped`.
public struct PriorityStatistics: Sendable, Hashable {
    /// The counts of each tier.
    public var tiers: PerTier<TierStatistics>
    /// The most elements that were inside at once; `nil` where keeping it would cost every push a shared write.
    public var peakDepth: Int?
    /// The most elements, of all tiers together, that can be inside at once.
    public var capacity: Int

    /// Gathers the counts of a queue; for implementations.
    public init(tiers: PerTier<TierStatistics>, peakDepth: Int?, capacity: Int) {
        self.tiers = tiers
        self.peakDepth = peakDepth
        self.capacity = capacity
    }

    /// The counts of one tier.
    public subscript(tier: PriorityTier) -> TierStatistics { tiers[tier] }

    /// The counts of all tiers together.
    public var total: TierStatistics {
        var total = TierStatistics()
        for tier in PriorityTier.allCases { total.add(tiers[tier]) }
        return total
    }

    /// How full the queue is, from 0 to 1.
    public var utilization: Double { Double(total.depth) / Double(capacity) }
}

/// What went through one tier of a priority queue.
public struct TierStatistics: Sendable, Hashable {
    /// Elements that entered.
    public var accepted: UInt64
    /// Offers that did not enter: shed, or returned to the caller as full, closed, cancelled or timed out. An element
    /// offered again after a refusal counts again.
    public var refused: UInt64
    /// Of those refused, the ones that the overload table turned away.
    public var shed: UInt64
    /// Of those shed, the ones handed to the drop handler.
    public var dropped: UInt64
    /// Elements taken by consumers.
    public var taken: UInt64
    /// How often a producer had to wait for room.
    public var timesBlocked: UInt64
    /// How long producers have waited for room, added up, in nanoseconds of the queue's clock. Waits that have ended.
    public var blockedNanoseconds: UInt64
    /// Elements inside.
    public var depth: Int

    /// Gathers the counts of a tier; for implementations.
    @inlinable
    public init(
        accepted: UInt64 = 0,
        refused: UInt64 = 0,
        shed: UInt64 = 0,
        dropped: UInt64 = 0,
        taken: UInt64 = 0,
        timesBlocked: UInt64 = 0,
        blockedNanoseconds: UInt64 = 0,
        depth: Int = 0
    ) {
        self.accepted = accepted
        self.refused = refused
        self.shed = shed
        self.dropped = dropped
        self.taken = taken
        self.timesBlocked = timesBlocked
        self.blockedNanoseconds = blockedNanoseconds
        self.depth = depth
    }

    /// All offers: `accepted + refused`.
    public var offered: UInt64 { accepted + refused }

    /// How long producers have waited for room, added up.
    public var timeBlocked: Duration { .nanoseconds(Int64(clamping: blockedNanoseconds)) }

    mutating func add(_ other: TierStatistics) {
        accepted += other.accepted
        refused += other.refused
        shed += other.shed
        dropped += other.dropped
        taken += other.taken
        timesBlocked += other.timesBlocked
        blockedNanoseconds += other.blockedNanoseconds
        depth += other.depth
    }
}
