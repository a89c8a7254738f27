/// The keys of a stress scenario for whole systems: the cap, and what is inside `system`.
struct FloodFields {
    let load: FloodLoad
    let place: InputPlace

    init(_ file: YAMLMapping) throws(InputFileError) {
        if let drivers = file["drivers"] {
            throw drivers.error("is not for 'mechanism: system': systems are all driven by tasks")
        }
        let cap = try file.required("memory_cap_mib")
        let value = try file.required("system")
        let fields = try value.mapping(example: "{kind: clients, clients: 1000000}")
        let kind: FloodLoad.Kind = try fields.kind(among: ScenarioKeys.flood, keys: ScenarioKeys.keys)
        let subject: FloodLoad.Subject
        switch kind {
        case .stages: subject = .stages(try StageFlood(fields))
        case .clients: subject = .clients(try ClientFlood(fields))
        }
        load = FloodLoad(
            subject: subject,
            memoryCapBytes: try cap.integer(in: ScenarioLimits.memoryCapMebibytes) << 20
        )
        place = value.place
        if case .stages(let flood) = subject, flood.bound * flood.payloadBytes >= load.memoryCapBytes {
            throw cap.error(
                "is too small: \(flood.bound) elements inside, times 'payload_bytes', would not fit under it"
            )
        }
    }
}

extension StageFlood {
    fileprivate init(_ fields: YAMLMapping) throws(InputFileError) {
        self.init(
            stages: try CrowdLoad.Stage.list(in: fields),
            capacity: try fields.required("capacity").integer(in: ScenarioLimits.capacity),
            payloadBytes: try fields.required("payload_bytes").integer(in: ScenarioLimits.payloadBytes),
            overloadFactor: try fields.required("overload_factor").number(in: ScenarioLimits.overloadFactor)
        )
    }
}

extension ClientFlood {
    fileprivate init(_ fields: YAMLMapping) throws(InputFileError) {
        self.init(
            callers: try fields.required("callers").integer(in: ScenarioLimits.workers),
            mostClients: try fields.required("clients").integer(in: ScenarioLimits.clients),
            ratePerSecond: try fields.required("rate_per_s").number(in: ScenarioLimits.permitsPerSecond),
            burst: try fields.required("burst").integer(in: ScenarioLimits.burst)
        )
    }
}

extension ScenarioKeys {
    static let flood = allKeys(FloodLoad.Kind.self, of: keys)

    static func keys(of kind: FloodLoad.Kind) -> [String] {
        switch kind {
        case .stages: ["kind", "stages", "capacity", "payload_bytes", "overload_factor"]
        case .clients: ["kind", "clients", "callers", "rate_per_s", "burst"]
        }
    }
}

extension ScenarioLimits {
    static let clients = 1...100_000_000
}
