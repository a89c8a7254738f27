public import CircuitBreakers

extension Monitored where Self == Probe {
    /// Watches a circuit breaker. Its strain is the share of failures in its window, as a part of the share that opens it, and
    /// 1 while it doesn't let calls through freely; what it refuses counts as turned away. Changes of its state are logged.
    ///
    /// - Parameters:
    ///   - breaker: what is watched.
    ///   - failureRate: the share of failures that opens it, as in its settings; above 0.
    public static func breaker(_ breaker: some CircuitBreaker, failureRate: Double = 0.5) -> Probe {
        precondition(failureRate > 0, "a breaker that opens at a failure rate of \(failureRate) is never closed")
        return Probe { Gauges(await breaker.statistics(), failureRate: failureRate) }
    }

    /// Watches the dead letters that wait to be looked at or sent again.
    public static func deadLetters<Element>(_ letters: DeadLetterQueue<Element>) -> Probe {
        Probe {
            let statistics = letters.statistics
            return Gauges(
                kind: "dead letters",
                depth: statistics.inside,
                capacity: letters.limit == .max ? nil : letters.limit,
                arrived: statistics.accepted,
                departed: statistics.taken,
                turnedAway: statistics.refused
            )
        }
    }
}

extension Gauges {
    init(_ statistics: CircuitBreakerStatistics, failureRate: Double) {
        let recorded = statistics.succeeded + statistics.failed + statistics.late
        self.init(
            kind: "breaker",
            departed: recorded,
            turnedAway: statistics.refused,
            offered: recorded + statistics.cancelled + statistics.refused,
            strain: Gauges.strain(of: statistics, failureRate: failureRate),
            state: "\(statistics.state)"
        )
    }

    private static func strain(of statistics: CircuitBreakerStatistics, failureRate: Double) -> Double? {
        switch statistics.state {
        case .open, .halfOpen, .forcedOpen: return 1
        case .disabled: return nil
        case .closed:
            let window = statistics.window
            return window.calls == 0 ? 0 : Double(window.failures) / Double(window.calls) / failureRate
        }
    }
}
