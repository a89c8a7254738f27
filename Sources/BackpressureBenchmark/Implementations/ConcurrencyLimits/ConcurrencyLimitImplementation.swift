public import ConcurrencySupport

/// What the harness asks a concurrency limit to be.
public struct ConcurrencyLimitSetup: Sendable {
    /// The most permits in use at once.
    public let limit: Int
    /// The clock that deadlines must be measured on.
    public let clock: any NanosecondClock
}

/// A concurrency limit as the harness knows it: an id and how to make one.
///
///     ConcurrencyLimitImplementation(
///         id: "mine", family: .lockFree, summary: "my semaphore",
///         make: { ConcurrencyLimitInstance(MySemaphore(limit: $0.limit, clock: $0.clock)) }
///     )
public struct ConcurrencyLimitImplementation: Sendable {
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
    /// Whether threads can wait in it.
    let parksThreads: Bool
    /// Whether it measures deadlines on the clock that it is given.
    let takesClock: Bool
    /// Of a yardstick: what its figures are the cost of.
    let measures: String
    /// Checks that come with it.
    let extraChecks: [ExtraVerification]
    let make: @Sendable (ConcurrencyLimitSetup) -> ConcurrencyLimitInstance

    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - drivenByThreads: whether it conforms to `SynchronousConcurrencyLimit`.
    ///   - parksThreads: whether it conforms to `BlockingConcurrencyLimit`.
    ///   - takesClock: whether it measures deadlines on the clock that it is given; else what it promises of waiting can't
    ///     be verified.
    ///   - make: makes one with all its permits free.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        drivenByThreads: Bool = true,
        parksThreads: Bool = true,
        takesClock: Bool = true,
        make: @escaping @Sendable (ConcurrencyLimitSetup) -> ConcurrencyLimitInstance
    ) {
        self.init(
            id: id,
            family: family,
            role: role,
            standing: .own,
            summary: summary,
            drivers: drivenByThreads ? [.threads, .tasks] : [.tasks],
            parksThreads: drivenByThreads && parksThreads,
            takesClock: takesClock,
            make: make
        )
    }

    init(
        id: String,
        family: Family,
        role: Role,
        standing: Standing,
        summary: String,
        drivers: [Scenario.Driver],
        parksThreads: Bool,
        takesClock: Bool,
        measures: String = "The harness alone",
        extraChecks: [ExtraVerification] = [],
        make: @escaping @Sendable (ConcurrencyLimitSetup) -> ConcurrencyLimitInstance
    ) {
        self.id = id
        self.family = family
        self.role = role
        self.standing = standing
        self.summary = summary
        self.drivers = drivers
        self.parksThreads = parksThreads
        self.takesClock = takesClock
        self.measures = measures
        self.extraChecks = extraChecks
        self.make = make
    }
}

extension ConcurrencyLimitImplementation: RegisteredImplementation {
    var mechanism: Scenario.Mechanism { .concurrencyLimit }
    var library: String? { nil }
    var heldTo: String { "weighted semaphore, first come first served" }

    func reasonAgainst(_ scenario: Scenario, driver: Scenario.Driver) -> String? {
        guard case .concurrencyLimit(let load) = scenario.load else { return "for concurrency limits" }
        if !drivers.contains(driver) { return "not driven by \(driver.rawValue)" }
        if load.asking == .wait, driver == .threads, !parksThreads { return "no thread can wait in it" }
        return nil
    }
}
