/// Which tiers a priority queue turns away as it fills: tier × depth.
///
/// Each tier has a threshold, a share of the capacity. An offer is shed if, when it is made, the queue is that full or
/// fuller. By default:
///
/// | depth / capacity | critical | high | normal | low |
/// |---|---|---|---|---|
/// | below 0.80 | enters | enters | enters | enters |
/// | 0.80 … 0.90 | enters | enters | enters | shed |
/// | 0.90 … 0.95 | enters | enters | shed | shed |
/// | 0.95 … 1.00 | enters | shed | shed | shed |
/// | 1.00 | waits | shed | shed | shed |
///
/// A tier with the threshold 1 is never shed: it waits for room, or comes back. `critical` always is such a tier.
public struct OverloadTable: Sendable, Hashable {
    /// What happens to an offer that is shed.
    @frozen
    public enum Action: Sendable, Hashable {
        /// It comes back as ``PushResult/rejected(_:_:)``.
        case refuse
        /// It goes to the drop handler: ``PushResult/dropped``.
        case drop
    }

    /// The share of the capacity from which on offers of a tier are shed; 1: never.
    public let thresholds: PerTier<Double>
    /// What happens to an offer that is shed.
    public let action: Action

    /// A table with a threshold for each tier that may be shed.
    ///
    /// A precondition fails unless `0 < low ≤ normal ≤ high ≤ 1`: no tier is shed before a less urgent one.
    public init(low: Double = 0.80, normal: Double = 0.90, high: Double = 0.95, action: Action = .refuse) {
        precondition(
            0 < low && low <= normal && normal <= high && high <= 1,
            "thresholds are shares, and less urgent tiers are shed first: 0 < low ≤ normal ≤ high ≤ 1; they were "
                + "\(low), \(normal), \(high)"
        )
        thresholds = PerTier(critical: 1, high: high, normal: normal, low: low)
        self.action = action
    }

    /// A table for overload that begins at a share of the capacity: there `low` is shed, `normal` half of the way to full,
    /// `high` three quarters of the way. `beginning(at: 0.80)` is the default.
    ///
    /// A precondition fails unless the share is above 0 and at most 1.
    public static func beginning(at share: Double, action: Action = .refuse) -> OverloadTable {
        OverloadTable(low: share, normal: (1 + share) / 2, high: (3 + share) / 4, action: action)
    }

    /// No tier is shed; all wait for room.
    public static var never: OverloadTable { OverloadTable(low: 1, normal: 1, high: 1) }

    /// From how many elements inside on an offer of a tier is shed; `nil`: never. That is the least depth with
    /// `depth / capacity` at or above the threshold.
    public func sheddingDepth(of tier: PriorityTier, capacity: Int) -> Int? {
        let threshold = thresholds[tier]
        guard threshold < 1 else { return nil }
        func isReached(_ depth: Int) -> Bool { Double(depth) / Double(capacity) >= threshold }
        // The product is off by a rounding error at most; what counts is the quotient.
        var depth = Int((threshold * Double(capacity)).rounded(.up))
        while depth > 0, isReached(depth - 1) { depth -= 1 }
        while !isReached(depth) { depth += 1 }
        return depth
    }

    /// The same for all tiers as numbers to compare with: `Int.max` for never.
    @usableFromInline
    func sheddingDepths(capacity: Int) -> PerTier<Int> {
        PerTier { sheddingDepth(of: $0, capacity: capacity) ?? .max }
    }
}

/// Why a priority queue gave up an element.
@frozen
public enum PriorityDropReason: Sendable, Hashable {
    /// The queue held so many elements when it was offered, and its ``OverloadTable`` drops its tier from there on. It
    /// never was inside.
    case overloaded(depth: Int, capacity: Int)
}

/// Receives every element that a priority queue gives up. Called by whoever pushes, outside all locks.
public typealias PriorityDropHandler<Element> = @Sendable (Prioritized<Element>, PriorityDropReason) -> Void
