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
        for one in registry.all {
            guard let library = one.library else { continue }
            var byReason: [(reason: String, scenarios: [String])] = []
            for scenario in scenarios {
                guard let reason = one.reasonAgainst(scenario) else { continue }
                if let index = byReason.firstIndex(where: { $0.reason == reason }) {
                    byReason[index].scenarios.append(scenario.name)
                } else {
                    byReason.append((reason, [scenario.name]))
                }
            }
            found += byReason.map {
                LeftOut(implementation: one.id, library: library, scenarios: $0.scenarios, reason: $0.reason)
            }
        }
        return found
    }
}
