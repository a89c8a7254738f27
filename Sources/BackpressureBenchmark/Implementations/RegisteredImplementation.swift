import BackpressureTesting

/// What the suite knows of an implementation, whatever its mechanism.
///
/// Who asks for no more than this needs no look at the kinds that there are.
protocol RegisteredImplementation: Sendable {
    var mechanism: Scenario.Mechanism { get }
    /// Unique, `[a-z0-9-]+`: the `implementation` column.
    var id: String { get }
    /// How it synchronises: the `family` column.
    var family: Family { get }
    /// Whether it must keep its promises, must break them, or only measures the harness.
    var role: Role { get }
    /// Whether scenarios have it without naming it.
    var standing: Standing { get }
    /// One line for `list`.
    var summary: String { get }
    var drivers: [Scenario.Driver] { get }
    /// The shared library that it comes from, as it was given; `nil`: it is part of this executable.
    var library: String? { get }
    /// What it is held to, in a few words.
    var heldTo: String { get }
    /// Checks that come with it.
    var extraChecks: [ExtraVerification] { get }

    /// Why it can't take part in a scenario with one of its drivers; `nil`: it can.
    ///
    /// - Parameter scenario: one for its mechanism.
    func reasonAgainst(_ scenario: Scenario, driver: Scenario.Driver) -> String?
}

extension RegisteredImplementation {
    var extraChecks: [ExtraVerification] { [] }

    /// Why it can't take part in a scenario with any of its drivers; `nil`: it can, or the scenario isn't for its
    /// mechanism.
    func reasonAgainst(_ scenario: Scenario) -> String? {
        guard scenario.mechanism == mechanism else { return nil }
        let reasons = scenario.drivers.compactMap { reasonAgainst(scenario, driver: $0) }
        return reasons.count == scenario.drivers.count ? reasons.first : nil
    }

    /// Its role, for people.
    var roleInWords: String {
        standing == .own || standing == .variant && role == .control ? role.rawValue : standing.words
    }

    /// How it can be driven, for people.
    var driversInWords: String { drivers.map(\.rawValue).joined(separator: ", ") }
}

extension Standing {
    /// For people.
    var words: String { rawValue.replacing("-", with: " ") }
}

extension QueueImplementation: RegisteredImplementation {
    var mechanism: Scenario.Mechanism { .queue }

    var heldTo: String {
        switch promises.specification {
        case .strict: "strict FIFO"
        case .relaxed: "FIFO, relaxed full and empty"
        case .perProducer: "FIFO per producer"
        case nil: "conservation"
        }
    }

    func reasonAgainst(_ scenario: Scenario, driver: Scenario.Driver) -> String? {
        guard case .queue(let load) = scenario.load else { return "for queues" }
        return reasonAgainst(load, driver: driver)
    }
}

extension LimiterImplementation: RegisteredImplementation {
    var mechanism: Scenario.Mechanism { .limiter }

    var heldTo: String { specification.summary }

    func reasonAgainst(_ scenario: Scenario, driver: Scenario.Driver) -> String? {
        guard case .limiter(let load) = scenario.load else { return "for limiters" }
        return reasonAgainst(load, driver: driver, section: scenario.section)
    }
}

extension SystemImplementation: RegisteredImplementation {
    var mechanism: Scenario.Mechanism { .system }
    var standing: Standing { .own }
    var drivers: [Scenario.Driver] { [.tasks] }
    var library: String? { nil }
    var heldTo: String { "the bounds of its scenario" }

    func reasonAgainst(_ scenario: Scenario, driver: Scenario.Driver) -> String? {
        switch scenario.load {
        case .system(let load): reasonAgainst(load, driver: driver)
        case .flood(let load): reasonAgainst(load, driver: driver)
        default: "for systems"
        }
    }
}
