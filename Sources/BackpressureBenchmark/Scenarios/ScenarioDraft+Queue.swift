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
        let policy: QueueLoad.Policy = try file["policy"]?.choice() ?? ScenarioDefaults.policy
        var load = QueueLoad(
            producers: try Self.producers(file),
            consumers: try file.required("consumers").integer(in: ScenarioLimits.workers),
            capacity: try capacityValue.integer(
                in: ScenarioLimits.capacity,
                because: "a bounded queue must hold at least one element"
            ),
            payloadBytes: payloadBytes ?? ScenarioDefaults.payloadBytes,
            policy: policy,
            policySettings: try PolicySettings(file, policy: policy),
            arrival: .closedLoop,
            waiting: try file["waiting"]?.choice() ?? ScenarioDefaults.waiting,
            batch: try file["batch"]?.integer(in: ScenarioLimits.batch) ?? ScenarioDefaults.batch,
            serviceTimeNanoseconds: Int(nanoseconds.rounded()),
            memoryCapBytes: nil,
            overloadFactor: nil
        )
        if section == .stress {
            let stress = try StressFields(file, load: load)
            load.memoryCapBytes = stress.memoryCapBytes
            load.overloadFactor = stress.overloadFactor
            load.queues = stress.queues
            (load.consumersWorkNanoseconds, load.consumersRestNanoseconds) = (
                stress.workNanoseconds, stress.restNanoseconds
            )
            load.arrival = .constant(ratePerSecond: stress.offeredPerSecond)
            (trace, arrivalPlace) = (nil, stress.place)
        } else {
            let fields = try ArrivalFields(try file.required("arrival"), load: load)
            load.arrival = fields.arrival
            (trace, arrivalPlace) = (fields.trace, fields.place)
            try Self.checkCombinations(file, load, replaysTrace: trace != nil)
        }
        self.load = load
    }

    /// Nobody produces where nothing arrives.
    private static func producers(_ file: YAMLMapping) throws(InputFileError) -> Int {
        let value = try file.required("producers")
        let kind: ArrivalKind? = try? file["arrival"]?.mapping()["kind"]?.choice()
        guard kind == .idle else {
            let drivers: [Scenario.Driver] = (try? file["drivers"]?.choices(example: "[tasks]")) ?? []
            guard drivers != [.tasks] else { return try value.integer(in: ScenarioLimits.tasks) }
            return try value.integer(in: ScenarioLimits.workers)
        }
        return try value.integer(in: 0...0, because: "with the arrivals 'idle' nobody offers anything")
    }

    /// What each is fine by itself may make no sense together.
    private static func checkCombinations(
        _ file: YAMLMapping,
        _ load: QueueLoad,
        replaysTrace: Bool
    ) throws(InputFileError) {
        if let batch = file["batch"], load.batch > 1 {
            guard load.arrival == .closedLoop, !replaysTrace else {
                throw batch.error(
                    "is \(load.batch), but only arrivals of the kind 'closed-loop' are offered in batches"
                )
            }
            guard load.waiting == .yield else {
                throw batch.error("is \(load.batch), but a thread that parks ('waiting: park') waits for one element")
            }
        }
        if let waiting = file["waiting"], load.waiting == .park, load.arrival == .alternating {
            throw waiting.error("is 'park', but a worker that pushes and pops in turn ('alternating') never waits")
        }
        if let policy = file["policy"], load.arrival == .roundTrip, load.policy != .block {
            throw policy.error(
                "is '\(load.policy.rawValue)', but in a 'round-trip' no queue is ever full: leave it out"
            )
        }
    }
}

extension PolicySettings {
    /// Reads the numbers of a policy; those of another are errors.
    fileprivate init(_ file: YAMLMapping, policy: QueueLoad.Policy) throws(InputFileError) {
        self.init()
        for key in ScenarioKeys.policySettings where !ScenarioKeys.settings(of: policy).contains(key) {
            guard let value = file[key] else { continue }
            let owners = QueueLoad.Policy.allCases.filter { ScenarioKeys.settings(of: $0).contains(key) }
            let names = owners.map { "'policy: \($0.rawValue)'" }.joined(separator: " or ")
            throw value.error("belongs to \(names); this is 'policy: \(policy.rawValue)'")
        }
        if let value = file["sample_one_in"] { sampleOneIn = try value.integer(in: ScenarioLimits.sampleOneIn) }
        if let value = file["low_watermark"] { lowWatermark = try value.number(in: ScenarioLimits.watermark) }
        if let value = file["high_watermark"] { highWatermark = try value.number(in: ScenarioLimits.watermark) }
        if let value = file["longest_delay_us"] {
            let microseconds = try value.number(in: ScenarioLimits.longestDelayMicroseconds)
            longestDelayNanoseconds = Int((microseconds * 1_000).rounded())
        }
        if let value = file["spill_limit"] { spillLimit = try value.integer(in: ScenarioLimits.spillLimit) }
        guard policy != .throttle || lowWatermark <= highWatermark else {
            // One of them at least was given.
            let value = file["high_watermark"] ?? file["low_watermark"]
            let (low, high) = (YAMLNumber.text(lowWatermark), YAMLNumber.text(highWatermark))
            throw (value?.place ?? file.place).error(
                "'low_watermark' (\(low)) must not be above 'high_watermark' (\(high))"
            )
        }
    }
}

/// The keys that a stress scenario adds, and the arrivals that follow from them.
private struct StressFields {
    let memoryCapBytes: Int
    let overloadFactor: Double
    let offeredPerSecond: Double
    let workNanoseconds: Int
    let restNanoseconds: Int
    let queues: Int
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
        queues = try Self.queues(file, load)
        guard queues * load.mostElements * load.payloadBytes < memoryCapBytes else {
            let count = load.policy == .spill ? "'capacity' and 'spill_limit'" : "'capacity'"
            let full = queues > 1 ? "\(queues) full queues" : "a full queue"
            throw cap.error("is too small: \(full) (\(count) times 'payload_bytes') would not fit under it")
        }
        let rest = try file["consumers_rest_ms"]?.number(in: ScenarioLimits.restMilliseconds)
        let work = try file["consumers_work_ms"]?.number(in: ScenarioLimits.restMilliseconds)
        guard (rest == nil) == (work == nil) else {
            let lonely = rest == nil ? "consumers_work_ms" : "consumers_rest_ms"
            throw (file[lonely]?.place ?? factor.place).error(
                "'consumers_work_ms' and 'consumers_rest_ms' need each other: how long consumers work between two rests"
            )
        }
        workNanoseconds = Int(((work ?? 0) * 1e6).rounded())
        restNanoseconds = Int(((rest ?? 0) * 1e6).rounded())
        offeredPerSecond =
            overloadFactor * Double(queues * load.consumers) * 1e9 / Double(load.serviceTimeNanoseconds)
    }

    /// How many queues there are at once; of many, only tasks can be enough workers.
    private static func queues(_ file: YAMLMapping, _ load: QueueLoad) throws(InputFileError) -> Int {
        guard let value = file["queues"] else { return 1 }
        let count = try value.integer(in: ScenarioLimits.queues)
        let drivers: [Scenario.Driver] = try file["drivers"]?.choices(example: "[tasks]") ?? Scenario.Driver.allCases
        guard count == 1 || drivers == [.tasks] else {
            throw value.error("is \(count), but each queue has workers of its own: say 'drivers: [tasks]'")
        }
        let workers = count * (load.producers + load.consumers)
        guard workers <= ScenarioLimits.tasks.upperBound else {
            throw value.error(
                "makes \(workers) producers and consumers; \(ScenarioLimits.tasks.upperBound) are the most there can be"
            )
        }
        return count
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
        case .roundTrip:
            guard load.producers == 1, load.consumers == 1 else {
                throw value.error(
                    "is 'round-trip', one worker that sends and one that answers; 'producers' and 'consumers' must be 1"
                )
            }
            arrival = .roundTrip
        case .idle: arrival = .idle
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
