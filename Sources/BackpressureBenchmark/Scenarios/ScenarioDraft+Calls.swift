/// The keys of a breaker scenario.
struct BreakerFields {
    let load: BreakerLoad

    init(_ file: YAMLMapping) throws(InputFileError) {
        load = BreakerLoad(
            callers: try file.required("callers").integer(in: ScenarioLimits.workers),
            state: try file["state"]?.choice() ?? .closed,
            window: try BreakerLoad.Window(file)
        )
    }
}

extension BreakerLoad.Window {
    fileprivate init(_ file: YAMLMapping) throws(InputFileError) {
        guard let length = file["window_s"] else {
            if let buckets = file["window_buckets"] {
                throw buckets.error("belongs to a window of time; say how long that is with 'window_s'")
            }
            let calls = try file["window_calls"]?.integer(in: ScenarioLimits.windowCalls)
            self = .calls(calls ?? ScenarioDefaults.windowCalls)
            return
        }
        if let calls = file["window_calls"] {
            throw calls.error("and 'window_s' exclude each other: a window is one of calls or one of time")
        }
        let seconds = try length.number(in: ScenarioLimits.windowSeconds)
        let buckets = try file["window_buckets"]?.integer(in: ScenarioLimits.windowBuckets)
        self = .time(seconds: seconds, buckets: buckets ?? ScenarioDefaults.windowBuckets)
    }
}

/// The keys of a scenario of a concurrency limit.
struct ConcurrencyLimitFields {
    let load: ConcurrencyLimitLoad

    init(_ file: YAMLMapping) throws(InputFileError) {
        load = ConcurrencyLimitLoad(
            callers: try file.required("callers").integer(in: ScenarioLimits.workers),
            permits: try file.required("permits").integer(
                in: ScenarioLimits.concurrentPermits,
                because: "without a permit nobody could ever work"
            ),
            asking: try file["asking"]?.choice() ?? .tries
        )
    }
}
