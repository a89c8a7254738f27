/// Condenses samples into `comparison.csv`: for each implementation in each scenario the medians over blocks, and its
/// throughput as a ratio to the reference's inside the same block, with bootstrap intervals.
struct ComparisonTable {
    private(set) var rows: [ComparisonRow] = []

    init(samples: [SampleRow], scenarios: [Scenario], seed: UInt64) {
        let bootstrap = Bootstrap(seed: seed)
        for scenario in scenarios where scenario.section == .throughput || scenario.section == .systems {
            let own = samples.filter { $0.scenario == scenario.name }
            for driver in scenario.drivers {
                rows += ComparisonTable.rows(scenario, driver, own.filter { $0.driver == driver }, bootstrap)
            }
        }
    }

    private static func rows(
        _ scenario: Scenario,
        _ driver: Scenario.Driver,
        _ samples: [SampleRow],
        _ bootstrap: Bootstrap
    ) -> [ComparisonRow] {
        let throughput = samples.filter { $0.metric == Metric.throughput.name }
        let ratios = scenario.reference.map { reference in
            PairedRatios(
                of: throughput.compactMap { row in
                    row.value.map { .init(block: row.block, implementation: row.implementation, value: $0) }
                },
                to: reference,
                bootstrap: bootstrap
            )
        }
        var order: [String] = []
        for row in samples where !order.contains(row.implementation) { order.append(row.implementation) }
        return order.sorted().map { id in
            let own = samples.filter { $0.implementation == id }
            var row = ComparisonRow(scenario, driver, implementation: id, family: own[0].family)
            let main = scenario.isIdle ? Metric.idleCPU.name : Metric.throughput.name
            row.repetitions = Set(own.filter { $0.metric == main }.map(\.block)).count
            for metric in Metric.all {
                let values = own.filter { $0.metric == metric.name }.compactMap(\.value)
                if let median = Bootstrap.median(values) { metric.condense?(&row, median) }
            }
            let interval = bootstrap.estimate(throughput.filter { $0.implementation == id }.compactMap(\.value))
            row.throughputCiLow = interval?.low
            row.throughputCiHigh = interval?.high
            if let ratio = ratios?[id]?.estimate {
                row.ratioToReference = ratio.median
                row.ratioCiLow = ratio.low
                row.ratioCiHigh = ratio.high
            }
            return row
        }
    }
}

extension ComparisonRow {
    /// A row with nothing measured yet.
    fileprivate init(_ scenario: Scenario, _ driver: Scenario.Driver, implementation: String, family: String) {
        self.init(
            scenario: scenario.name,
            mechanism: scenario.mechanism,
            implementation: implementation,
            family: family,
            driver: driver,
            repetitions: 0,
            reference: scenario.reference
        )
        switch scenario.load {
        case .queue(let load):
            producers = load.producers
            consumers = load.consumers
            capacity = load.capacity
            payloadBytes = load.payloadBytes
            policy = load.policy
        case .limiter(let load):
            producers = load.callers
        case .breaker(let load):
            producers = load.callers
        case .concurrencyLimit(let load):
            producers = load.callers
            capacity = load.permits
        case .system(let load):
            (producers, consumers, capacity) = (load.producers, load.consumers, load.capacity)
        case .flood(let load):
            (producers, consumers) = (load.producers, load.consumers)
        }
    }
}
