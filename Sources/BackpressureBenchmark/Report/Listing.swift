import BoundedQueues
package import Foundation

/// What there is to measure, and what supports what: the command `list`.
package struct Listing: Sendable {
    private let registry: Registry
    private let scenarios: [Scenario]

    package init(registry: Registry, scenarios: [Scenario]) {
        self.registry = registry
        self.scenarios = scenarios
    }

    package var tables: [TextTable] {
        [queues, limiters, callGuards, systems, scenarioTable, planTable, checkTable]
            + (leftOut.isEmpty ? [] : [leftOutTable])
    }

    private var queues: TextTable {
        TextTable(
            title: "Queues",
            columns: ["id", "family", "role", "driven by", "policies", "elements", "what it is", "limits"].map {
                .init($0, alignment: .left)
            },
            groups: [
                .init(
                    rows: registry.queues.map { queue in
                        [
                            "\(queue.id)", "\(queue.family.rawValue)",
                            "\(queue.roleInWords)", "\(queue.driversInWords)",
                            "\(queue.policies.map(\.description).joined(separator: ", "))",
                            "\(queue.elements.joined(separator: ", "))", "\(queue.summary)",
                            "\(queue.limits.joined(separator: "; "))",
                        ]
                    }
                )
            ]
        )
    }

    private var limiters: TextTable {
        TextTable(
            title: "Rate limiters",
            columns: ["id", "family", "role", "driven by", "clocks", "held to", "what it is"].map {
                .init($0, alignment: .left)
            },
            groups: [
                .init(
                    rows: registry.limiters.map { limiter in
                        [
                            "\(limiter.id)", "\(limiter.family.rawValue)", "\(limiter.roleInWords)",
                            "\(limiter.driversInWords)",
                            "\(limiter.clocks.joined(separator: ", "))", "\(limiter.heldTo)", "\(limiter.summary)",
                        ]
                    }
                )
            ]
        )
    }

    /// What lets calls through or doesn't: a group for each mechanism.
    private var callGuards: TextTable {
        let mechanisms: [(Scenario.Mechanism, [any RegisteredImplementation])] = [
            (.breaker, registry.breakers), (.concurrencyLimit, registry.concurrencyLimits),
        ]
        return TextTable(
            title: "Circuit breakers and concurrency limits",
            columns: ["id", "family", "role", "driven by", "what it is"].map { .init($0, alignment: .left) },
            groups: mechanisms.filter { !$0.1.isEmpty }.map { mechanism, implementations in
                .init(
                    mechanism.plural,
                    rows: implementations.map { one in
                        [
                            "\(one.id)", "\(one.family.rawValue)", "\(one.roleInWords)", "\(one.driversInWords)",
                            "\(one.summary)",
                        ]
                    }
                )
            }
        )
    }

    private var systems: TextTable {
        TextTable(
            title: "Systems",
            columns: ["id", "family", "role", "for scenarios of the kind", "what it is"].map {
                .init($0, alignment: .left)
            },
            groups: [
                .init(
                    rows: registry.systems.map { system in
                        [
                            "\(system.id)", "\(system.family.rawValue)", "\(system.role.rawValue)",
                            "\(system.kindsInWords)", "\(system.summary)",
                        ]
                    }
                )
            ]
        )
    }

    private var scenarioTable: TextTable {
        TextTable(
            title: "Scenarios",
            columns: ["scenario", "section", "profiles", "driven by", "what it shows"].map {
                .init($0, alignment: .left)
            },
            groups: [
                .init(
                    rows: scenarios.map { scenario in
                        [
                            "\(scenario.name)", "\(scenario.section.rawValue)",
                            "\(scenario.sortedProfiles.joined(separator: ", "))",
                            "\(scenario.drivers.map(\.rawValue).joined(separator: ", "))", "\(scenario.title)",
                        ]
                    }
                )
            ]
        )
    }

    private var planTable: TextTable {
        TextTable(
            title: "Plans",
            columns: [.init("profile", alignment: .left), .init("scenarios"), .init("measurements"), .init("time")],
            groups: [
                .init(
                    rows: plans.map { profile, plan in
                        [
                            "\(profile.rawValue)", "\(plan.scenarios.count)", "\(plan.measurements.count)",
                            "\(Numbers.timeLeft(seconds: plan.plannedSeconds))",
                        ]
                    }
                )
            ],
            notes: ["What 'run' would do without further options."]
        )
    }

    /// Of the profiles that have something to measure here.
    private var plans: [(Scenario.Profile, RunPlan)] {
        Scenario.Profile.allCases.compactMap { profile in
            var options = RunOptions()
            options.profile = profile
            return (try? RunPlan(options, scenarios: scenarios, registry: registry)).map { (profile, $0) }
        }
    }

    private var checkTable: TextTable {
        TextTable(
            title: "Checks of 'verify'",
            columns: ["check", "of", "what it looks for"].map { .init($0, alignment: .left) },
            groups: [
                .init(
                    rows: VerificationCheck.all.map { ["\($0.id)", "\($0.mechanism.rawValue)s", "\($0.summary)"] }
                )
            ]
        )
    }

    private var leftOut: [LeftOut] { LeftOut.all(registry, scenarios) }

    private var leftOutTable: TextTable {
        TextTable(
            title: "Loaded, but left out",
            columns: ["id", "library", "why", "scenarios"].map { .init($0, alignment: .left) },
            groups: [
                .init(
                    rows: leftOut.map { one in
                        [
                            "\(one.implementation)", "\(one.library)", "\(one.reason)",
                            "\(one.scenarios.joined(separator: ", "))",
                        ]
                    }
                )
            ]
        )
    }

    /// The same for programs.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(
            Record(
                implementations: registry.queues.map { queue in
                    var record = Record.Implementation(queue)
                    record.policies = queue.policies.map(\.description)
                    record.elements = queue.elements
                    record.max_producers = queue.maxProducers
                    record.max_consumers = queue.maxConsumers
                    record.limitations = queue.limitations
                    return record
                }
                    + registry.limiters.map { limiter in
                        var record = Record.Implementation(limiter)
                        record.clocks = limiter.clocks
                        record.held_to = limiter.heldTo
                        return record
                    }
                    + registry.breakers.map { Record.Implementation($0) }
                    + registry.concurrencyLimits.map { Record.Implementation($0) }
                    + registry.systems.map { Record.Implementation($0) },
                scenarios: scenarios.map { scenario in
                    Record.Scenario(
                        name: scenario.name,
                        title: scenario.title,
                        section: scenario.section,
                        mechanism: scenario.mechanism,
                        profiles: scenario.sortedProfiles,
                        drivers: scenario.drivers,
                        supported_by: supporters(of: scenario),
                        left_out: leftOut(of: scenario)
                    )
                },
                plans: plans.map { profile, plan in
                    Record.Plan(
                        profile: profile,
                        scenarios: plan.scenarios.count,
                        measurements: plan.measurements.count,
                        planned_s: plan.plannedSeconds
                    )
                },
                checks: Record.Check.all
            )
        )
    }

    private func supporters(of scenario: Scenario) -> [String] {
        registry.all.filter { one in
            one.mechanism == scenario.mechanism
                && scenario.drivers.contains { one.reasonAgainst(scenario, driver: $0) == nil }
        }.map(\.id)
    }

    private func leftOut(of scenario: Scenario) -> [String: String] {
        let pairs = LeftOut.all(registry, [scenario]).map { ($0.implementation, $0.reason) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    private struct Record: Encodable {
        struct Implementation: Encodable {
            var id: String
            var mechanism: BackpressureBenchmark.Scenario.Mechanism
            var family: Family
            var role: Role
            /// Where not `own`: measured only where it is named.
            var standing: String?
            var drivers: [BackpressureBenchmark.Scenario.Driver]
            var summary: String
            var policies: [String]?
            var elements: [String]?
            var max_producers: Int?
            var max_consumers: Int?
            var limitations: String?
            var clocks: [String]?
            /// Which limiter its decisions are held against.
            var held_to: String?

            /// With what is said of all alike.
            init(_ one: any RegisteredImplementation) {
                id = one.id
                mechanism = one.mechanism
                family = one.family
                role = one.role
                standing = one.standing.rawValue
                drivers = one.drivers
                summary = one.summary
            }
        }

        /// What `run` would do without further options.
        struct Plan: Encodable {
            var profile: BackpressureBenchmark.Scenario.Profile
            var scenarios: Int
            var measurements: Int
            var planned_s: Double
        }

        struct Scenario: Encodable {
            var name: String
            var title: String
            var section: BackpressureBenchmark.Scenario.Section
            var mechanism: BackpressureBenchmark.Scenario.Mechanism
            var profiles: [String]
            var drivers: [BackpressureBenchmark.Scenario.Driver]
            var supported_by: [String]
            /// Loaded implementations that can't take part, with the reason.
            var left_out: [String: String]
        }

        /// What every run verifies beside measuring.
        struct Check: Encodable {
            var id: String
            var mechanism: BackpressureBenchmark.Scenario.Mechanism
            var summary: String

            static let all = [
                Check(
                    id: "conservation",
                    mechanism: .queue,
                    summary: "every element offered is taken, evicted, dropped or returned, by count and by sum"
                ),
                Check(
                    id: "memory-bound",
                    mechanism: .queue,
                    summary: "under a flood the peak of allocated memory stays below capacity times element size"
                ),
                Check(
                    id: "envelope",
                    mechanism: .limiter,
                    summary: "over all windows no more is granted than promised: for most limiters burst + rate · T"
                ),
                Check(
                    id: "oracle",
                    mechanism: .limiter,
                    summary: "as much is granted as an exact limiter grants at the same instants; on the virtual clock "
                        + "every decision is the same"
                ),
                Check(
                    id: "full-use",
                    mechanism: .limiter,
                    summary: "no request is refused, and no caller kept waiting, while the permits are at hand"
                ),
                Check(
                    id: "call-count",
                    mechanism: .breaker,
                    summary: "closed it permits every call and counts each once, open it permits none"
                ),
                Check(
                    id: "permit-count",
                    mechanism: .concurrencyLimit,
                    summary: "nobody is refused while there are permits, and at rest none is in use"
                ),
            ]
        }

        var implementations: [Implementation]
        var scenarios: [Scenario]
        var plans: [Plan]
        var checks: [Check]
    }
}

extension QueueImplementation {
    /// The sizes of elements that it can be made for.
    fileprivate var elements: [String] {
        (words == nil ? [] : ["8 B"]) + (payloads == nil ? [] : ["larger"])
    }

    /// How many may use it, and what it doesn't promise.
    fileprivate var limits: [String] {
        [
            maxProducers.map { "producers: at most \($0)" }, maxConsumers.map { "consumers: at most \($0)" },
            limitations,
        ].compactMap(\.self)
    }
}

extension LimiterImplementation {
    fileprivate var clocks: [String] {
        [LimiterLoad.Clock.real.rawValue] + (virtual == nil ? [] : [LimiterLoad.Clock.virtual.rawValue])
    }
}

extension Scenario {
    /// Shortest first.
    fileprivate var sortedProfiles: [String] {
        Profile.allCases.filter(profiles.contains).map(\.rawValue)
    }
}
