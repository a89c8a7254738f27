/// The implementations that a run knows, by id.
///
/// Everything that the suite can do to an implementation (`list`, `run`, `stress`, …) it does to whatever is registered
/// here; nothing anywhere asks for a particular one by name, apart from a scenario's `reference`.
public struct Registry: Sendable {
    /// In order of registration.
    public private(set) var queues: [QueueImplementation] = []
    /// In order of registration.
    public private(set) var limiters: [LimiterImplementation] = []
    /// In order of registration.
    public private(set) var breakers: [BreakerImplementation] = []
    /// In order of registration.
    public private(set) var concurrencyLimits: [ConcurrencyLimitImplementation] = []
    /// In order of registration.
    public private(set) var systems: [SystemImplementation] = []

    /// A registry with nothing in it.
    public init() {}

    /// Adds a queue.
    ///
    /// - Precondition: its id is `[a-z0-9-]+` and not taken.
    public mutating func register(_ queue: QueueImplementation) {
        check(queue.id)
        queues.append(queue)
    }

    /// Adds a rate limiter.
    ///
    /// - Precondition: its id is `[a-z0-9-]+` and not taken.
    public mutating func register(_ limiter: LimiterImplementation) {
        check(limiter.id)
        limiters.append(limiter)
    }

    /// Adds a circuit breaker.
    ///
    /// - Precondition: its id is `[a-z0-9-]+` and not taken.
    public mutating func register(_ breaker: BreakerImplementation) {
        check(breaker.id)
        breakers.append(breaker)
    }

    /// Adds a concurrency limit.
    ///
    /// - Precondition: its id is `[a-z0-9-]+` and not taken.
    public mutating func register(_ limit: ConcurrencyLimitImplementation) {
        check(limit.id)
        concurrencyLimits.append(limit)
    }

    /// Adds a whole system.
    ///
    /// - Precondition: its id is `[a-z0-9-]+` and not taken.
    public mutating func register(_ system: SystemImplementation) {
        check(system.id)
        systems.append(system)
    }

    /// All that is registered: queues first, then limiters, breakers, concurrency limits and systems, each in order of
    /// registration.
    var all: [any RegisteredImplementation] { queues + limiters + breakers + concurrencyLimits + systems }

    /// All ids, in the order of ``all``.
    package var ids: [String] { all.map(\.id) }

    /// Those that nobody promises anything of: controls, which must fail, and yardsticks, which do nothing.
    var bystanders: [String] { all.filter { $0.role != .contender }.map(\.id) }

    var yardsticks: [String] { all.filter { $0.role == .yardstick }.map(\.id) }

    /// Whether an implementation may be called so: `[a-z0-9-]+`.
    static func isIdentifier(_ id: String) -> Bool {
        let allowed = id.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        return !id.isEmpty && allowed
    }

    private func check(_ id: String) {
        precondition(Self.isIdentifier(id), "an implementation's id consists of a-z, 0-9 and '-'; got '\(id)'")
        precondition(!ids.contains(id), "an implementation with the id '\(id)' is registered already")
    }
}
