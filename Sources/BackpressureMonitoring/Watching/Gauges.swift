/// What a ``LagMonitor`` can watch: something that can be asked for its figures.
///
/// Queues and the other mechanisms of this package have a ``Probe`` each; for anything else, conform to this or make a
/// ``Probe`` of a closure.
public protocol Monitored: Sendable {
    /// The figures now. Called once for each reading; it should be quick and must not wait for what it watches.
    func gauges() async -> Gauges
}

/// The figures of something watched. What doesn't apply stays `nil`, and nothing is concluded from it.
public struct Gauges: Sendable, Hashable {
    /// What it is, in a word, for findings and as a dimension of the metrics: "queue", "pool".
    public var kind: String
    /// Elements inside that wait.
    public var depth: Int?
    /// The most elements that can wait; `nil`: there is no bound.
    public var capacity: Int?
    /// Elements that have entered since it was made.
    public var arrived: UInt64?
    /// Of those, the ones that have left since, whether they were worked on or given up.
    public var departed: UInt64?
    /// Offers that were turned away since it was made: refused, rejected, dropped or evicted.
    public var turnedAway: UInt64?
    /// All offers since it was made; `nil`: what has arrived and what was turned away together.
    public var offered: UInt64?
    /// How busy those are who do the work, from 0 to 1.
    public var utilization: Double?
    /// How strained it is by its own measure; 1 is the bound.
    public var strain: Double?
    /// The state it is in, in a word, where it has states: "open", "draining". A change is logged.
    public var state: String?

    /// Figures.
    public init(
        kind: String,
        depth: Int? = nil,
        capacity: Int? = nil,
        arrived: UInt64? = nil,
        departed: UInt64? = nil,
        turnedAway: UInt64? = nil,
        offered: UInt64? = nil,
        utilization: Double? = nil,
        strain: Double? = nil,
        state: String? = nil
    ) {
        self.kind = kind
        self.depth = depth
        self.capacity = capacity
        self.arrived = arrived
        self.departed = departed
        self.turnedAway = turnedAway
        self.offered = offered
        self.utilization = utilization
        self.strain = strain
        self.state = state
    }

    /// Elements that have arrived and not left.
    var lag: Int? {
        if let depth { return depth }
        guard let arrived, let departed else { return nil }
        return Int(clamping: arrived > departed ? arrived - departed : 0)
    }
}

/// Watches something by asking a closure.
public struct Probe: Monitored {
    private let read: @Sendable () async -> Gauges

    /// A probe that asks `gauges`.
    public init(_ gauges: @escaping @Sendable () async -> Gauges) {
        read = gauges
    }

    /// The figures now.
    public func gauges() async -> Gauges { await read() }
}
