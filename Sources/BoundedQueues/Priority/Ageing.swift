/// Which tier is served next: the rule of urgency and ageing, as one decision that all families share.
@usableFromInline
enum Ageing {
    /// So many takes in a row may be needed at once, one for each tier, which is why no limit can be smaller.
    @inlinable static var leastLimit: Int { 4 }

    @usableFromInline
    static func validate(_ limit: Int) {
        precondition(limit >= leastLimit, "with four tiers an ageing limit is at least 4 takes; it was \(limit)")
    }

    /// The most urgent tier that holds elements, unless less urgent ones can't wait any longer.
    ///
    /// `remaining` says within how many takes, this one included, the oldest of each tier must be taken; `.max` for a tier
    /// without elements. As long as at most n tiers must be served within n takes, for each n, every tier can be served in
    /// time. Where there are exactly n, the next take must serve one of them, so the least such n is looked for; any other
    /// take can go to the most urgent tier. A tier that is served starts over with 4 takes at least, and so does one
    /// whose first element arrives, so no limit of 4 or more is ever missed.
    @inlinable @inline(__always)
    static func nextTier(_ remaining: PerTier<UInt>) -> PriorityTier? {
        let least = min(min(remaining.critical, remaining.high), min(remaining.normal, remaining.low))
        if least < UInt(leastLimit) {
            var takes: UInt = 1
            while takes < UInt(leastLimit) {
                if let tier = firstDue(remaining, within: takes) { return tier }
                takes &+= 1
            }
        }
        if remaining.critical != .max { return .critical }
        if remaining.high != .max { return .high }
        if remaining.normal != .max { return .normal }
        return remaining.low == .max ? nil : .low
    }

    /// The most urgent of the tiers that must be served within so many takes, if there are as many tiers as takes.
    // No loop over the tiers: the list of them is an array, which is retained.
    @inlinable
    static func firstDue(_ remaining: PerTier<UInt>, within takes: UInt) -> PriorityTier? {
        let due = PerTier { remaining[$0] <= takes ? 1 as UInt : 0 }
        guard due.critical + due.high + due.normal + due.low >= takes else { return nil }
        if due.critical == 1 { return .critical }
        if due.high == 1 { return .high }
        return due.normal == 1 ? .normal : .low
    }
}
