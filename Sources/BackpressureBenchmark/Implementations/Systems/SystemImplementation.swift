/// A whole system as the harness knows it: mechanisms put together as a service would, or the same without them.
///
/// The harness brings the load, the workers or callers and the clock, and accounts for every element by itself; a system
/// brings what stands between them. Each kind of scenario has a protocol of its own for that: ``AdmissionSystem``,
/// ``DeliverySystem``, ``StagedSystem``, ``LimitSystem``, ``SignalSystem``, ``RecordingSystem``, ``ClientLimiting``.
///
///     SystemImplementation(id: "mine", family: .mutex, summary: "my queue", admission: { MyAdmission($0) })
public struct SystemImplementation: Sendable {
    /// Unique, `[a-z0-9-]+`: the `implementation` column.
    public let id: String
    /// How it synchronises: the `family` column.
    public let family: Family
    /// Whether it must keep its promises, or show what happens without backpressure.
    public let role: Role
    /// One line for `list`.
    public let summary: String
    /// The scenarios of the section `systems` that it is for; `nil`: none.
    let kind: SystemLoad.Kind?
    /// Those of the section `stress`; `nil`: none.
    let floodKind: FloodLoad.Kind?
    /// Floods one with a load of its kind; `nil`: the load is of another.
    let flood: @Sendable (FloodLoad) -> SystemFlood?
    /// Puts one through a load of its kind; `nil`: the load is of another.
    let run: @Sendable (SystemLoad, SystemConditions) async -> SystemFigures?

    private init(
        _ id: String,
        _ family: Family,
        _ role: Role,
        _ summary: String,
        _ kind: SystemLoad.Kind?,
        floodKind: FloodLoad.Kind? = nil,
        flood: @escaping @Sendable (FloodLoad) -> SystemFlood? = { _ in nil },
        _ run: @escaping @Sendable (SystemLoad, SystemConditions) async -> SystemFigures?
    ) {
        self.id = id
        self.family = family
        self.role = role
        self.summary = summary
        self.kind = kind
        self.floodKind = floodKind
        self.flood = flood
        self.run = run
    }

    /// One that stands between requests and workers.
    ///
    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - admission: makes one.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        admission: @escaping @Sendable (AdmissionSetup) -> any AdmissionSystem
    ) {
        self.init(id, family, role, summary, .overload) { load, conditions in
            guard case .overload(let load) = load else { return nil }
            let system = admission(AdmissionSetup(capacity: load.capacity))
            return await OverloadRun(load: load, system: system, conditions: conditions).perform()
        }
    }

    /// One that stands between elements and the dependency that they are delivered to.
    ///
    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - delivery: makes one.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        delivery: @escaping @Sendable (DeliverySetup) -> any DeliverySystem
    ) {
        self.init(id, family, role, summary, .flapping) { load, conditions in
            guard case .flapping(let load) = load else { return nil }
            let system = delivery(DeliverySetup(load))
            return await FlappingRun(load: load, system: system, conditions: conditions).perform()
        }
    }

    /// One by which a consumer tells producers to pause.
    ///
    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - signal: makes one.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        signal: @escaping @Sendable () -> any SignalSystem
    ) {
        self.init(id, family, role, summary, .signal) { load, conditions in
            guard case .signal(let load) = load else { return nil }
            return await SignalRun(load: load, system: signal(), conditions: conditions).perform()
        }
    }

    /// One that elements go through stage by stage.
    ///
    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - stages: makes one.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        stages: @escaping @Sendable (StagedSetup) -> any StagedSystem
    ) {
        self.init(
            id,
            family,
            role,
            summary,
            .crowd,
            floodKind: .stages,
            flood: { load in
                guard case .stages(let load) = load.subject else { return nil }
                let run = StageFloodRun(load: load, make: stages)
                return SystemFlood { await run.run($0) }
            },
            { load, conditions in
                guard case .crowd(let load) = load else { return nil }
                return await CrowdRun(load: load, make: stages, conditions: conditions).perform()
            }
        )
    }

    /// One that limits how much is in progress at a service.
    ///
    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - limit: makes one.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        limit: @escaping @Sendable (LimitSetup) -> any LimitSystem
    ) {
        self.init(id, family, role, summary, .capacity) { load, conditions in
            guard case .capacity(let load) = load else { return nil }
            return await CapacityRun(load: load, system: limit(LimitSetup(load)), conditions: conditions).perform()
        }
    }

    /// A rate limiter that has a bucket for each client.
    ///
    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - clients: makes one.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        clients: @escaping @Sendable (ClientSetup) -> any ClientLimiting
    ) {
        self.init(
            id,
            family,
            role,
            summary,
            nil,
            floodKind: .clients,
            flood: { load in
                guard case .clients(let load) = load.subject else { return nil }
                let run = ClientFloodRun(load: load, make: clients)
                return SystemFlood { await run.run($0) }
            },
            { _, _ in nil }
        )
    }

    /// One that takes latencies.
    ///
    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - recording: makes one.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        recording: @escaping @Sendable () -> RecordingInstance
    ) {
        self.init(id, family, role, summary, .monitor) { load, conditions in
            guard case .monitor(let load) = load else { return nil }
            return await MonitorRun(load: load, system: recording(), conditions: conditions).perform()
        }
    }

    /// Why it can't take part in a load; `nil`: it can.
    func reasonAgainst(_ load: SystemLoad, driver: Scenario.Driver) -> String? {
        if driver != .tasks { return "not driven by \(driver.rawValue)" }
        return kind == load.kind ? nil : "for scenarios of the kind \(kindsInWords)"
    }

    /// The same of a flood.
    func reasonAgainst(_ load: FloodLoad, driver: Scenario.Driver) -> String? {
        if driver != .tasks { return "not driven by \(driver.rawValue)" }
        return floodKind == load.kind ? nil : "for scenarios of the kind \(kindsInWords)"
    }

    /// What it is for, for people.
    var kindsInWords: String { [kind?.rawValue, floodKind?.rawValue].compactMap(\.self).joined(separator: ", ") }
}
