/// What a report says of a result folder before it shows anything: who is who, and what belongs together.
struct ResultSummary: Sendable {
    let results: ResultSet
    private let roles: [String: Role]
    private let samples: [SampleKey: [Double]]
    private let seriesIndices: [String: Int]

    /// - Parameter registry: knows which implementations are controls and yardsticks; those that it doesn't know compete.
    init(_ results: ResultSet, _ registry: Registry) {
        self.results = results
        roles = Dictionary(registry.all.map { ($0.id, $0.role) }) { first, _ in first }
        samples = (results.samples ?? []).reduce(into: [:]) { samples, row in
            if let value = row.value { samples[SampleKey(row), default: []].append(value) }
        }
        seriesIndices = ResultSummary.indices(results)
    }

    /// Implementations in the order of their families, so that each looks the same in all charts of a page.
    private static func indices(_ results: ResultSet) -> [String: Int] {
        let families = Dictionary(
            (results.comparison ?? []).filter { $0.mechanism == .queue }.map { ($0.implementation, $0.family) }
                + (results.stress ?? []).map { ($0.implementation, $0.family) }
        ) { first, _ in first }
        let order = Dictionary(uniqueKeysWithValues: Family.allCases.enumerated().map { ($1.rawValue, $0) })
        let ids = families.sorted { (order[$0.value] ?? .max, $0.key) < (order[$1.value] ?? .max, $1.key) }
        return Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1.key, $0) })
    }

    /// How its lines look.
    func marker(of implementation: String) -> Marker {
        .series(seriesIndices[implementation] ?? 0, isHollow: role(of: implementation) != .contender)
    }

    func role(of implementation: String) -> Role { roles[implementation] ?? .contender }

    /// `lock-free`, `other, control`.
    func kind(_ implementation: String, _ family: String) -> String {
        let role = role(of: implementation)
        return role == .contender ? family : "\(family), \(role.rawValue)"
    }

    // MARK: - Groups

    /// The rows of `comparison.csv` that can be compared with each other.
    struct Group: Sendable {
        enum Kind: Sendable {
            case throughput, latency, idle, decisions, calls, permits, systems

            /// Of callers, who offer nothing and take nothing.
            var isOfCallers: Bool { [.decisions, .calls, .permits].contains(self) }
        }

        let scenario: String
        let driver: Scenario.Driver
        let kind: Kind
        let rows: [ComparisonRow]

        var title: String { "\(scenario), \(driver.rawValue)" }

        /// The conditions in words.
        var conditions: String {
            guard let row = rows.first else { return "" }
            if kind.isOfCallers {
                let parts = [Group.counted(row.producers, "caller"), Group.counted(row.capacity, "permit")]
                return parts.compactMap(\.self).joined(separator: " · ")
            }
            let parts: [String?] = [
                Group.counted(row.producers, "producer"), Group.counted(row.consumers, "consumer"),
                row.capacity.map { "capacity \($0)" }, row.payloadBytes.map { "\($0) B elements" },
                row.policy.map(\.rawValue), row.reference.map { "reference \($0)" },
            ]
            return parts.compactMap(\.self).joined(separator: " · ")
        }

        static func counted(_ count: Int?, _ noun: String) -> String? {
            count.map { $0 == 0 ? "no \(noun)s" : "\($0) \(noun)\($0 == 1 ? "" : "s")" }
        }
    }

    /// In the order of the file, those that compete first in each.
    var groups: [Group] {
        var order: [String] = []
        var rows: [String: [ComparisonRow]] = [:]
        for row in results.comparison ?? [] {
            let key = "\(row.scenario)\n\(row.driver.rawValue)"
            if rows[key] == nil { order.append(key) }
            rows[key, default: []].append(row)
        }
        return order.map { key in
            let rows = rows[key] ?? []
            return Group(
                scenario: rows[0].scenario,
                driver: rows[0].driver,
                kind: kind(of: rows),
                rows: rows.sorted { role(of: $0.implementation).rank < role(of: $1.implementation).rank }
            )
        }
    }

    private func kind(of rows: [ComparisonRow]) -> Group.Kind {
        switch rows[0].mechanism {
        case .limiter: return .decisions
        case .breaker: return .calls
        case .concurrencyLimit: return .permits
        case .system: return .systems
        case .queue: break
        }
        if rows.contains(where: { $0.latencyP50Ns != nil }) { return .latency }
        return rows.allSatisfy { $0.producers == 0 } ? .idle : .throughput
    }

    // MARK: - Samples

    /// The median of a metric over blocks with its interval, from `samples.csv`; `nil`: not measured.
    func estimate(_ metric: Metric, of row: ComparisonRow) -> Estimate? {
        let values = samples[SampleKey(row, metric.name)] ?? []
        return Bootstrap(seed: results.environment?.seed ?? 1).estimate(values)
    }

    private struct SampleKey: Hashable {
        var scenario: String
        var implementation: String
        var driver: Scenario.Driver
        var metric: String

        init(_ row: ComparisonRow, _ metric: String) {
            (scenario, implementation, driver) = (row.scenario, row.implementation, row.driver)
            self.metric = metric
        }

        init(_ row: SampleRow) {
            (scenario, implementation, driver, metric) = (row.scenario, row.implementation, row.driver, row.metric)
        }
    }
}

extension Role {
    /// Those that compete come first.
    fileprivate var rank: Int {
        switch self {
        case .contender: 0
        case .control: 1
        case .yardstick: 2
        }
    }
}
