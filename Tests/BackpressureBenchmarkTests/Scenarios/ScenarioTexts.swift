/// Scenario files to start from: each good as it is, a line a key.
enum ScenarioTexts {
    static let queue = """
        name: sample
        title: A sample
        section: throughput
        mechanism: queue
        producers: 1
        consumers: 1
        capacity: 16
        arrival: {kind: closed-loop}
        """

    static let stress = """
        name: sample
        title: A sample
        section: stress
        mechanism: queue
        producers: 4
        consumers: 2
        capacity: 16
        service_time_us: 50
        memory_cap_mib: 64
        overload_factor: 20
        """

    static let limiter = """
        name: sample
        title: A sample
        section: accuracy
        mechanism: limiter
        rate_per_s: 0.5
        burst: 10
        callers: 2
        demand: {kind: saturated}
        clock: real
        """

    static let breaker = """
        name: sample
        title: A sample
        section: throughput
        mechanism: breaker
        callers: 2
        """

    static let concurrencyLimit = """
        name: sample
        title: A sample
        section: throughput
        mechanism: concurrency-limit
        callers: 4
        permits: 2
        """
}

extension String {
    /// With the line of a key replaced, or with a line added if the key isn't there; `nil`: without that line.
    func with(_ key: String, _ line: String?) -> String {
        let lines = split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let index = lines.firstIndex(where: { $0.hasPrefix(key + ":") }) else {
            return self + "\n" + (line ?? "")
        }
        var changed = lines
        changed.replaceSubrange(index...index, with: line.map { [$0] } ?? [])
        return changed.joined(separator: "\n")
    }

    /// With the value of a key replaced, or with the key added.
    func setting(_ key: String, _ value: String) -> String { with(key, "\(key): \(value)") }
}
