/// The keys of a limiter scenario.
struct LimiterFields {
    let load: LimiterLoad
    let trace: TraceReference?
    /// Where the number of requests is set.
    let demandPlace: InputPlace

    init(_ file: YAMLMapping, section: Scenario.Section) throws(InputFileError) {
        let demandValue = try file.required("demand")
        let demand = try DemandFields(demandValue)
        load = LimiterLoad(
            ratePerSecond: try file.required("rate_per_s").number(in: ScenarioLimits.permitsPerSecond),
            burst: try file.required("burst").integer(in: ScenarioLimits.burst),
            callers: try file.required("callers").integer(in: ScenarioLimits.workers),
            demand: demand.demand,
            clock: try file.required("clock").choice(),
            decisions: try file["decisions"]?.integer(in: ScenarioLimits.decisions)
        )
        trace = demand.trace
        demandPlace = demand.trace?.place ?? demandValue.place
        let clock = try file.required("clock")
        if section == .throughput {
            if load.clock != .real {
                throw clock.error("must be 'real' in 'section: throughput', which measures cost")
            }
            if load.demand != .saturated || trace != nil {
                throw demandValue.error("must be 'saturated' in 'section: throughput', which measures cost")
            }
        }
        if let decisions = file["decisions"], load.clock == .real {
            throw decisions.error("is for 'clock: virtual'; on the real clock time says how many there are")
        }
        guard load.clock == .virtual else { return }
        if load.demand == .waiting {
            throw demandValue.error("is 'waiting', but on the virtual clock nobody waits; say 'clock: real'")
        }
        if load.callers > 1, trace != nil || load.demand == .mixed {
            let kind = trace == nil ? "mixed" : "trace"
            throw demandValue.error(
                "is '\(kind)', but on the virtual clock several callers ask in rounds, for one permit each; "
                    + "'callers' must be 1"
            )
        }
    }
}

/// The keys inside `demand`.
private struct DemandFields {
    let demand: LimiterLoad.Demand
    let trace: TraceReference?

    init(_ value: YAMLValue) throws(InputFileError) {
        let fields = try value.mapping(example: "{kind: saturated}")
        let kind: DemandKind = try fields.kind(among: ScenarioKeys.demand, keys: ScenarioKeys.keys)
        // A trace's requests are read later.
        trace = kind == .trace ? try TraceReference(fields, key: "demand") : nil
        switch kind {
        case .saturated, .trace: demand = .saturated
        case .onOff: demand = .onOff(onSeconds: try fields.phase("on_s"), offSeconds: try fields.phase("off_s"))
        case .mixed: demand = .mixed
        case .waiting: demand = .waiting
        }
    }
}
