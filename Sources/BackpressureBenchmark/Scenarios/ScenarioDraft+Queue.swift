/// The keys of a queue scenario.
struct QueueFields {
    let load: QueueLoad
    let trace: TraceReference?
    /// Where the number of arrivals is set.
    let arrivalPlace: InputPlace

    init(_ file: YAMLMapping, section: Scenario.Section) throws(InputFileError) {
        let capacityValue = try file.required("capacity")
        let payloadBytes = try file["payload_bytes"]?.integer(in: ScenarioLimits.payloadBytes)
        let serviceTime = try file["service_time_us"]?.number(in: ScenarioLimits.serviceTimeMicroseconds)
        let nanoseconds = (serviceTime ?? ScenarioDefaults.serviceTimeMicroseconds) * 1_000
        var load = QueueLoad(
            producers: try file.required("producers").integer(in: ScenarioLimits.workers),
            consumers: try file.required("consumers").integer(in: ScenarioLimits.workers),
            capacity: try capacityValue.integer(
                in: ScenarioLimits.capacity,
                because: "a bounded queue must hold at least one element"
            ),
            payloadBytes: payloadBytes ?? ScenarioDefaults.payloadBytes,
            policy: try file["policy"]?.choice() ?? ScenarioDefaults.policy,
            arrival: .closedLoop,
            serviceTimeNanoseconds: Int(nanoseconds.rounded()),
            memoryCapBytes: nil,
            overloadFactor: nil
        )
        if section == .stress {
            let stress = try StressFields(file, load: load)
            load.memoryCapBytes = stress.memoryCapBytes
            load.overloadFactor = stress.overloadFactor
            load.arrival = .constant(ratePerSecond: stress.offeredPerSecond)
            (trace, arrivalPlace) = (nil, stress.place)
        } else {
            let fields = try ArrivalFields(try file.required("arrival"), load: load)
            load.arrival = fields.arrival
            (trace, arrivalPlace) = (fields.trace, fields.place)
        }
        self.load = load
    }
}

/// The keys that a stress scenario adds, and the arrivals that follow from them.
private struct StressFields {
    let memoryCapBytes: Int
    let overloadFactor: Double
    let offeredPerSecond: Double
    let place: InputPlace

    init(_ file: YAMLMapping, load: QueueLoad) throws(InputFileError) {
        let cap = try file.required("memory_cap_mib")
        let factor = try file.required("overload_factor")
        memoryCapBytes = try cap.integer(in: ScenarioLimits.memoryCapMebibytes) << 20
        overloadFactor = try factor.number(in: ScenarioLimits.overloadFactor)
        place = factor.place
        guard load.serviceTimeNanoseconds > 0 else {
            let value = file["service_time_us"]
            throw (value?.place ?? factor.place).error(
                "'service_time_us' must be above 0 in 'section: stress': 'overload_factor' is how many times more is "
                    + "offered than the consumers can take"
            )
        }
        guard load.capacity * load.payloadBytes < memoryCapBytes else {
            throw cap.error("is too small: a full queue ('capacity' times 'payload_bytes') would not fit under it")
        }
        offeredPerSecond = overloadFactor * Double(load.consumers) * 1e9 / Double(load.serviceTimeNanoseconds)
    }
}

/// The keys inside `arrival`.
private struct ArrivalFields {
    let arrival: Arrival
    let trace: TraceReference?
    /// Where the number of arrivals is set.
    let place: InputPlace

    init(_ value: YAMLValue, load: QueueLoad) throws(InputFileError) {
        let fields = try value.mapping(example: "{kind: closed-loop}")
        let kind: ArrivalKind = try fields.kind(among: ScenarioKeys.arrival, keys: ScenarioKeys.keys)
        if kind == .trace {
            let trace = try TraceReference(fields)
            (arrival, self.trace, place) = (.closedLoop, trace, trace.place)
            return
        }
        trace = nil
        place = fields["rate_per_s"]?.place ?? value.place
        switch kind {
        case .closedLoop: arrival = .closedLoop
        case .alternating:
            guard load.producers == 1, load.consumers == 1 else {
                throw value.error(
                    "is 'alternating', one worker that pushes and pops in turn; 'producers' and 'consumers' must be 1"
                )
            }
            arrival = .alternating
        case .constant: arrival = .constant(ratePerSecond: try fields.arrivalRate())
        case .poisson: arrival = .poisson(ratePerSecond: try fields.arrivalRate())
        case .onOff:
            arrival = .onOff(
                ratePerSecond: try fields.arrivalRate(),
                onSeconds: try fields.phase("on_s"),
                offSeconds: try fields.phase("off_s")
            )
        case .trace: preconditionFailure("handled above")
        }
    }
}

extension YAMLMapping {
    /// Reads `kind`, and checks that every other key belongs to it.
    func kind<Kind: RawRepresentable & CaseIterable>(
        among known: [String],
        keys: (Kind) -> [String]
    ) throws(InputFileError) -> Kind where Kind.RawValue == String {
        try check(known: known)
        let kind: Kind = try required("kind").choice()
        try check(known: keys(kind)) { key in
            let owners = Kind.allCases.filter { keys($0).contains(key) }.map { "'\($0.rawValue)'" }
            return "belongs to kind \(owners.joined(separator: " or ")); this is '\(kind.rawValue)'"
        }
        return kind
    }

    /// The length of one part of an on-off cycle, in seconds.
    func phase(_ key: String) throws(InputFileError) -> Double {
        try required(key).number(in: ScenarioLimits.phaseSeconds)
    }

    fileprivate func arrivalRate() throws(InputFileError) -> Double {
        try required("rate_per_s").number(in: ScenarioLimits.arrivalsPerSecond)
    }
}
