/// The keys of a scenario for whole systems, all of them inside `system`.
struct SystemFields {
    let load: SystemLoad
    let trace: TraceReference?
    /// Where the number of arrivals is set.
    let place: InputPlace

    init(_ file: YAMLMapping, seconds: Double) throws(InputFileError) {
        if let drivers = file["drivers"] {
            throw drivers.error("is not for 'section: systems', whose systems are all driven by tasks")
        }
        let value = try file.required("system")
        let fields = try value.mapping(example: "{kind: overload, workers: 8}")
        let kind: SystemLoad.Kind = try fields.kind(among: ScenarioKeys.system, keys: ScenarioKeys.keys)
        // A trace's requests are read later.
        trace = kind == .crowd ? try TraceReference(fields, key: "system") : nil
        place = trace?.place ?? value.place
        switch kind {
        case .overload: load = .overload(try OverloadLoad(fields, seconds: seconds))
        case .flapping: load = .flapping(try FlappingLoad(fields, seconds: seconds))
        case .signal: load = .signal(try SignalLoad(fields))
        case .crowd: load = .crowd(try CrowdLoad(fields))
        case .capacity: load = .capacity(try CapacityLoad(fields, seconds: seconds))
        case .monitor:
            let recorders = try fields.required("recorders").integer(in: ScenarioLimits.workers)
            load = .monitor(MonitorLoad(recorders: recorders))
        }
    }
}

extension OverloadLoad {
    fileprivate init(_ fields: YAMLMapping, seconds: Double) throws(InputFileError) {
        let calm = try fields.required("calm_load")
        let critical = try fields.required("critical_load")
        let factor = try fields.required("overload_factor")
        self.init(
            workers: try fields.required("workers").integer(in: ScenarioLimits.workers),
            serviceNanoseconds: try fields.nanoseconds("service_time_us", in: ScenarioLimits.systemTimeMicroseconds),
            capacity: try fields.required("capacity").integer(in: ScenarioLimits.capacity),
            calmLoad: try calm.number(in: ScenarioLimits.load),
            criticalLoad: try critical.number(in: ScenarioLimits.load),
            overloadFactor: try factor.number(in: ScenarioLimits.systemOverloadFactor),
            deadlineNanoseconds: try fields.nanoseconds("deadline_us", in: ScenarioLimits.systemTimeMicroseconds)
        )
        guard criticalLoad <= calmLoad else {
            throw critical.error("is a part of 'calm_load' (\(YAMLNumber.text(calmLoad))) and must not be above it")
        }
        try factor.checkArrivals(servedPerSecond * overloadFactor * seconds)
    }
}

extension FlappingLoad {
    fileprivate init(_ fields: YAMLMapping, seconds: Double) throws(InputFileError) {
        let rate = try fields.required("rate_per_s")
        func time(_ key: String) throws(InputFileError) -> Int {
            try fields.nanoseconds(key, in: ScenarioLimits.systemTimeMicroseconds)
        }
        self.init(
            callers: try fields.required("callers").integer(in: ScenarioLimits.workers),
            capacity: try fields.required("capacity").integer(in: ScenarioLimits.capacity),
            ratePerSecond: try rate.number(in: ScenarioLimits.arrivalsPerSecond),
            callNanoseconds: try time("call_us"),
            failureNanoseconds: try time("failure_us"),
            slowNanoseconds: try time("slow_us"),
            outages: try fields.required("outages").list(example: "[down, slow]") {
                value throws(InputFileError) in try value.choice()
            },
            waitNanoseconds: try time("wait_us"),
            redriveNanoseconds: try time("redrive_us")
        )
        if let slow = fields["slow_us"], slowNanoseconds < 4 * callNanoseconds {
            throw slow.error("must be 4 times 'call_us' at least, or nobody could tell that the dependency is slow")
        }
        try rate.checkArrivals(ratePerSecond * seconds)
    }
}

extension SignalLoad {
    fileprivate init(_ fields: YAMLMapping) throws(InputFileError) {
        self.init(
            producers: try fields.required("producers").integer(in: ScenarioLimits.workers),
            intervalNanoseconds: try fields.nanoseconds("interval_us", in: ScenarioLimits.systemTimeMicroseconds)
        )
    }
}

extension CrowdLoad {
    fileprivate init(_ fields: YAMLMapping) throws(InputFileError) {
        self.init(
            stages: try Stage.list(in: fields),
            capacity: try fields.required("capacity").integer(in: ScenarioLimits.capacity),
            malformedOneIn: try fields["malformed_one_in"]?.integer(in: ScenarioLimits.sampleOneIn),
            // The trace takes its place.
            arrival: .idle
        )
    }
}

extension CrowdLoad.Stage {
    /// The key `stages`.
    static func list(in fields: YAMLMapping) throws(InputFileError) -> [Self] {
        var stages: [Self] = []
        for stage in try fields.required("stages").mappings(example: "- {workers: 2, service_time_us: 300}") {
            try stage.check(known: ["workers", "service_time_us"])
            stages.append(
                Self(
                    workers: try stage.required("workers").integer(in: ScenarioLimits.workers),
                    serviceNanoseconds: try stage.nanoseconds(
                        "service_time_us",
                        in: ScenarioLimits.systemTimeMicroseconds
                    )
                )
            )
        }
        return stages
    }
}

extension CapacityLoad {
    fileprivate init(_ fields: YAMLMapping, seconds: Double) throws(InputFileError) {
        let load = try fields.required("load")
        self.init(
            servers: try fields.required("servers").integer(in: ScenarioLimits.servers),
            serviceNanoseconds: try fields.nanoseconds("service_time_us", in: ScenarioLimits.systemTimeMicroseconds),
            load: try load.number(in: ScenarioLimits.systemOverloadFactor),
            deadlineNanoseconds: try fields.nanoseconds("deadline_us", in: ScenarioLimits.systemTimeMicroseconds)
        )
        try load.checkArrivals(self.load * servedPerSecond * seconds)
    }
}

extension YAMLMapping {
    /// A time that must be given, in microseconds.
    fileprivate func nanoseconds(_ key: String, in range: ClosedRange<Double>) throws(InputFileError) -> Int {
        Int((try required(key).number(in: range) * 1_000).rounded())
    }
}

extension YAMLValue {
    /// Each arrival is accounted for by itself.
    fileprivate func checkArrivals(_ arrivals: Double) throws(InputFileError) {
        let most = ScenarioLimits.systemArrivals
        guard arrivals <= Double(most) else {
            let expected = YAMLNumber.text(arrivals.rounded())
            throw error("makes some \(expected) arrivals in one run; \(most) are the most that can be accounted for")
        }
    }
}

extension ScenarioKeys {
    static let system = allKeys(SystemLoad.Kind.self, of: keys)

    static func keys(of kind: SystemLoad.Kind) -> [String] {
        switch kind {
        case .overload:
            [
                "kind", "workers", "service_time_us", "capacity", "calm_load", "critical_load", "overload_factor",
                "deadline_us",
            ]
        case .flapping:
            [
                "kind", "callers", "capacity", "rate_per_s", "call_us", "failure_us", "slow_us", "outages", "wait_us",
                "redrive_us",
            ]
        case .signal: ["kind", "producers", "interval_us"]
        case .crowd:
            ["kind", "stages", "capacity", "malformed_one_in", "trace", "speedup", "from_s", "length_s"]
        case .capacity: ["kind", "servers", "service_time_us", "load", "deadline_us"]
        case .monitor: ["kind", "recorders"]
        }
    }
}

extension ScenarioLimits {
    static let systemTimeMicroseconds = 1.0...10_000_000
    static let systemOverloadFactor = 1.0...1_000
    static let load = 0.001...1
    static let systemArrivals = 2_000_000
    /// Fewer can't be halved, and tell nothing of a tenth.
    static let servers = 2...10_000
}
