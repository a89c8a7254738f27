import Testing

@testable import BackpressureBenchmark

@Suite("What the harness costs")
struct HarnessOverheadTests {
    private func overhead(_ measured: [Runner.Result], of scenarios: Scenario...) throws -> HarnessOverhead {
        let plan = try RunPlan(RunOptions(), scenarios: scenarios, registry: .builtIn)
        var runner = Runner.Results()
        runner.measured = measured
        return HarnessOverhead(RunResults(runner, plan: plan, seed: 1), .builtIn, scenarios)
    }

    private var pair: Scenario {
        var load = Samples.queueLoad
        load.arrival = .alternating
        return Samples.scenario("pair", .queue(load))
    }

    private func result(
        _ scenario: Scenario,
        _ implementation: String,
        _ metric: Metric,
        _ value: Double,
        block: Int = 0
    ) -> Runner.Result {
        let job = Samples.job(scenario, implementation: implementation)
        var result = Samples.result(job, role: .yardstick, report: Samples.report([metric: value]))
        result.measurement.block = block
        return result
    }

    @Test("is the median ratio of the protocol to the hand-written loop")
    func protocolCost() throws {
        let results = [1.2, 1.1, 0.9].enumerated().map {
            result(pair, "ring-by-hand", .protocolRatio, $0.element, block: $0.offset)
        }
        let notes = try overhead(results, of: pair).queues
        #expect(notes.count == 1)
        #expect(notes[0].contains("'ring' through the protocol costs +10.0 % [-10.0 %, +20.0 %]"), "\(notes)")
        #expect(notes[0].contains("'ring-by-hand'"))
        let once = try overhead([results[0]], of: pair).queues
        #expect(once.first?.contains("costs +20.0 % [–, –]") == true)
    }

    @Test("is not what a round trip takes")
    func roundTrip() throws {
        var load = Samples.queueLoad
        load.arrival = .roundTrip
        let trip = Samples.scenario("trip", .queue(load))
        let results = [result(pair, "null-queue", .cpuTime, 5), result(trip, "null-queue", .cpuTime, 500)]
        #expect(try overhead(results, of: pair, trip).queues.contains { $0.contains("takes 5 ns of CPU an element") })
    }

    @Test("is what the empty queue takes, as a range where scenarios differ")
    func emptyQueue() throws {
        let one = try overhead([result(pair, "null-queue", .cpuTime, 5)], of: pair)
        #expect(one.queues.count == 1 && one.limiters.isEmpty)
        #expect(one.queues[0].contains("takes 5 ns of CPU an element with threads (the yardstick 'null-queue')"))
        var drivers = pair
        drivers.drivers = [.tasks]
        let tasks = try overhead([result(drivers, "null-queue", .cpuTime, 5)], of: drivers)
        #expect(tasks.queues.first?.contains("with tasks") == true)
    }

    @Test("isn't what the least actor takes, which does hold elements")
    func actor() throws {
        var scenario = pair
        (scenario.drivers, scenario.implementations) = ([.tasks], ["actor", "actor-bare"])
        #expect(try overhead([result(scenario, "actor-bare", .cpuTime, 80)], of: scenario).queues.isEmpty)
    }

    @Test("isn't what an empty queue of larger elements takes")
    func payloads() throws {
        var load = Samples.queueLoad
        load.payloadBytes = 4_096
        let scenario = Samples.scenario("large", .queue(load))
        #expect(try overhead([result(scenario, "null-queue", .cpuTime, 5)], of: scenario).queues.isEmpty)
    }

    @Test("is told of each mechanism apart")
    func limiters() throws {
        let scenario = Samples.scenario("cost", .limiter(Samples.limiterLoad))
        let decisions = [("null-limiter", 7), ("clock-limiter", 29)].map { result(scenario, $0, .cpuTime, $1) }
        let notes = try overhead(decisions, of: scenario)
        #expect(notes.queues.isEmpty)
        #expect(notes.limiters.count == 2)
        #expect(notes.limiters.first?.hasPrefix("The harness alone takes 7 ns of CPU a decision") == true)
        #expect(notes.limiters.last?.hasPrefix("Reading the clock takes 29 ns of CPU a decision") == true)
        let calls = Samples.scenario("calls", .breaker(BreakerLoad(callers: 1)))
        let results = [("null-breaker", 2), ("atomic-add-breaker", 6)].map { result(calls, $0, .cpuTime, $1) }
        let breakers = try overhead(results, of: calls).breakers
        #expect(breakers.count == 2 && breakers[0].hasPrefix("The harness alone takes 2 ns of CPU a call"))
        #expect(breakers[1].hasPrefix("The harness with one atomic addition takes 6 ns of CPU a call"))
    }

    @Test("isn't told where no yardstick was measured")
    func unknown() throws {
        let notes = try overhead([result(pair, "ring", .cpuTime, 5), result(pair, "ring", .throughput, 5)], of: pair)
        #expect(notes.queues.isEmpty && notes.limiters.isEmpty)
    }
}
