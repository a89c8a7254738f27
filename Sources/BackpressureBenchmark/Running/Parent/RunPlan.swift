import BackpressureTesting
import Foundation

/// Everything that a run will measure, in order, settled before the first measurement.
struct RunPlan: Sendable {
    /// One child process to come.
    struct Measurement: Sendable {
        var job: MeasurementJob
        var family: Family
        var role: Role
        var standing = Standing.own
        /// Which of the runs that are compared with each other.
        var block: Int
        /// With start and end of the process.
        var plannedSeconds: Double
    }

    let scenarios: [Scenario]
    let measurements: [Measurement]
    /// See ``LineGate``; `nil`: measure at any time.
    let lineLimitNanoseconds: Double?

    var plannedSeconds: Double { measurements.reduce(0) { $0 + $1.plannedSeconds } }

    var plannedSecondsByKind: [String: Double] {
        measurements.reduce(into: [:]) { $0[$1.job.kind.rawValue, default: 0] += $1.plannedSeconds }
    }

    /// - Throws: ``RunError`` if the options name what doesn't exist or leave nothing to measure.
    init(_ options: RunOptions, scenarios all: [Scenario], registry: Registry) throws(RunError) {
        // Those that scenarios name were checked when they were read.
        try registry.checkNames(options.implementations)
        let selection = try Selection(options)
        let eligible = all.filter { scenario in
            options.sections.contains(scenario.section)
                && (!options.scenarioFiles.isEmpty || scenario.profiles.contains(options.profile))
        }
        var generator = SeededGenerator(seed: options.seed)
        var rows: [Row] = []
        for scenario in eligible {
            let all = RunPlan.rows(scenario, registry, asked: options.implementations)
            try RunPlan.checkNamed(in: scenario, all)
            let kept = all.filter { selection.keeps($0.implementation, inScenario: scenario.name) }
            // A control gives the others' results their meaning, so it comes along wherever it is the check's proof.
            let needsControl = scenario.section != .throughput && !kept.isEmpty
            rows += all.filter { row in
                kept.contains { $0.implementation == row.implementation && $0.driver == row.driver }
                    || (needsControl && row.role == .control)
            }
        }
        let measured = Set(rows.map(\.scenario.name))
        scenarios = eligible.filter { measured.contains($0.name) }
        measurements = RunPlan.inOrder(rows, options, &generator)
        lineLimitNanoseconds = options.lineLimitNanoseconds
        if measurements.isEmpty {
            throw .nothingToMeasure(
                "no scenario of the profile '\(options.profile.rawValue)' fits the options; "
                    + "'list' shows what there is, and which implementations support which load"
            )
        }
        try RunPlan.checkLoaded(options, registry, eligible, rows.map(\.implementation))
        for id in options.implementations where !rows.contains(where: { $0.implementation == id }) {
            throw .nothingToMeasure(
                "'\(id)' supports no scenario that fits the options; leave out '--implementation \(id)', or see 'list'"
            )
        }
    }

    /// Who loads a library and picks nothing else asks for what is in it: some of that must be measured.
    private static func checkLoaded(
        _ options: RunOptions,
        _ registry: Registry,
        _ scenarios: [Scenario],
        _ measured: [String]
    ) throws(RunError) {
        let loaded = registry.loaded
        guard !loaded.isEmpty, options.implementations.isEmpty, options.filter == nil,
            !loaded.contains(where: { measured.contains($0.id) })
        else { return }
        let reasons = LeftOut.all(registry, scenarios).map(\.description).joined(separator: "; ")
        throw .nothingToMeasure(
            "nothing that was loaded fits the options: \(reasons.isEmpty ? "no scenario is for it" : reasons)"
        )
    }

    /// More blocks of a plan's throughput: of what `isWanted` picks, each beside its reference and the yardsticks.
    ///
    /// - Parameter first: the number of the first new block.
    init(
        extending plan: RunPlan,
        by blocks: Int,
        after first: Int,
        seed: UInt64,
        _ isWanted: (Measurement) -> Bool
    ) {
        scenarios = plan.scenarios
        let speed = plan.measurements.filter { $0.job.kind == .speed && $0.block == 0 }
        let groups = Dictionary(grouping: speed) { "\($0.job.scenario.name)/\($0.job.driver.rawValue)" }
        let wanted = groups.sorted { $0.key < $1.key }.map(\.value).filter { $0.contains(where: isWanted) }
        var generator = SeededGenerator(seed: seed, stream: UInt64(first) | 1 << 32)
        var measurements: [Measurement] = []
        for block in first..<(first + blocks) {
            for group in wanted.shuffled(using: &generator) {
                for var one in group.shuffled(using: &generator)
                where isWanted(one) || one.job.implementation == one.job.scenario.reference || one.role == .yardstick {
                    one.block = block
                    one.job.seed = SeededGenerator(seed: seed, stream: UInt64(block)).peek()
                    measurements.append(one)
                }
            }
        }
        self.measurements = measurements
        lineLimitNanoseconds = plan.lineLimitNanoseconds
    }

    /// What a scenario names must be measured by one of its drivers at least.
    private static func checkNamed(in scenario: Scenario, _ rows: [Row]) throws(RunError) {
        for id in scenario.implementations where !rows.contains(where: { $0.implementation == id }) {
            throw .nothingToMeasure(
                "scenario '\(scenario.name)' names '\(id)', which supports no such load for a "
                    + "\(scenario.mechanism.rawValue) driven by \(scenario.drivers.map(\.rawValue).joined(separator: ", ")); "
                    + "'list' shows what supports what"
            )
        }
    }

    /// One implementation in one scenario, with one driver.
    private struct Row {
        var scenario: Scenario
        var driver: Scenario.Driver
        var implementation: String
        var family: Family
        var role: Role
        var standing: Standing
        var library: String?
    }

    private static func rows(_ scenario: Scenario, _ registry: Registry, asked: [String]) -> [Row] {
        let named = scenario.implementations
        let unasked = Set(registry.all.filter { $0.standing == .own }.map(\.id))
        func isWanted(_ id: String) -> Bool {
            named.isEmpty ? unasked.contains(id) || asked.contains(id) : named.contains(id)
        }
        var rows: [Row] = []
        for one in registry.all where one.mechanism == scenario.mechanism {
            guard scenario.section == .throughput || one.role != .yardstick else { continue }
            // Who loads a library wants to see it beside whatever a scenario compares.
            guard isWanted(one.id) || one.library != nil else { continue }
            var drivers = scenario.drivers.filter { one.reasonAgainst(scenario, driver: $0) == nil }
            // Throughput is compared for each driver; the other sections ask whether it holds, by its natural one.
            if scenario.section != .throughput { drivers = Array(drivers.prefix(1)) }
            rows += drivers.map {
                Row(
                    scenario: scenario,
                    driver: $0,
                    implementation: one.id,
                    family: one.family,
                    role: one.role,
                    standing: one.standing,
                    library: one.library
                )
            }
        }
        return rows
    }

    /// Blocks of throughput first, each with all implementations in random order; then memory, systems, accuracy, stress.
    private static func inOrder(
        _ rows: [Row],
        _ options: RunOptions,
        _ generator: inout SeededGenerator
    ) -> [Measurement] {
        var measurements: [Measurement] = []
        let comparisons = Dictionary(grouping: rows) { "\($0.scenario.name)/\($0.driver.rawValue)" }
        func groups(_ section: Scenario.Section) -> [[Row]] {
            comparisons.sorted { $0.key < $1.key }.map(\.value).filter { $0[0].scenario.section == section }
        }
        func append(_ row: Row, kind: MeasurementJob.Kind, block: Int) {
            measurements.append(
                measurement(row, kind: kind, block: block, profile: options.profile, seed: options.seed)
            )
        }
        let repetitions = { (scenario: Scenario) in
            options.repetitions ?? options.profile.repetitions(scenario)
        }
        let throughput = groups(.throughput)
        for block in 0..<(throughput.map { repetitions($0[0].scenario) }.max() ?? 0) {
            // Those that are compared run next to each other, so that a drifting machine drifts for all of them.
            for group in throughput.shuffled(using: &generator) where block < repetitions(group[0].scenario) {
                for row in group.shuffled(using: &generator) { append(row, kind: .speed, block: block) }
            }
        }
        for group in throughput {
            for row in group { append(row, kind: .memory, block: 0) }
        }
        let others: [(Scenario.Section, MeasurementJob.Kind)] = [
            (.systems, .system), (.accuracy, .accuracy), (.stress, .flood),
        ]
        for (section, kind) in others {
            for group in groups(section) {
                for block in 0..<repetitions(group[0].scenario) {
                    for row in group.shuffled(using: &generator) { append(row, kind: kind, block: block) }
                }
            }
        }
        return measurements
    }

    private static func measurement(
        _ row: Row,
        kind: MeasurementJob.Kind,
        block: Int,
        profile: Scenario.Profile,
        seed: UInt64
    ) -> Measurement {
        var warmup = row.scenario.warmupSeconds * profile.timeFactor
        var duration = row.scenario.durationSeconds * profile.timeFactor
        // Counting allocations needs no long run, unless elements come in bursts: a short one might miss them.
        if kind == .memory, !row.scenario.comesInBursts {
            (warmup, duration) = (min(warmup, 0.02), min(duration, 0.08))
        }
        var planned = warmup + duration + processSeconds(kind)
        var decisions: Int?
        if kind == .accuracy, case .limiter(let load) = row.scenario.load {
            // Nothing warms up, and there is something to do before and after.
            planned = duration + accuracySeconds(load, durationSeconds: duration)
            if profile == .full, let least = load.decisions {
                decisions = least
                planned = max(planned, Double(least) / decisionsPerSecond)
            }
        }
        return Measurement(
            job: MeasurementJob(
                kind: kind,
                scenario: row.scenario,
                implementation: row.implementation,
                library: row.library,
                driver: row.driver,
                // Every implementation in a block gets the same arrivals.
                seed: SeededGenerator(seed: seed, stream: UInt64(block)).peek(),
                warmupSeconds: warmup,
                durationSeconds: duration,
                decisions: decisions,
                timeLimitSeconds: 10 + 10 * planned
            ),
            family: row.family,
            role: row.role,
            standing: row.standing,
            block: block,
            plannedSeconds: planned
        )
    }

    /// Starting a child, its look at the machine's noise where times depend on it, and its end.
    private static func processSeconds(_ kind: MeasurementJob.Kind) -> Double {
        switch kind {
        case .speed, .system, .flood: 0.06
        case .memory: 0.035
        case .accuracy: 0.025
        }
    }

    /// What two processors do at least, of limiter and oracle side by side.
    private static let decisionsPerSecond = 4e6

    /// What an accuracy measurement takes beside its demand: its process, on the real clock also room for the log, its
    /// evaluation and the cost of a decision.
    private static func accuracySeconds(_ load: LimiterLoad, durationSeconds: Double) -> Double {
        guard load.clock == .real else { return processSeconds(.accuracy) }
        let grants = min(load.ratePerSecond * durationSeconds, 2e7)
        return processSeconds(.accuracy) + 0.04 + 1.1e-6 * grants
    }
}

extension Scenario.Profile {
    /// How the profile stretches the times that scenarios give.
    var timeFactor: Double {
        switch self {
        case .quick: 0.4
        case .standard: 1
        case .full: 3
        }
    }

    /// How often a scenario is repeated.
    func repetitions(_ scenario: Scenario) -> Int {
        switch self {
        case .quick: min(scenario.repetitions, 3)
        case .standard: scenario.repetitions
        case .full: scenario.repetitions * 3
        }
    }
}

extension SeededGenerator {
    /// The number that comes next.
    fileprivate func peek() -> UInt64 {
        var copy = self
        return copy.next()
    }
}
