/// What the harness itself costs, told by its yardsticks in the same run: implementations that do nothing, and one
/// driven by a hand-written loop.
struct HarnessOverhead {
    /// Around queues.
    let queues: [String]
    /// Around limiters.
    let limiters: [String]
    let breakers: [String]
    let concurrencyLimits: [String]

    /// - Parameter scenarios: those that were measured. What a round trip takes is not the cost of an element.
    init(_ results: RunResults, _ registry: Registry, _ scenarios: [Scenario]) {
        let trips = Set(scenarios.filter(\.isRoundTrip).map(\.name))
        let yardsticks = registry.queues.filter { $0.role == .yardstick }
        queues =
            yardsticks.filter { !$0.conservesElements }.flatMap {
                HarnessOverhead.empty($0.id, "an element", results, without: trips)
            }
            + yardsticks.compactMap { yardstick in
                yardstick.yardstickFor.flatMap { HarnessOverhead.protocolCost(of: $0, over: yardstick.id, results) }
            }
        limiters = registry.limiters.filter { $0.role == .yardstick }.flatMap {
            HarnessOverhead.empty($0.id, "a decision", results, measuring: $0.measures)
        }
        breakers = registry.breakers.filter { $0.role == .yardstick }.flatMap {
            HarnessOverhead.empty($0.id, "a call", results, measuring: $0.measures)
        }
        concurrencyLimits = registry.concurrencyLimits.filter { $0.role == .yardstick }.flatMap {
            HarnessOverhead.empty($0.id, "a permit", results, measuring: $0.measures)
        }
    }

    private static func empty(
        _ id: String,
        _ operation: String,
        _ results: RunResults,
        without left: Set<String> = [],
        measuring subject: String = "The harness alone"
    ) -> [String] {
        Scenario.Driver.allCases.compactMap { driver in
            let costs = results.comparison
                .filter { $0.implementation == id && $0.driver == driver && $0.payloadBytes ?? 8 == 8 }
                .filter { !left.contains($0.scenario) }
                .compactMap(\.cpuNsPerOp)
            guard let least = costs.min(), let most = costs.max() else { return nil }
            let ends = [least, most].map { Numbers.duration(nanoseconds: $0) }
            let range = ends[0] == ends[1] ? ends[0] : "\(ends[0]) to \(ends[1])"
            return "\(subject) takes \(range) of CPU \(operation) with \(driver.rawValue) "
                + "(the yardstick '\(id)')."
        }
    }

    private static func protocolCost(of id: String, over yardstick: String, _ results: RunResults) -> String? {
        let ratios = results.samples.filter { $0.metric == Metric.protocolRatio.name && $0.implementation == yardstick }
        guard let estimate = Bootstrap(seed: 1).estimate(ratios.compactMap(\.value)) else { return nil }
        func percent(_ ratio: Double?) -> String {
            guard let ratio else { return Numbers.notMeasured }
            return (ratio >= 1 ? "+" : "") + Numbers.decimal((ratio - 1) * 100, decimals: 1) + " %"
        }
        return "Driving '\(id)' through the protocol costs \(percent(estimate.median)) "
            + "[\(percent(estimate.low)), \(percent(estimate.high))] over a hand-written loop ('\(yardstick)')."
    }
}
