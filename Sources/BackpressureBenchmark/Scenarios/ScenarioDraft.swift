/// A scenario file, read and checked but for its trace, which isn't loaded yet.
struct ScenarioDraft: Sendable {
    private(set) var scenario: Scenario
    let namePlace: InputPlace
    /// Where the number of arrivals is set, for the error that it is too large.
    private let arrivalPlace: InputPlace
    private let trace: TraceReference?

    /// - Parameter registered: the implementations that may be named; `nil`: any.
    /// - Throws: ``InputFileError`` at the first thing that isn't allowed.
    init(text: String, path: String, registered: [String]? = nil) throws(InputFileError) {
        let file = try YAMLDocument.mapping(text, path: path, subject: "a scenario")
        try file.check(known: ScenarioKeys.top, elsewhere: Self.homeInside)
        let section: Scenario.Section = try file.required("section").choice()
        let mechanism = try Self.mechanism(in: file, section: section)
        try file.check(known: ScenarioKeys.top(section: section, mechanism: mechanism)) { key in
            ScenarioKeys.home(of: key, section: section, mechanism: mechanism)
        }

        let name = try file.required("name")
        let implementations =
            try file["implementations"]?.identifiers(example: "[mutex, ring]", among: registered) ?? []
        let title = try file.required("title").text(maximumLength: ScenarioLimits.titleLength)
        let profiles: [Scenario.Profile]? = try file["profiles"]?.choices(example: "[standard, full]")
        let drivers: [Scenario.Driver]? = try file["drivers"]?.choices(example: "[threads, tasks]")
        let repetitions = try file["repetitions"]?.integer(in: ScenarioLimits.repetitions)
        let duration = try file["duration_s"]?.number(in: ScenarioLimits.durationSeconds)
        let warmup = try file["warmup_s"]?.number(in: ScenarioLimits.warmupSeconds)

        let load: Scenario.Load
        switch mechanism {
        case .queue:
            let fields = try QueueFields(file, section: section)
            (load, trace, arrivalPlace) = (.queue(fields.load), fields.trace, fields.arrivalPlace)
        case .limiter:
            let fields = try LimiterFields(file, section: section)
            (load, trace, arrivalPlace) = (.limiter(fields.load), fields.trace, fields.demandPlace)
        case .breaker: (load, trace, arrivalPlace) = (.breaker(try BreakerFields(file).load), nil, name.place)
        case .concurrencyLimit:
            (load, trace, arrivalPlace) = (.concurrencyLimit(try ConcurrencyLimitFields(file).load), nil, name.place)
        case .system where section == .stress:
            let fields = try FloodFields(file)
            (load, trace, arrivalPlace) = (.flood(fields.load), nil, fields.place)
        case .system:
            let seconds = (duration ?? ScenarioDefaults.durationSeconds) + (warmup ?? ScenarioDefaults.warmupSeconds)
            let fields = try SystemFields(file, seconds: seconds)
            (load, trace, arrivalPlace) = (.system(fields.load), fields.trace, fields.place)
        }
        namePlace = name.place
        scenario = Scenario(
            name: try name.identifier(),
            title: title,
            section: section,
            profiles: Set(profiles ?? Scenario.Profile.allCases),
            drivers: drivers ?? (mechanism == .system ? [.tasks] : section.drivers),
            implementations: implementations,
            reference: try Self.reference(in: file, implementations: implementations, registered: registered),
            repetitions: repetitions ?? ScenarioDefaults.repetitions,
            durationSeconds: duration ?? ScenarioDefaults.durationSeconds,
            warmupSeconds: warmup ?? ScenarioDefaults.warmupSeconds,
            load: load
        )
    }

    /// The scenario with its trace loaded.
    ///
    /// - Throws: ``InputFileError`` if the trace can't be used, or if there are more arrivals than a schedule holds.
    func resolved(
        traceOverride: String?,
        traces: inout TraceFiles
    ) async throws(InputFileError) -> Scenario {
        var scenario = scenario
        let replayed = try await trace?.arrival(
            durationSeconds: scenario.durationSeconds,
            override: traceOverride,
            from: &traces
        )
        let wholeRun = scenario.warmupSeconds + scenario.durationSeconds
        switch scenario.load {
        case .queue(var load):
            if let replayed { load.arrival = replayed }
            try checkCount(of: load.arrival, seconds: wholeRun, traceOverride)
            scenario.load = .queue(load)
        case .limiter(var load):
            guard case .trace(let path, let speedup, let requests) = replayed else { break }
            load.demand = .trace(path: path, speedup: speedup, requestsPerSecond: requests)
            // On the virtual clock the trace goes on and on, and no schedule is made.
            if load.clock == .real, let replayed { try checkCount(of: replayed, seconds: wholeRun, traceOverride) }
            scenario.load = .limiter(load)
        case .system(.crowd(var load)):
            if let replayed { load.arrival = replayed }
            try checkCount(of: load.arrival, seconds: wholeRun, traceOverride)
            scenario.load = .system(.crowd(load))
        case .breaker, .concurrencyLimit, .system, .flood: break
        }
        return scenario
    }

    private func checkCount(of arrival: Arrival, seconds: Double, _ traceOverride: String?) throws(InputFileError) {
        let arrivals = ArrivalSchedule.expectedArrivals(arrival, durationSeconds: seconds)
        guard let arrivals, arrivals > Double(ArrivalSchedule.maximumArrivals) else { return }
        let error = ArrivalScheduleError.tooMany(expected: arrivals)
        // Of somebody's own trace it isn't the scenario's fault.
        guard trace != nil, let traceOverride else { throw arrivalPlace.error("\(error)") }
        throw InputFileError(path: traceOverride, message: "replayed in '\(scenario.name)', \(error)")
    }

    /// Says of a key that stands only inside another where that is.
    private static func homeInside(_ key: String) -> String? {
        let homes = [
            ("arrival", ScenarioKeys.arrival), ("demand", ScenarioKeys.demand), ("system", ScenarioKeys.system),
            ("system", ScenarioKeys.flood),
        ]
        var names: [String] = []
        for (home, keys) in homes where keys.contains(key) && !names.contains("'\(home)'") { names.append("'\(home)'") }
        return names.isEmpty ? nil : "belongs inside \(names.joined(separator: " or "))"
    }

    private static func mechanism(
        in file: YAMLMapping,
        section: Scenario.Section
    ) throws(InputFileError) -> Scenario.Mechanism {
        let value = try file.required("mechanism")
        let mechanism: Scenario.Mechanism = try value.choice()
        guard section.mechanisms.contains(mechanism) else {
            let names = section.mechanisms.map(\.rawValue)
            throw value.error(
                "is '\(mechanism.rawValue)', but 'section: \(section.rawValue)' measures a \(names.joined(separator: " or "))"
            )
        }
        return mechanism
    }

    private static func reference(
        in file: YAMLMapping,
        implementations: [String],
        registered: [String]?
    ) throws(InputFileError) -> String? {
        guard let value = file["reference"] else { return nil }
        let reference = try value.identifier(among: registered)
        guard implementations.isEmpty || implementations.contains(reference) else {
            let hint = NearestWord.hint(for: reference, among: implementations)
            let measured = implementations.joined(separator: ", ")
            throw value.error("is '\(reference)', which 'implementations' doesn't measure (\(measured))\(hint)")
        }
        return reference
    }
}

extension YAMLValue {
    fileprivate func identifiers(example: String, among registered: [String]?) throws(InputFileError) -> [String] {
        try list(example: example) { value throws(InputFileError) in try value.identifier(among: registered) }
    }

    /// An implementation's id, which must be registered if it is known which are.
    fileprivate func identifier(among registered: [String]?) throws(InputFileError) -> String {
        let id = try identifier()
        guard let registered, !registered.contains(id) else { return id }
        let known = registered.joined(separator: ", ")
        throw error(
            "is '\(id)', which is not registered; there are: \(known)\(NearestWord.hint(for: id, among: registered))"
        )
    }

    func choices<Choice: RawRepresentable & CaseIterable & Hashable>(
        example: String
    ) throws(InputFileError) -> [Choice] where Choice.RawValue == String {
        try list(example: example) { value throws(InputFileError) in try value.choice() }
    }
}
