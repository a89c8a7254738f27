/// A loaded implementation that can't take part in some scenarios, and why: its user should not have to wonder.
struct LeftOut: CustomStringConvertible {
    let implementation: String
    let library: String
    let scenarios: [String]
    let reason: String

    var description: String { "'\(implementation)' is left out of \(scenarios.joined(separator: ", ")): \(reason)" }

    /// Of all implementations that came from libraries; for each, scenarios with the same reason together.
    static func all(_ registry: Registry, _ scenarios: [Scenario]) -> [LeftOut] {
        var found: [LeftOut] = []
        func add(_ id: String, _ library: String, reasonAgainst: (Scenario) -> String?) {
            var byReason: [(reason: String, scenarios: [String])] = []
            for scenario in scenarios {
                guard let reason = reasonAgainst(scenario) else { continue }
                if let index = byReason.firstIndex(where: { $0.reason == reason }) {
                    byReason[index].scenarios.append(scenario.name)
                } else {
                    byReason.append((reason, [scenario.name]))
                }
            }
            found += byReason.map {
                LeftOut(implementation: id, library: library, scenarios: $0.scenarios, reason: $0.reason)
            }
        }
        for queue in registry.queues {
            guard let library = queue.library else { continue }
            add(queue.id, library) { queue.reasonAgainst($0) }
        }
        for limiter in registry.limiters {
            guard let library = limiter.library else { continue }
            add(limiter.id, library) { limiter.reasonAgainst($0) }
        }
        return found
    }
}

extension QueueImplementation {
    /// Why no driver of a scenario for queues can have it take part; `nil`: it takes part, or the scenario isn't for
    /// queues.
    fileprivate func reasonAgainst(_ scenario: Scenario) -> String? {
        guard case .queue(let load) = scenario.load else { return nil }
        return scenario.drivers.reasonAgainstAll { reasonAgainst(load, driver: $0) }
    }
}

extension LimiterImplementation {
    /// Why no driver of a scenario for limiters can have it take part; `nil`: it takes part, or the scenario isn't for
    /// limiters.
    fileprivate func reasonAgainst(_ scenario: Scenario) -> String? {
        guard case .limiter(let load) = scenario.load else { return nil }
        return scenario.drivers.reasonAgainstAll { reasonAgainst(load, driver: $0, section: scenario.section) }
    }
}

extension [Scenario.Driver] {
    fileprivate func reasonAgainstAll(_ reasonAgainst: (Scenario.Driver) -> String?) -> String? {
        let reasons = compactMap(reasonAgainst)
        return reasons.count == count ? reasons.first : nil
    }
}
