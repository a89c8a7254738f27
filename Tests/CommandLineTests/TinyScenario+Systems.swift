// Scenarios of whole systems that leave so much between what a bound allows and what a control does that a busy machine
// makes no difference.

extension TinyScenario {
    static func overload(_ implementations: [String]) -> TinyScenario {
        system(
            "overload",
            implementations,
            "kind: overload, workers: 2, service_time_us: 1000, capacity: 16, calm_load: 0.5, critical_load: 0.2, "
                + "overload_factor: 20, deadline_us: 50000",
            seconds: 0.6
        )
    }

    static func flapping(_ implementations: [String]) -> TinyScenario {
        system(
            "flapping",
            implementations,
            "kind: flapping, callers: 4, capacity: 1024, rate_per_s: 2000, call_us: 200, failure_us: 800, "
                + "slow_us: 4000, outages: [down], wait_us: 100000, redrive_us: 20000",
            seconds: 1.5
        )
    }

    static func signal(_ implementations: [String]) -> TinyScenario {
        system("signal", implementations, "kind: signal, producers: 2, interval_us: 100", seconds: 0.05)
    }

    static func crowd(_ implementations: [String]) -> TinyScenario {
        system(
            "crowd",
            implementations,
            "kind: crowd, capacity: 4, malformed_one_in: 7, stages: [{workers: 1, service_time_us: 100}, "
                + "{workers: 2, service_time_us: 2000}], trace: \(Tool.packageRoot)/Fixtures/traces/day.csv, "
                + "from_s: 52200, length_s: 60",
            seconds: 0.15
        )
    }

    static func capacity(_ implementations: [String]) -> TinyScenario {
        system(
            "capacity",
            implementations,
            "kind: capacity, servers: 4, service_time_us: 1000, load: 5, deadline_us: 3000",
            seconds: 0.15
        )
    }

    static func monitor(_ implementations: [String]) -> TinyScenario {
        system("monitor", implementations, "kind: monitor, recorders: 2", seconds: 0.05)
    }

    private static func system(
        _ name: String,
        _ implementations: [String],
        _ keys: String,
        seconds: Double
    ) -> TinyScenario {
        TinyScenario(
            name,
            section: "systems",
            mechanism: "system",
            measuring: implementations,
            keys: ["repetitions: 1", "duration_s: \(seconds)", "warmup_s: 0", "system: {\(keys)}"]
        )
    }
}
