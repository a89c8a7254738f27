/// How urgent an element of a priority queue is: `critical > high > normal > low`.
///
/// The comparison goes by urgency, the raw value the other way round: it is the tier's index counted from the most urgent
/// one. Compare tiers, never raw values.
@frozen
public enum PriorityTier: Int, Sendable, Hashable, Comparable, CaseIterable, CustomStringConvertible {
    /// Goes before everything else and is never shed: where there is no room its producer waits or gets it back.
    case critical
    /// More urgent than usual; shed last.
    case high
    /// The usual.
    case normal
    /// What can be done without; shed first.
    case low

    /// Less urgent.
    @inlinable
    public static func < (first: PriorityTier, second: PriorityTier) -> Bool {
        first.rawValue > second.rawValue
    }

    /// The tier's name as tables and configuration files write it.
    public var description: String {
        switch self {
        case .critical: "critical"
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }
}

/// An element of a priority queue and the tier it was offered in.
@frozen
public struct Prioritized<Element> {
    /// What was offered.
    public var element: Element
    /// The tier it was offered in.
    public var tier: PriorityTier

    /// An element in a tier.
    @inlinable
    public init(_ element: Element, _ tier: PriorityTier) {
        self.element = element
        self.tier = tier
    }
}

extension Prioritized: Sendable where Element: Sendable {}
extension Prioritized: Equatable where Element: Equatable {}
extension Prioritized: Hashable where Element: Hashable {}

/// One value for each tier.
@frozen
public struct PerTier<Value> {
    /// That of ``PriorityTier/critical``.
    public var critical: Value
    /// That of ``PriorityTier/high``.
    public var high: Value
    /// That of ``PriorityTier/normal``.
    public var normal: Value
    /// That of ``PriorityTier/low``.
    public var low: Value

    /// A value for each tier.
    @inlinable @inline(__always)
    public init(critical: Value, high: Value, normal: Value, low: Value) {
        self.critical = critical
        self.high = high
        self.normal = normal
        self.low = low
    }

    /// Asks for the value of each tier, from the most urgent to the least.
    @inlinable @inline(__always)
    public init<Failure: Error>(_ value: (PriorityTier) throws(Failure) -> Value) throws(Failure) {
        critical = try value(.critical)
        high = try value(.high)
        normal = try value(.normal)
        low = try value(.low)
    }

    /// The value of a tier.
    @inlinable
    public subscript(tier: PriorityTier) -> Value {
        @inline(__always)
        get {
            switch tier {
            case .critical: critical
            case .high: high
            case .normal: normal
            case .low: low
            }
        }
        // In place, so that a collection isn't copied to be changed.
        @inline(__always)
        _modify {
            switch tier {
            case .critical: yield &critical
            case .high: yield &high
            case .normal: yield &normal
            case .low: yield &low
            }
        }
    }
}

extension PerTier {
    /// Changes the value of a tier: what ``subscript(_:)`` does, for hot paths, where its coroutine would be called.
    @inlinable @inline(__always)
    mutating func update(_ tier: PriorityTier, _ change: (inout Value) -> Void) {
        switch tier {
        case .critical: change(&critical)
        case .high: change(&high)
        case .normal: change(&normal)
        case .low: change(&low)
        }
    }
}

extension PerTier: Sendable where Value: Sendable {}
extension PerTier: Equatable where Value: Equatable {}
extension PerTier: Hashable where Value: Hashable {}
