/// A scenario file that takes next to no time. What it shows is whether the harness works, not how fast anything is.
struct TinyScenario: Sendable {
    let name: String
    private var lines: [String]

    var text: String { lines.joined(separator: "\n") + "\n" }

    init(
        _ name: String,
        section: String,
        mechanism: String,
        measuring implementations: [String],
        keys: [String]
    ) {
        self.name = name
        lines =
            [
                "name: \(name)", "title: The scenario \(name)", "section: \(section)", "mechanism: \(mechanism)",
                "implementations: [\(implementations.joined(separator: ", "))]",
            ] + keys
    }

    /// With further keys.
    func adding(_ keys: String...) -> TinyScenario {
        var scenario = self
        scenario.lines += keys
        return scenario
    }

    /// Two repetitions as fast as it goes, through a queue so large that a worker has something to do for a whole time
    /// slice: on a busy machine it doesn't get many.
    static func saturated(
        _ implementations: [String],
        driver: String = "threads",
        warmupSeconds: Double = 0
    ) -> TinyScenario {
        TinyScenario(
            "saturated",
            section: "throughput",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [\(driver)]", "repetitions: 2", "duration_s: 0.1", "warmup_s: \(warmupSeconds)",
                "producers: 1", "consumers: 1", "capacity: 256", "arrival: {kind: closed-loop}",
            ]
        )
    }

    /// Threads that leave the waiting to the queue.
    static func parking(_ implementations: [String]) -> TinyScenario {
        TinyScenario(
            "parking",
            section: "throughput",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [threads]", "repetitions: 1", "duration_s: 0.2", "warmup_s: 0", "producers: 1",
                "consumers: 1", "capacity: 16", "waiting: park", "arrival: {kind: closed-loop}",
            ]
        )
    }

    /// One element to and fro.
    static func roundTrip(_ implementations: [String], driver: String, waiting: String) -> TinyScenario {
        TinyScenario(
            "round-trip",
            section: "throughput",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [\(driver)]", "repetitions: 1", "duration_s: 0.2", "warmup_s: 0", "producers: 1",
                "consumers: 1", "capacity: 4", "waiting: \(waiting)", "arrival: {kind: round-trip}",
            ]
        )
    }

    /// Consumers that wait in vain.
    static func idle(_ implementations: [String], driver: String) -> TinyScenario {
        TinyScenario(
            "idle",
            section: "throughput",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [\(driver)]", "repetitions: 2", "duration_s: 0.1", "warmup_s: 0", "producers: 0",
                "consumers: 2", "capacity: 4", "waiting: park", "arrival: {kind: idle}",
            ]
        )
    }

    /// One worker that pushes and pops in turn.
    static func alternating(_ implementations: [String], warmupSeconds: Double = 0) -> TinyScenario {
        TinyScenario(
            "alternating",
            section: "throughput",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [threads]", "repetitions: 1", "duration_s: 0.05", "warmup_s: \(warmupSeconds)",
                "producers: 1", "consumers: 1", "capacity: 16", "arrival: {kind: alternating}",
            ]
        )
    }

    /// Two repetitions with intended start times, slow enough for any machine.
    static func openLoop(_ implementations: [String]) -> TinyScenario {
        TinyScenario(
            "open-loop",
            section: "throughput",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [threads]", "repetitions: 2", "duration_s: 0.2", "warmup_s: 0", "producers: 1",
                "consumers: 1", "capacity: 64", "arrival: {kind: poisson, rate_per_s: 5000}",
            ]
        )
    }

    /// Demand with rests that share nothing with the limiters' own interval.
    static func accuracy(_ implementations: [String], clock: String, callers: Int = 1) -> TinyScenario {
        accuracy(
            implementations,
            "accuracy-\(clock)",
            ["clock: \(clock)", "callers: \(callers)", "demand: {kind: on-off, on_s: 0.005, off_s: 0.0213}"]
        )
    }

    /// Callers that wait for permits.
    static func waiting(_ implementations: [String], callers: Int) -> TinyScenario {
        let keys = ["clock: real", "callers: \(callers)", "demand: {kind: waiting}"]
        return accuracy(implementations, "waiting", keys, rate: 100, seconds: 1)
    }

    private static func accuracy(
        _ implementations: [String],
        _ name: String,
        _ keys: [String],
        rate: Int = 10_000,
        seconds: Double = 0.3
    ) -> TinyScenario {
        TinyScenario(
            name,
            section: "accuracy",
            mechanism: "limiter",
            measuring: implementations,
            keys: ["repetitions: 1", "duration_s: \(seconds)", "warmup_s: 0", "rate_per_s: \(rate)", "burst: 10"] + keys
        )
    }

    /// Calls through a breaker that do nothing.
    static func breaker(_ implementations: [String], callers: Int = 1, _ keys: String...) -> TinyScenario {
        calls("calls", "breaker", implementations, ["callers: \(callers)"] + keys)
    }

    /// Permits that are given back at once.
    static func permits(
        _ implementations: [String],
        callers: Int,
        permits: Int,
        _ keys: String...
    ) -> TinyScenario {
        calls("permits", "concurrency-limit", implementations, ["callers: \(callers)", "permits: \(permits)"] + keys)
    }

    private static func calls(
        _ name: String,
        _ mechanism: String,
        _ implementations: [String],
        _ keys: [String]
    ) -> TinyScenario {
        TinyScenario(
            name,
            section: "throughput",
            mechanism: mechanism,
            measuring: implementations,
            keys: ["repetitions: 1", "duration_s: 0.05", "warmup_s: 0"] + keys
        )
    }

    /// Far more than the consumer takes, in elements so large that an unbounded queue soon hits the cap: also where
    /// everything takes long, as on a busy machine without optimisation.
    static func flood(_ implementations: [String]) -> TinyScenario {
        flood(implementations, serviceMilliseconds: 50, overloadFactor: 5_000, capMebibytes: 16, durationSeconds: 1)
    }

    /// Forty queues at once, of two elements each, under one cap.
    static func floodOfMany(_ implementations: [String]) -> TinyScenario {
        TinyScenario(
            "many",
            section: "stress",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [tasks]", "repetitions: 1", "duration_s: 0.5", "queues: 40", "producers: 1", "consumers: 1",
                "capacity: 2", "payload_bytes: 65536", "service_time_us: 50_000", "overload_factor: 1_000",
                "memory_cap_mib: 64",
            ]
        )
    }

    /// A system under a cap.
    static func systemFlood(_ system: String, capMebibytes: Int, _ implementations: [String]) -> TinyScenario {
        TinyScenario(
            "flooded",
            section: "stress",
            mechanism: "system",
            measuring: implementations,
            keys: [
                "repetitions: 1", "duration_s: 0.5", "memory_cap_mib: \(capMebibytes)", "system: \(system)",
            ]
        )
    }

    static func flood(
        _ implementations: [String],
        serviceMilliseconds: Int,
        overloadFactor: Int,
        capMebibytes: Int,
        durationSeconds: Double
    ) -> TinyScenario {
        TinyScenario(
            "flood",
            section: "stress",
            mechanism: "queue",
            measuring: implementations,
            keys: [
                "drivers: [threads]", "repetitions: 1", "duration_s: \(durationSeconds)", "producers: 1",
                "consumers: 1", "capacity: 4", "payload_bytes: 262144",
                "service_time_us: \(serviceMilliseconds * 1_000)", "overload_factor: \(overloadFactor)",
                "memory_cap_mib: \(capMebibytes)",
            ]
        )
    }
}
