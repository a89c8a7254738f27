import Testing

@testable import BackpressureBenchmark

@Suite("A run's plan")
struct RunPlanTests {
    private let queues = Samples.scenario("queues", implementations: ["mutex", "ring", "unbounded"])
    private let pairs = Samples.scenario("pairs", drivers: [.threads, .tasks], implementations: ["mutex", "actor"])

    private func plan(
        _ scenarios: [Scenario],
        _ change: (inout RunOptions) -> Void = { _ in }
    ) throws(RunError) -> RunPlan {
        var options = RunOptions()
        change(&options)
        return try RunPlan(options, scenarios: scenarios, registry: .builtIn)
    }

    private func order(_ plan: RunPlan) -> [String] {
        plan.measurements.map { "\($0.block) \($0.job.kind) \($0.job.label)" }
    }

    @Test("is the same for the same seed and another for another")
    func seeds() throws {
        let orders = try [1, 1, 2].map { seed in
            order(try plan([queues, pairs, Samples.flood]) { $0.seed = seed })
        }
        #expect(orders[0] == orders[1])
        #expect(orders[0] != orders[2])
        #expect(orders[0].sorted() == orders[2].sorted())
    }

    @Test("has every implementation once in every block of a comparison, next to each other")
    func blocks() throws {
        let speed = try plan([queues, pairs]).measurements.filter { $0.job.kind == .speed }
        let comparisons = speed.map { "\($0.block) \($0.job.scenario.name) \($0.job.driver)" }
        var runs: [String: Int] = [:]
        for (index, comparison) in comparisons.enumerated() where index == 0 || comparisons[index - 1] != comparison {
            runs[comparison, default: 0] += 1
        }
        #expect(runs.count == 9 && runs.values.allSatisfy { $0 == 1 }, "\(comparisons)")
        for block in 0..<3 {
            let ids = speed.filter { $0.block == block && $0.job.scenario.name == "queues" }.map(\.job.implementation)
            #expect(ids.sorted() == ["mutex", "ring", "unbounded"])
        }
        #expect(Set(speed.filter { $0.block == 0 }.map(\.job.seed)).count == 1, "all meet the same arrivals")
        #expect(Set(speed.map(\.job.seed)).count == 3, "and others in another block")
    }

    @Test("leaves out combinations that can't be")
    func unsupported() throws {
        let threads = try plan([pairs]).measurements.filter { $0.job.driver == .threads }
        #expect(Set(threads.map(\.job.implementation)) == ["mutex"], "an actor isn't driven by threads")
        let every = try plan([Samples.scenario("every"), Samples.accuracy, Samples.flood]).measurements
        func ids(_ kind: MeasurementJob.Kind) -> Set<String> {
            Set(every.filter { $0.job.kind == kind }.map(\.job.implementation))
        }
        #expect(ids(.speed) == ["mutex", "ring", "ring-spsc", "unbounded", "null-queue"])
        #expect(
            ids(.flood) == ["mutex", "ring", "ring-spsc", "unbounded"],
            "a yardstick has nothing to prove in a flood"
        )
        #expect(
            ids(.accuracy)
                == Set(
                    Registry.builtIn.limiters
                        .filter { $0.role != .yardstick && $0.standing == .own && $0.drivers.contains(.threads) }
                        .map(\.id)
                )
        )
        #expect(ids(.accuracy).isSuperset(of: ["token-bucket-lockfree", "pacer-mutex", "fixed-window"]))
        #expect(ids(.accuracy).isDisjoint(with: ["actor-date", "sleep-interval"]), "only where they are named")
    }

    @Test("asks for accuracy and resistance by one driver alone")
    func naturalDriver() throws {
        let flood = Samples.scenario("flood", .queue(Samples.floodLoad), section: .stress, drivers: [.threads, .tasks])
        let measurements = try plan([flood]).measurements
        #expect(measurements.count { $0.job.implementation == "mutex" } == 3)
        let drivenByTasksAlone: Set = ["actor", "ring-async"]
        #expect(
            measurements.allSatisfy { drivenByTasksAlone.contains($0.job.implementation) == ($0.job.driver == .tasks) }
        )
    }

    @Test("takes its repetitions and times from profile and options")
    func profiles() throws {
        func blocks(_ plan: RunPlan) -> Int { Set(plan.measurements.map(\.block)).count }
        #expect(try blocks(plan([queues])) == 3)
        #expect(try blocks(plan([queues]) { $0.profile = .full }) == 9)
        #expect(try blocks(plan([queues]) { $0.repetitions = 2 }) == 2)
        let standard = try plan([queues])
        let quick = try plan([queues]) { $0.profile = .quick }
        #expect(quick.plannedSeconds < standard.plannedSeconds)
        let job = try #require(quick.measurements.first?.job)
        #expect(abs(job.durationSeconds - 0.4 * queues.durationSeconds) < 1e-12)
        #expect(job.timeLimitSeconds > 10)
    }

    @Test("counts allocations in a short run, but in a whole one where elements come in bursts")
    func memoryRuns() throws {
        var bursts = Samples.queueLoad
        bursts.arrival = .onOff(ratePerSecond: 1_000, onSeconds: 0.1, offSeconds: 0.4)
        func seconds(_ load: QueueLoad) throws -> Double? {
            var scenario = Samples.scenario("long", .queue(load))
            scenario.durationSeconds = 1
            return try plan([scenario]).measurements.first { $0.job.kind == .memory }?.job.durationSeconds
        }
        #expect(try seconds(Samples.queueLoad) ?? 1 < 0.5)
        #expect(try seconds(bursts) == 1)
    }

    @Test("includes what its profile includes, and every file that was given")
    func profileMembership() throws {
        var full = queues
        full.profiles = [.full]
        #expect(throws: RunError.self) { try plan([full]) }
        #expect(try plan([full]) { $0.profile = .full }.measurements.count == 30)
        #expect(try plan([full]) { $0.scenarioFiles = ["given.yaml"] }.measurements.count == 12)
    }

    @Test("keeps scenarios and implementations that match")
    func filters() throws {
        func kept(_ filter: String) throws -> Set<String> {
            let measurements = try plan([queues, pairs]) { $0.filter = filter }.measurements
            return Set(measurements.map { "\($0.job.scenario.name) \($0.job.implementation)" })
        }
        #expect(try kept("^pairs$") == ["pairs mutex", "pairs actor"])
        #expect(try kept("ring|actor") == ["queues ring", "pairs actor"])
        let scenarios = try plan([queues, pairs]) { $0.filter = "^pairs$" }.scenarios
        #expect(scenarios.map(\.name) == ["pairs"], "what isn't measured isn't in the plan")
        let one = try plan([queues, pairs]) { $0.implementations = ["actor"] }
        #expect(Set(one.measurements.map(\.job.implementation)) == ["actor"])
    }

    @Test("brings the control along wherever it gives the others' results their meaning")
    func controls() throws {
        func ids(_ scenario: Scenario, _ implementation: String) throws -> Set<String> {
            Set(try plan([scenario]) { $0.implementations = [implementation] }.measurements.map(\.job.implementation))
        }
        #expect(try ids(Samples.flood, "mutex") == ["mutex", "unbounded"])
        #expect(try ids(Samples.accuracy, "token-bucket-mutex") == ["token-bucket-mutex", "fixed-window"])
        #expect(try ids(queues, "mutex") == ["mutex"])
        var named = Samples.flood
        named.implementations = ["mutex"]
        #expect(try ids(named, "mutex") == ["mutex"], "a scenario may do without")
    }

    @Test("has what not to do only where it is named or asked for")
    func warnings() throws {
        var waiting = Samples.limiterLoad
        waiting.demand = .waiting
        var scenario = Samples.scenario("wait", .limiter(waiting), section: .accuracy, drivers: [.threads, .tasks])
        func ids(_ change: (inout RunOptions) -> Void = { _ in }) throws -> Set<String> {
            let measurements = try plan([scenario], change).measurements
            #expect(measurements.allSatisfy { $0.job.driver == .tasks }, "threads don't wait for permits")
            return Set(measurements.map(\.job.implementation))
        }
        #expect(try !ids().contains("sleep-interval"))
        #expect(try ids { $0.implementations = ["sleep-interval"] } == ["sleep-interval", "fixed-window"])
        scenario.implementations = ["pacer-mutex", "sleep-interval"]
        #expect(try ids() == ["pacer-mutex", "sleep-interval"])
        #expect(try plan([scenario]).measurements.contains { $0.standing == .warning })
    }

    @Test("makes as many decisions as a scenario says in the profile full, and as fit in the others")
    func decisions() throws {
        var load = Samples.limiterLoad
        (load.clock, load.callers, load.decisions) = (.virtual, 1, 40_000_000)
        let scenario = Samples.scenario("exact", .limiter(load), section: .accuracy)
        let standard = try plan([scenario]).measurements[0]
        #expect(standard.job.decisions == nil && standard.plannedSeconds < 1)
        let full = try plan([scenario]) { $0.profile = .full }.measurements[0]
        #expect(full.job.decisions == 40_000_000 && full.plannedSeconds >= 5)
    }

    @Test("measures the sections that were asked for, comparisons first")
    func sections() throws {
        let all = [Samples.flood, Samples.accuracy, queues]
        let kinds = try plan(all).measurements.map(\.job.kind)
        let firsts = kinds.enumerated().filter { $0.offset == 0 || kinds[$0.offset - 1] != $0.element }.map(\.element)
        #expect(firsts == [.speed, .memory, .accuracy, .flood])
        let stress = try plan(all) { $0.sections = [.stress] }
        #expect(Set(stress.measurements.map(\.job.kind)) == [.flood])
    }

    @Test("isn't made where names or patterns are wrong, or nothing is left")
    func errors() throws {
        func code(_ scenarios: [Scenario], _ change: (inout RunOptions) -> Void = { _ in }) -> ExitCode? {
            do throws(RunError) {
                _ = try plan(scenarios, change)
                return nil
            } catch {
                return error.exitCode
            }
        }
        #expect(code([queues]) == nil)
        #expect(code([queues]) { $0.implementations = ["mutexx"] } == .usage)
        #expect(code([queues]) { $0.filter = "(" } == .usage)
        #expect(code([queues]) { $0.filter = "nothing" } == .notMeasured)
        #expect(code([queues]) { $0.sections = [.stress] } == .notMeasured)
        #expect(code([]) == .notMeasured)
        #expect(code([Samples.scenario(implementations: ["mutexx"])]) == .notMeasured)
    }

    @Test("isn't made where something that was named can't be measured at all")
    func leftOut() throws {
        let threads = Samples.scenario("threads-only", implementations: ["mutex", "actor"])
        #expect { try plan([threads]) } throws: { "\($0)".contains("actor") && "\($0)".contains("threads") }
        #expect {
            try plan([queues]) { $0.implementations = ["mutex", "token-bucket-mutex"] }
        } throws: {
            "\($0)".contains("token-bucket-mutex")
        }
    }
}
