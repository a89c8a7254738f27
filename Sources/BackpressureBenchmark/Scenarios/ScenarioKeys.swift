/// Which keys stand where in a scenario file.
enum ScenarioKeys {
    private static let common = [
        "name", "title", "section", "mechanism", "profiles", "drivers", "implementations", "reference", "repetitions",
        "duration_s", "warmup_s",
    ]
    private static let queue =
        ["producers", "consumers", "capacity", "payload_bytes", "policy"] + policySettings
        + ["waiting", "service_time_us"]
    private static let limiter = ["rate_per_s", "burst", "callers", "demand", "clock", "decisions"]
    private static let breaker = ["callers", "state", "window_calls", "window_s", "window_buckets"]
    private static let concurrencyLimit = ["callers", "permits", "asking"]
    static let policySettings = [
        "sample_one_in", "low_watermark", "high_watermark", "longest_delay_us", "spill_limit",
    ]
    /// How the offered load of a queue is given: measured sections set it, the stress section derives it.
    private static let measured = ["arrival", "batch"]
    private static let stress = [
        "memory_cap_mib", "overload_factor", "consumers_work_ms", "consumers_rest_ms", "queues",
    ]

    /// Every key that the top of some scenario file may hold.
    static let top = Scenario.Mechanism.allCases.reduce(into: common) { top, mechanism in
        for key in own(mechanism) where !top.contains(key) { top.append(key) }
    }

    static func top(section: Scenario.Section, mechanism: Scenario.Mechanism) -> [String] {
        switch (mechanism, section) {
        case (.queue, .stress): common + queue + stress
        case (.queue, _): common + queue + measured
        case (.system, .stress): common + own(.system)
        case (.system, _): common + ["system"]
        default: common + own(mechanism)
        }
    }

    /// Says where a key belongs that a scenario of this section and mechanism can't hold; `nil`: nowhere.
    static func home(of key: String, section: Scenario.Section, mechanism: Scenario.Mechanism) -> String? {
        if section != .stress, let nested = nested(mechanism), nested.keys.contains(key) {
            return "belongs inside '\(nested.name)'"
        }
        let owners = Scenario.Mechanism.allCases.filter { own($0).contains(key) }
        if !owners.isEmpty, !owners.contains(mechanism) {
            let names = owners.map { "'mechanism: \($0.rawValue)'" }.joined(separator: " or ")
            return "belongs to \(names); this is 'mechanism: \(mechanism.rawValue)'"
        }
        if stress.contains(key) { return "belongs to 'section: stress'; this is 'section: \(section.rawValue)'" }
        if measured.contains(key) {
            return
                "doesn't belong to 'section: stress', where 'overload_factor' and 'service_time_us' set the arrivals, "
                + "one element at a time"
        }
        return nil
    }

    /// The mapping inside a file of this mechanism, and what may stand there; `nil`: it has none.
    private static func nested(_ mechanism: Scenario.Mechanism) -> (name: String, keys: [String])? {
        switch mechanism {
        case .queue: ("arrival", arrival)
        case .limiter: ("demand", demand)
        case .breaker, .concurrencyLimit: nil
        case .system: ("system", system)
        }
    }

    /// The keys at the top of a file of this mechanism, in whatever section, beside those that all have.
    private static func own(_ mechanism: Scenario.Mechanism) -> [String] {
        switch mechanism {
        case .queue: queue + measured + stress
        case .limiter: limiter
        case .breaker: breaker
        case .concurrencyLimit: concurrencyLimit
        case .system: ["system", "memory_cap_mib"]
        }
    }

    static let arrival = allKeys(ArrivalKind.self, of: keys)
    static let demand = allKeys(DemandKind.self, of: keys)

    static func keys(of kind: ArrivalKind) -> [String] {
        switch kind {
        case .closedLoop, .alternating, .roundTrip, .idle: ["kind"]
        case .constant, .poisson: ["kind", "rate_per_s"]
        case .onOff: ["kind", "rate_per_s", "on_s", "off_s"]
        case .trace: ["kind", "trace", "speedup", "from_s", "length_s"]
        }
    }

    static func keys(of kind: DemandKind) -> [String] {
        switch kind {
        case .saturated, .mixed, .waiting: ["kind"]
        case .onOff: ["kind", "on_s", "off_s"]
        case .trace: ["kind", "trace", "speedup", "from_s", "length_s"]
        }
    }

    /// Which numbers a policy has.
    static func settings(of policy: QueueLoad.Policy) -> [String] {
        switch policy {
        case .block, .reject, .dropNewest, .dropOldest: []
        case .sample: ["sample_one_in", "low_watermark"]
        case .throttle: ["low_watermark", "high_watermark", "longest_delay_us"]
        case .spill: ["spill_limit"]
        }
    }

    static func allKeys<Kind: CaseIterable>(_: Kind.Type, of keys: (Kind) -> [String]) -> [String] {
        var all: [String] = []
        for key in Kind.allCases.flatMap(keys) where !all.contains(key) { all.append(key) }
        return all
    }
}

/// The words for ``Arrival`` in a scenario file.
enum ArrivalKind: String, CaseIterable {
    case closedLoop = "closed-loop"
    case alternating
    case roundTrip = "round-trip"
    case idle, constant, poisson
    case onOff = "on-off"
    case trace
}

/// The words for ``LimiterLoad/Demand`` in a scenario file.
enum DemandKind: String, CaseIterable {
    case saturated
    case onOff = "on-off"
    case mixed, waiting, trace
}

extension Scenario.Section {
    /// What it measures.
    var mechanisms: [Scenario.Mechanism] {
        switch self {
        case .throughput: [.queue, .limiter, .breaker, .concurrencyLimit]
        case .accuracy: [.limiter]
        case .stress: [.queue, .system]
        case .systems: [.system]
        }
    }

    /// Who drives it where a scenario doesn't say.
    var drivers: [Scenario.Driver] {
        self == .systems ? [.tasks] : Scenario.Driver.allCases
    }
}
