public import ConcurrencySupport
public import RateLimiters

/// What the harness asks a rate limiter to be.
public struct LimiterSetup<ClockType: NanosecondClock>: Sendable {
    /// Permits per time.
    public let rate: Rate
    /// The most permits at once.
    public let burst: Int
    /// The clock it must read: the machine's, or a virtual one that the harness moves.
    public let clock: ClockType
}

/// A rate limiter as the harness knows it: an id and how to make one, for real and for virtual time.
///
///     LimiterImplementation(
///         id: "mine", family: .lockFree, summary: "my bucket",
///         real: { LimiterInstance(MyBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) },
///         virtual: { LimiterInstance(MyBucket(rate: $0.rate, burst: $0.burst, clock: $0.clock)) }
///     )
public struct LimiterImplementation: Sendable {
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
    /// Whether it keeps all of what `RateLimiter` says, waiting in line included.
    let keepsContract: Bool
    /// Which requests it promises to grant.
    public let specification: Specification
    /// Checks that come with it.
    let extraChecks: [ExtraVerification]
    /// The shared library that it comes from, as it was given; `nil`: it is part of this executable.
    let library: String?
    let real: @Sendable (LimiterSetup<SystemNanosecondClock>) -> LimiterInstance
    /// `nil`: it can't be given a clock, so it is measured on the real one only.
    let virtual: (@Sendable (LimiterSetup<VirtualClock>) -> LimiterInstance)?

    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - drivenByThreads: whether it conforms to `SynchronousRateLimiter`.
    ///   - specification: what it promises, and is held to.
    ///   - real: makes one on the machine's clock.
    ///   - virtual: makes one on a clock that the harness moves.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        drivenByThreads: Bool = true,
        specification: Specification = .tokenBucket,
        real: @escaping @Sendable (LimiterSetup<SystemNanosecondClock>) -> LimiterInstance,
        virtual: (@Sendable (LimiterSetup<VirtualClock>) -> LimiterInstance)?
    ) {
        self.init(
            id: id,
            family: family,
            role: role,
            summary: summary,
            drivers: drivenByThreads ? [.threads, .tasks] : [.tasks],
            specification: specification,
            real: real,
            virtual: virtual
        )
    }

    init(
        id: String,
        family: Family,
        role: Role,
        standing: Standing = .own,
        summary: String,
        drivers: [Scenario.Driver],
        measures: String = "The harness alone",
        specification: Specification = .tokenBucket,
        keepsContract: Bool = true,
        extraChecks: [ExtraVerification] = [],
        library: String? = nil,
        real: @escaping @Sendable (LimiterSetup<SystemNanosecondClock>) -> LimiterInstance,
        virtual: (@Sendable (LimiterSetup<VirtualClock>) -> LimiterInstance)?
    ) {
        self.id = id
        self.family = family
        self.role = role
        self.standing = standing
        self.summary = summary
        self.drivers = drivers
        self.measures = measures
        self.keepsContract = keepsContract && role == .contender && library == nil
        self.specification = specification
        self.extraChecks = extraChecks
        self.library = library
        self.real = real
        self.virtual = virtual
    }

    /// Why it can't take part in a load; `nil`: it can.
    func reasonAgainst(_ load: LimiterLoad, driver: Scenario.Driver, section: Scenario.Section) -> String? {
        if !drivers.contains(driver) { return "not driven by \(driver.rawValue)" }
        if load.demand == .waiting, driver == .threads { return "threads don't wait for permits" }
        if load.clock == .virtual, virtual == nil { return "takes no clock" }
        return nil
    }
}
