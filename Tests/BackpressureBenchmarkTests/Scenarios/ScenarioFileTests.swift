import BoundedQueues
import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("Scenario files")
struct ScenarioFileTests {
    private func parse(_ text: String) async throws -> Scenario {
        try await ScenarioFile.parse(text: text, path: "sample.yaml")
    }

    private func queue(_ text: String) async throws -> QueueLoad {
        guard case .queue(let load) = try await parse(text).load else { throw WrongMechanism() }
        return load
    }

    private struct WrongMechanism: Error {}

    @Test("what a file leaves out has its default")
    func defaults() async throws {
        let expected = Scenario(
            name: "sample",
            title: "A sample",
            section: .throughput,
            profiles: [.quick, .standard, .full],
            drivers: [.threads, .tasks],
            implementations: [],
            reference: nil,
            repetitions: 5,
            durationSeconds: 0.2,
            warmupSeconds: 0.05,
            load: .queue(
                QueueLoad(
                    producers: 1,
                    consumers: 1,
                    capacity: 16,
                    payloadBytes: 8,
                    policy: .block,
                    arrival: .closedLoop,
                    serviceTimeNanoseconds: 0,
                    memoryCapBytes: nil,
                    overloadFactor: nil
                )
            )
        )
        #expect(try await parse(ScenarioTexts.queue) == expected)
    }

    @Test("every key of a queue scenario is read")
    func everyQueueKey() async throws {
        let scenario = try await parse(
            """
            name: all-keys-2
            title: "Quoted: with a colon"
            section: throughput
            mechanism: queue
            profiles: [standard, full]
            drivers: [tasks]
            implementations: [ring, mutex]
            reference: mutex
            repetitions: 7
            duration_s: 1.5
            warmup_s: 0
            producers: 2
            consumers: 3
            capacity: 1_024
            payload_bytes: 64
            policy: drop-oldest
            service_time_us: 0.5
            arrival:
              kind: on-off
              rate_per_s: 2e5
              on_s: 0.02
              off_s: .08
            """
        )
        #expect(scenario.name == "all-keys-2")
        #expect(scenario.title == "Quoted: with a colon")
        #expect(scenario.profiles == [.standard, .full])
        #expect(scenario.drivers == [.tasks])
        #expect(scenario.implementations == ["ring", "mutex"])
        #expect(scenario.reference == "mutex")
        #expect(scenario.repetitions == 7)
        #expect(scenario.durationSeconds == 1.5)
        #expect(scenario.warmupSeconds == 0)
        guard case .queue(let load) = scenario.load else { throw WrongMechanism() }
        #expect(load.producers == 2)
        #expect(load.consumers == 3)
        #expect(load.capacity == 1_024)
        #expect(load.payloadBytes == 64)
        #expect(load.policy == .dropOldest)
        #expect(load.serviceTimeNanoseconds == 500)
        #expect(load.arrival == .onOff(ratePerSecond: 200_000, onSeconds: 0.02, offSeconds: 0.08))
    }

    @Test("a stress scenario offers its factor of what the consumers can take")
    func stress() async throws {
        let load = try await queue(ScenarioTexts.stress)
        #expect(load.memoryCapBytes == 64 << 20)
        #expect(load.overloadFactor == 20)
        // Two consumers at 50 µs take 40 000 a second.
        #expect(load.arrival == .constant(ratePerSecond: 800_000))
    }

    @Test("a limiter scenario")
    func limiter() async throws {
        let expected = LimiterLoad(ratePerSecond: 0.5, burst: 10, callers: 2, demand: .saturated, clock: .real)
        #expect(try await parse(ScenarioTexts.limiter).load == .limiter(expected))
        let text = ScenarioTexts.limiter.setting("demand", "{kind: on-off, on_s: 0.25, off_s: 1}")
            .setting("clock", "virtual")
        var bursts = expected
        bursts.demand = .onOff(onSeconds: 0.25, offSeconds: 1)
        bursts.clock = .virtual
        #expect(try await parse(text).load == .limiter(bursts))
        bursts.decisions = 1_000_000
        #expect(try await parse(text.setting("decisions", "1_000_000")).load == .limiter(bursts))
        for (kind, demand) in [("mixed", LimiterLoad.Demand.mixed), ("waiting", .waiting)] {
            var load = expected
            load.demand = demand
            let text = ScenarioTexts.limiter.setting("demand", "{kind: \(kind)}")
            #expect(try await parse(text).load == .limiter(load))
        }
    }

    @Test("a scenario of a circuit breaker")
    func breaker() async throws {
        var expected = BreakerLoad(callers: 2, state: .closed, window: .calls(100))
        #expect(try await parse(ScenarioTexts.breaker).load == .breaker(expected))
        expected.window = .calls(5)
        #expect(try await parse(ScenarioTexts.breaker.setting("window_calls", "5")).load == .breaker(expected))
        expected.state = .open
        expected.window = .time(seconds: 2.5, buckets: 10)
        let text = ScenarioTexts.breaker.setting("state", "open").setting("window_s", "2.5")
        #expect(try await parse(text).load == .breaker(expected))
        expected.window = .time(seconds: 2.5, buckets: 64)
        #expect(try await parse(text.setting("window_buckets", "64")).load == .breaker(expected))
    }

    @Test("a scenario of a concurrency limit")
    func concurrencyLimit() async throws {
        var expected = ConcurrencyLimitLoad(callers: 4, permits: 2, asking: .tries)
        #expect(try await parse(ScenarioTexts.concurrencyLimit).load == .concurrencyLimit(expected))
        expected.asking = .wait
        let text = ScenarioTexts.concurrencyLimit.setting("asking", "wait")
        #expect(try await parse(text).load == .concurrencyLimit(expected))
    }

    @Test("every kind of arrival without a trace")
    func arrivals() async throws {
        func arrival(_ value: String) async throws -> Arrival {
            try await queue(ScenarioTexts.queue.setting("arrival", value)).arrival
        }
        #expect(try await arrival("{kind: closed-loop}") == .closedLoop)
        #expect(try await arrival("{kind: alternating}") == .alternating)
        #expect(try await arrival("{kind: round-trip}") == .roundTrip)
        let idle = try await queue(ScenarioTexts.queue.setting("arrival", "{kind: idle}").setting("producers", "0"))
        #expect(idle.arrival == .idle && idle.producers == 0)
        #expect(try await arrival("{kind: constant, rate_per_s: 10}") == .constant(ratePerSecond: 10))
        #expect(try await arrival("{kind: poisson, rate_per_s: +1.5e1}") == .poisson(ratePerSecond: 15))
    }

    @Test("how threads wait, and how many elements go at once")
    func waitingAndBatch() async throws {
        let plain = try await queue(ScenarioTexts.queue)
        #expect(plain.waiting == .yield && plain.batch == 1)
        #expect(try await queue(ScenarioTexts.queue.setting("waiting", "park")).waiting == .park)
        #expect(try await queue(ScenarioTexts.queue.setting("waiting", "yield")) == plain)
        #expect(try await queue(ScenarioTexts.queue.setting("batch", "32")).batch == 32)
        #expect(try await queue(ScenarioTexts.stress.setting("waiting", "park")).waiting == .park)
    }

    @Test("every policy with its numbers")
    func policies() async throws {
        func policy(_ name: String, _ keys: KeyValuePairs<String, String> = [:]) async throws -> OverflowPolicy {
            var text = ScenarioTexts.queue.setting("policy", name)
            for (key, value) in keys { text = text.setting(key, value) }
            return try await queue(text).overflowPolicy
        }
        for each in QueueLoad.Policy.allCases {
            #expect(try await policy(each.rawValue).description == each.rawValue)
        }
        #expect(try await policy("sample") == .sample(oneIn: 10, above: 0.5))
        #expect(
            try await policy("sample", ["sample_one_in": "3", "low_watermark": "0.25"])
                == .sample(oneIn: 3, above: 0.25)
        )
        #expect(try await policy("throttle") == .throttle(from: 0.5, to: 0.9, longestDelay: .milliseconds(10)))
        let throttle = try await policy(
            "throttle",
            ["low_watermark": "0", "high_watermark": "1", "longest_delay_us": "0.5"]
        )
        #expect(throttle == .throttle(from: 0, to: 1, longestDelay: .nanoseconds(500)))
        let spill = try await queue(ScenarioTexts.queue.setting("policy", "spill").setting("spill_limit", "7"))
        #expect(spill.overflowPolicy == .spill && spill.policySettings.spillLimit == 7)
        #expect(spill.mostElements == 16 + 7)
    }

    @Test("a byte order mark, Windows line ends and anchors are no trouble")
    func forms() async throws {
        let plain = try await parse(ScenarioTexts.queue)
        #expect(try await parse("\u{FEFF}" + ScenarioTexts.queue) == plain)
        #expect(try await parse(ScenarioTexts.queue.replacingOccurrences(of: "\n", with: "\r\n")) == plain)
        let shared = ScenarioTexts.queue.setting("producers", "&one 1").setting("consumers", "*one")
        #expect(try await parse(shared) == plain)
    }

    @Test("a scenario survives the way to another process")
    func roundTrip() async throws {
        let scenarios = try await ScenarioFile.readFolder(path: Files.scenarios)
        for scenario in scenarios {
            let data = try JSONEncoder().encode(scenario)
            #expect(try JSONDecoder().decode(Scenario.self, from: data) == scenario)
        }
    }
}

@Suite("The committed scenarios")
struct CommittedScenarioTests {
    @Test("every file is read, is named after its scenario and starts with what it shows")
    func names() async throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Files.scenarios).filter {
            $0.hasSuffix(".yaml")
        }
        let scenarios = try await ScenarioFile.readFolder(path: Files.scenarios)
        #expect(scenarios.map { $0.name + ".yaml" }.sorted() == files.sorted())
        for file in files {
            let text = try String(contentsOfFile: Files.scenarios + "/" + file, encoding: .utf8)
            #expect(text.hasPrefix("# "), "\(file)")
        }
    }

    @Test("every section has scenarios in every profile")
    func sections() async throws {
        let scenarios = try await ScenarioFile.readFolder(path: Files.scenarios)
        for section in Scenario.Section.allCases {
            for profile in Scenario.Profile.allCases {
                #expect(scenarios.contains { $0.section == section && $0.profiles.contains(profile) })
            }
        }
    }

    @Test("every open-loop scenario has a schedule of the expected length")
    func schedules() async throws {
        for scenario in try await ScenarioFile.readFolder(path: Files.scenarios) {
            guard case .queue(let load) = scenario.load else { continue }
            let duration = scenario.durationSeconds
            let expected = ArrivalSchedule.expectedArrivals(load.arrival, durationSeconds: duration)
            let schedule = try ArrivalSchedule(
                load.arrival,
                durationSeconds: duration,
                producers: load.producers,
                seed: 1
            )
            #expect((schedule == nil) == (expected == nil))
            guard let schedule, let expected else { continue }
            #expect(abs(Double(schedule.count) - expected) <= 6 * expected.squareRoot(), "\(scenario.name)")
        }
    }

    @Test("the profiles keep their limits of measuring", arguments: [(Scenario.Profile.quick, 55.0), (.standard, 145)])
    func limits(profile: Scenario.Profile, seconds: Double) async throws {
        var options = RunOptions()
        options.profile = profile
        let scenarios = try await ScenarioFile.readFolder(path: Files.scenarios)
        let plan = try RunPlan(options, scenarios: scenarios, registry: .builtIn)
        #expect(plan.plannedSeconds <= seconds)
    }

    @Test("every one can be measured by something that is to be compared")
    func supported() async throws {
        for scenario in try await ScenarioFile.readFolder(path: Files.scenarios) {
            var options = RunOptions()
            options.profile = .full
            let plan = try RunPlan(options, scenarios: [scenario], registry: .builtIn)
            for driver in scenario.drivers where scenario.section == .throughput {
                #expect(
                    plan.measurements.contains { $0.job.driver == driver && $0.role == .contender },
                    "\(scenario.name), \(driver)"
                )
            }
        }
    }

    @Test("the README names every key")
    func readme() async throws {
        let readme = try String(contentsOfFile: Files.scenarios + "/README.md", encoding: .utf8)
        let error = await #expect(throws: InputFileError.self) {
            try await ScenarioFile.parse(text: "qwzx: 1", path: "x.yaml")
        }
        let known = try #require(error?.message.split(separator: "known: ").last?.dropLast())
        for key in known.split(separator: ", ") { #expect(readme.contains("`\(key)`"), "\(key)") }
    }
}
