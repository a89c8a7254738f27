import Testing

@testable import BackpressureBenchmark

@Suite("A scenario for whole systems")
struct SystemScenarioTests {
    private static let head = """
        name: sample
        title: A sample
        section: systems
        mechanism: system
        """
    private static let overload =
        head + "\n"
        + "system: {kind: overload, workers: 4, service_time_us: 1000, capacity: 8, calm_load: 0.5, "
        + "critical_load: 0.2, overload_factor: 10, deadline_us: 5000}"
    private static let flapping =
        head + "\n"
        + "system: {kind: flapping, callers: 2, capacity: 8, rate_per_s: 100, call_us: 10, failure_us: 20, "
        + "slow_us: 40, outages: [down, slow], wait_us: 50, redrive_us: 60}"
    private static let signal = head + "\nsystem: {kind: signal, producers: 2, interval_us: 1.5}"

    private static let capacity =
        head + "\nsystem: {kind: capacity, servers: 9, service_time_us: 10, load: 1.5, deadline_us: 20}"
    private static let monitor = head + "\nsystem: {kind: monitor, recorders: 2}"
    private static let crowd =
        head + "\n"
        + "system: {kind: crowd, capacity: 8, stages: [{workers: 1, service_time_us: 2}, {workers: 3, "
        + "service_time_us: 4}], trace: \(Files.day), from_s: 52200, length_s: 30}"

    private func load(_ text: String) async throws -> SystemLoad? {
        let scenario = try await ScenarioFile.parse(text: text, path: "x.yaml")
        #expect(scenario.drivers == [.tasks] && scenario.mechanism == .system && scenario.section == .systems)
        guard case .system(let load) = scenario.load else { return nil }
        return load
    }

    @Test("has the numbers of its kind, in nanoseconds where they are times")
    func numbers() async throws {
        let overload = OverloadLoad(
            workers: 4,
            serviceNanoseconds: 1_000_000,
            capacity: 8,
            calmLoad: 0.5,
            criticalLoad: 0.2,
            overloadFactor: 10,
            deadlineNanoseconds: 5_000_000
        )
        #expect(try await load(Self.overload) == .overload(overload))
        #expect(overload.servedPerSecond == 4_000 && overload.bound == 13)
        let flapping = FlappingLoad(
            callers: 2,
            capacity: 8,
            ratePerSecond: 100,
            callNanoseconds: 10_000,
            failureNanoseconds: 20_000,
            slowNanoseconds: 40_000,
            outages: [.down, .slow],
            waitNanoseconds: 50_000,
            redriveNanoseconds: 60_000
        )
        #expect(try await load(Self.flapping) == .flapping(flapping))
        let signal = SignalLoad(producers: 2, intervalNanoseconds: 1_500)
        #expect(try await load(Self.signal) == .signal(signal))
    }

    @Test("may be of a service, of recorders, or of stages with a trace")
    func others() async throws {
        let capacity = CapacityLoad(
            servers: 9,
            serviceNanoseconds: 10_000,
            load: 1.5,
            deadlineNanoseconds: 20_000
        )
        #expect(try await load(Self.capacity) == .capacity(capacity))
        #expect(capacity.highestLimit == 36 && abs(capacity.servedPerSecond - 900_000) < 1e-6)
        #expect(try await load(Self.monitor) == .monitor(MonitorLoad(recorders: 2)))
        guard case .crowd(let crowd) = try await load(Self.crowd) else {
            Issue.record("not a crowd")
            return
        }
        #expect(crowd.stages.map(\.workers) == [1, 3] && crowd.stages.map(\.serviceNanoseconds) == [2_000, 4_000])
        #expect(crowd.capacity == 8 && crowd.malformedOneIn == nil)
        guard case .trace(_, let speedup, let requests) = crowd.arrival else {
            Issue.record("no trace")
            return
        }
        #expect(requests.count == 30 && speedup == 30 / ScenarioDefaults.durationSeconds)
        #expect(try await ScenarioFile.parse(text: Self.crowd, path: "x.yaml").replaysTrace)
        #expect(try await !ScenarioFile.parse(text: Self.capacity, path: "x.yaml").replaysTrace)
    }

    private static let errors: [BadScenario] = [
        bad(overload, "workers: 4", "workers: 0", 5, 35, "'system.workers' is '0'; allowed: an integer from 1 to 1024"),
        bad(overload, "calm_load: 0.5", "calm_load: 1.5", 5, 85, "'system.calm_load' is '1.5'; allowed: a finite"),
        bad(
            overload,
            "critical_load: 0.2",
            "critical_load: 0.6",
            5,
            105,
            "is a part of 'calm_load' (0.5) and must not"
        ),
        bad(overload, "overload_factor: 10", "overload_factor: 0.5", 5, 127, "a finite number from 1 to 1000"),
        bad(overload, "workers: 4, ", "", 5, 9, "the key 'workers' is missing in 'system'"),
        bad(overload, "kind: overload", "kind: overlod", 5, 16, "did you mean 'overload'?"),
        bad(overload, "deadline_us", "deadlin_us", 5, 131, "unknown key 'deadlin_us' in 'system'; did you mean"),
        bad(overload, "workers: 4", "callers: 4", 5, 26, "belongs to kind 'flapping'; this is 'overload'"),
        bad(
            overload,
            "service_time_us: 1000",
            "service_time_us: 1",
            5,
            124,
            "arrivals in one run; 2000000 are the most"
        ),
        bad(flapping, "slow_us: 40", "slow_us: 39", 5, 106, "must be 4 times 'call_us' at least"),
        bad(flapping, "[down, slow]", "[down, slowly]", 5, 126, "'system.outages' is 'slowly'; allowed: down, slow"),
        bad(flapping, "[down, slow]", "[]", 5, 119, "'system.outages' is an empty list"),
        bad(flapping, "rate_per_s: 100", "rate_per_s: 1e9", 5, 63, "'system.rate_per_s' makes some 250000000 arr"),
        bad(signal, "interval_us: 1.5", "interval_us: 0", 5, 51, "'system.interval_us' is '0'"),
        bad(capacity, "servers: 9", "servers: 1", 5, 35, "'system.servers' is '1'; allowed: an integer from 2 to"),
        bad(
            capacity,
            "service_time_us: 10,",
            "service_time_us: 1,",
            5,
            64,
            "arrivals in one run; 2000000 are the most"
        ),
        bad(monitor, "recorders: 2", "recorders: some", 5, 36, "'system.recorders' is 'some'; allowed: an integer"),
        bad(
            crowd,
            "workers: 3",
            "worker: 3",
            5,
            80,
            "unknown key 'worker' in 'system.stages'; did you mean 'workers'?"
        ),
        bad(crowd, "workers: 3, ", "", 5, 79, "the key 'workers' is missing in 'system.stages'"),
        bad(signal, "{kind: signal, producers: 2, interval_us: 1.5}", "signal", 5, 9, "a mapping such as {kind:"),
        bad(signal, "title: A sample", "title: A sample\ndrivers: [threads]", 3, 10, "is not for 'section: systems'"),
        bad(
            signal,
            "title: A sample",
            "title: A sample\ncapacity: 4",
            3,
            1,
            "the key 'capacity' belongs inside 'system'"
        ),
        bad(signal, "title: A sample", "title: A sample\nburst: 4", 3, 1, "belongs to 'mechanism: limiter'"),
        bad(signal, "mechanism: system", "mechanism: queue", 4, 12, "but 'section: systems' measures a system"),
        bad(signal, "section: systems", "section: throughput", 4, 12, "but 'section: throughput' measures a queue"),
    ]

    /// A good scenario with a part of it replaced, and the error that this makes.
    private static func bad(
        _ text: String,
        _ part: String,
        _ replacement: String,
        _ line: Int,
        _ column: Int,
        _ message: String
    ) -> BadScenario {
        precondition(text.contains(part), "nothing would be replaced: \(part)")
        return BadScenario(text.replacing(part, with: replacement), line, column, message)
    }

    @Test("is refused with the place of what is wrong", arguments: errors)
    func refused(_ bad: BadScenario) async throws {
        let error = await #expect(throws: InputFileError.self) {
            try await ScenarioFile.parse(text: bad.text, path: "x.yaml")
        }
        let found = try #require(error)
        #expect(found.line == bad.line && found.column == bad.column, "\(found)")
        #expect(found.message.contains(bad.message), "\(found)")
    }
}
