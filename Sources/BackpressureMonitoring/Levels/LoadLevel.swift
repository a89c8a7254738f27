/// How loaded something is that a ``LagMonitor`` watches.
public enum LoadLevel: Int, Sendable, Hashable, Comparable, CaseIterable, CustomStringConvertible {
    /// It keeps up.
    case healthy
    /// It keeps up still, but has little left to do so with.
    case degraded
    /// It doesn't keep up.
    case overloaded

    /// Less loaded.
    public static func < (first: LoadLevel, second: LoadLevel) -> Bool {
        first.rawValue < second.rawValue
    }

    /// The level's name, as logs write it.
    public var description: String {
        switch self {
        case .healthy: "healthy"
        case .degraded: "degraded"
        case .overloaded: "overloaded"
        }
    }
}

/// Something that tells of load, as a share of what is bearable: 1 is the bound, and it may be above.
public enum LoadIndicator: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// How full it is: depth / capacity.
    case occupancy
    /// How busy those are who do the work.
    case utilization
    /// How long the consumer is behind, as a share of the longest that is bearable.
    case lag
    /// The 99th percentile of latency, as a share of the longest that is bearable.
    case latency
    /// The part of the offers that were turned away, as a share of the part that is bearable.
    case turnedAway
    /// What the watched itself says of its strain, such as a breaker's failure rate as a share of the one that opens it.
    case strain

    /// The indicator's name, as logs write it.
    public var description: String { rawValue }
}
