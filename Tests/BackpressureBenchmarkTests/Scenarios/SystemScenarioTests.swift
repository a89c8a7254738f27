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

    @Test(
        "is refused with the place of what is wrong",
        arguments: [
            (overload, "workers: 4", "workers: 0", 5, 36, "'system.workers' is '0'; allowed: an integer from 1 to 1024"),
            (overload, "calm_load: 0.5", "calm_load: 1.5", 5, 87, "'system.calm_load' is '1.5'; allowed: a finite"),
            (overload, "critical_load: 0.2", "critical_load: 0.6", 5, 107, "is a part of 'calm_load' (0.5) and must not"),
            (overload, "overload_factor: 10", "overload_factor: 0.5", 5, 129, "a finite number from 1 to 1000"),
            (overload, "workers: 4, ", "", 5, 9, "the key 'workers' is missing in 'system'"),
            (overload, "kind: overload", "kind: overlod", 5, 16, "did you mean 'overload'?"),
            (overload, "deadline_us", "deadlin_us", 5, 134, "unknown key 'deadlin_us' in 'system'; did you mean"),
            (overload, "workers: 4", "callers: 4", 5, 27, "belongs to kind 'flapping'; this is 'overload'"),
            (overload, "service_time_us: 1000", "service_time_us: 1", 5, 126, "arrivals in one run; more than 2000000"),
            (flapping, "slow_us: 40", "slow_us: 39", 5, 105, "must be 4 times 'call_us' at least"),
            (flapping, "[down, slow]", "[down, slowly]", 5, 125, "'system.outages' is 'slowly'; allowed: down, slow"),
            (flapping, "[down, slow]", "[]", 5, 118, "'system.outages' is an empty list"),
            (flapping, "rate_per_s: 100", "rate_per_s: 1e9", 5, 63, "'system.rate_per_s' is '1e9'"),
            (signal, "interval_us: 1.5", "interval_us: 0", 5, 52, "'system.interval_us' is '0'"),
            (signal, "{kind: signal, producers: 2, interval_us: 1.5}", "signal", 5, 9, "a mapping such as {kind:"),
            (signal, "title: A sample", "title: A sample\ndrivers: [threads]", 3, 10, "is not for 'section: systems'"),
            (signal, "title: A sample", "title: A sample\ncapacity: 4", 3, 1, "the key 'capacity' belongs inside 'system'"),
            (signal, "title: A sample", "title: A sample\nburst: 4", 3, 1, "belongs to 'mechanism: limiter'"),
            (signal, "mechanism: system", "mechanism: queue", 4, 12, "but 'section: systems' measures a system"),
            (signal, "section: systems", "section: stress", 4, 12, "but 'section: stress' measures a queue"),
        ]
    )
    func errors(_ bad: (text: String, from: String, to: String, line: Int, column: Int, message: String)) async throws {
        #expect(bad.text.contains(bad.from))
        let text = bad.text.replacing(bad.from, with: bad.to)
        let error = await #expect(throws: InputFileError.self) {
            try await ScenarioFile.parse(text: text, path: "x.yaml")
        }
        let found = try #require(error)
        #expect(found.line == bad.line && found.column == bad.column, "\(found)")
        #expect(found.message.contains(bad.message), "\(found)")
    }
}
