/// What went through a queue since it was made.
///
/// At rest these hold exactly: `offered = accepted + refused` and `accepted = taken + evicted + depth + stored`.
public struct QueueStatistics: Sendable, Hashable {
    /// Elements that entered, the secondary store included.
    public var accepted: UInt64
    /// Offers that did not enter: returned to the caller as full, rejected, closed, cancelled or timed out, or dropped
    /// (``dropped`` counts those).
    /// An element offered again after a refusal counts again.
    public var refused: UInt64
    /// Elements taken by consumers.
    public var taken: UInt64
    /// Of those refused, the ones handed to the drop handler: at the tail of a full queue, or sampled out.
    public var dropped: UInt64
    /// Of those dropped, the ones that weren't the one in n.
    public var sampledOut: UInt64 = 0
    /// Of those accepted, the ones handed to the drop handler to make room.
    public var evicted: UInt64
    /// Of those accepted, the ones that went by way of the secondary store.
    public var spilled: UInt64 = 0
    /// Elements in the secondary store now.
    public var stored: Int = 0
    /// How often a producer had to wait for room, or was delayed: suspended, or its thread parked.
    public var timesBlocked: UInt64 = 0
    /// How long producers have waited for room, added up, in nanoseconds of the queue's clock. Waits that have ended.
    public var blockedNanoseconds: UInt64 = 0
    /// Elements inside, without those in the secondary store.
    public var depth: Int
    /// The most elements that were inside at once; `nil` where keeping it would cost every push a shared write.
    public var peakDepth: Int?
    /// The most elements that can be inside at once.
    public var capacity: Int

    /// All offers: `accepted + refused`.
    public var offered: UInt64 { accepted + refused }

    /// How full the queue is, from 0 to 1.
    public var utilization: Double { Double(depth) / Double(capacity) }

    /// How long producers have waited for room, added up.
    public var timeBlocked: Duration { .nanoseconds(Int64(clamping: blockedNanoseconds)) }

    /// Gathers the counts of a queue; for implementations.
    public init(
        accepted: UInt64,
        refused: UInt64,
        taken: UInt64,
        dropped: UInt64,
        evicted: UInt64,
        depth: Int,
        peakDepth: Int?,
        capacity: Int
    ) {
        self.accepted = accepted
        self.refused = refused
        self.taken = taken
        self.dropped = dropped
        self.evicted = evicted
        self.depth = depth
        self.peakDepth = peakDepth
        self.capacity = capacity
    }
}
