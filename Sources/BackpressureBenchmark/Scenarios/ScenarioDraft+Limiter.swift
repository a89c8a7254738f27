extension LimiterLoad {
    /// Reads the keys of a limiter scenario.
    init(_ file: YAMLMapping, section: Scenario.Section) throws(InputFileError) {
        self.init(
            ratePerSecond: try file.required("rate_per_s").number(in: ScenarioLimits.permitsPerSecond),
            burst: try file.required("burst").integer(in: ScenarioLimits.burst),
            callers: try file.required("callers").integer(in: ScenarioLimits.workers),
            demand: try Demand(try file.required("demand")),
            clock: try file.required("clock").choice()
        )
        guard section == .throughput else { return }
        if clock != .real {
            throw try file.required("clock").error("must be 'real' in 'section: throughput', which measures cost")
        }
        if demand != .saturated {
            throw try file.required("demand").error("must be 'saturated' in 'section: throughput', which measures cost")
        }
    }
}

extension LimiterLoad.Demand {
    fileprivate init(_ value: YAMLValue) throws(InputFileError) {
        let fields = try value.mapping(example: "{kind: saturated}")
        let kind: DemandKind = try fields.kind(among: ScenarioKeys.demand, keys: ScenarioKeys.keys)
        switch kind {
        case .saturated: self = .saturated
        case .onOff: self = .onOff(onSeconds: try fields.phase("on_s"), offSeconds: try fields.phase("off_s"))
        }
    }
}
