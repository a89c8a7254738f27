public import CircuitBreakers
public import ConcurrencySupport

/// What the harness asks a circuit breaker to be.
public struct BreakerSetup<ClockType: NanosecondClock>: Sendable {
    /// When it opens and closes.
    public let settings: CircuitBreakerSettings
    /// The clock it must read: the machine's, or a virtual one that the harness moves.
    public let clock: ClockType
}

/// A circuit breaker as the harness knows it: an id and how to make one, for real and for virtual time.
///
///     BreakerImplementation(
///         id: "mine", family: .lockFree, summary: "my breaker",
///         real: { BreakerInstance(MyBreaker($0.settings, clock: $0.clock)) },
///         virtual: { BreakerInstance(MyBreaker($0.settings, clock: $0.clock)) }
///     )
public struct BreakerImplementation: Sendable {
    /// Unique, `[a-z0-9-]+`: the `implementation` column.
    public let id: String
    /// How it synchronises: the `family` column.
    public let family: Family
    /// Whether it must keep its promises, must break them, or only measures the harness.
    public let role: Role
    /// Whether scenarios have it without naming it.
    let standing: Standing
    /// One line for `list`.
    public let summary: String
    let drivers: [Scenario.Driver]
    /// Of a yardstick: what its figures are the cost of.
    let measures: String
    let real: @Sendable (BreakerSetup<SystemNanosecondClock>) -> BreakerInstance
    /// `nil`: it can't be given a clock, so that most of what it promises can't be verified.
    let virtual: (@Sendable (BreakerSetup<VirtualClock>) -> BreakerInstance)?

    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - drivenByThreads: whether it conforms to `SynchronousCircuitBreaker`.
    ///   - real: makes one on the machine's clock, closed.
    ///   - virtual: makes one on a clock that the harness moves, closed.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        drivenByThreads: Bool = true,
        real: @escaping @Sendable (BreakerSetup<SystemNanosecondClock>) -> BreakerInstance,
        virtual: (@Sendable (BreakerSetup<VirtualClock>) -> BreakerInstance)?
    ) {
        self.init(
            id: id,
            family: family,
            role: role,
            standing: .own,
            summary: summary,
            drivers: drivenByThreads ? [.threads, .tasks] : [.tasks],
            real: real,
            virtual: virtual
        )
    }

    init(
        id: String,
        family: Family,
        role: Role,
        standing: Standing,
        summary: String,
        drivers: [Scenario.Driver],
        measures: String = "The harness alone",
        real: @escaping @Sendable (BreakerSetup<SystemNanosecondClock>) -> BreakerInstance,
        virtual: (@Sendable (BreakerSetup<VirtualClock>) -> BreakerInstance)?
    ) {
        self.id = id
        self.family = family
        self.role = role
        self.standing = standing
        self.summary = summary
        self.drivers = drivers
        self.measures = measures
        self.real = real
        self.virtual = virtual
    }
}

extension BreakerImplementation: RegisteredImplementation {
    var mechanism: Scenario.Mechanism { .breaker }
    var library: String? { nil }
    var heldTo: String { "circuit breaker" }

    func reasonAgainst(_ scenario: Scenario, driver: Scenario.Driver) -> String? {
        guard case .breaker = scenario.load else { return "for circuit breakers" }
        return drivers.contains(driver) ? nil : "not driven by \(driver.rawValue)"
    }
}
