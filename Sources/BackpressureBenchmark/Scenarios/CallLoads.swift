/// Callers around one circuit breaker, whose calls take no time and succeed.
package struct BreakerLoad: Codable, Sendable, Equatable {
    package var callers: Int
    package var state: State = .closed
    package var window: Window = .calls(ScenarioDefaults.windowCalls)

    /// What the breaker does with the calls.
    package enum State: String, Codable, Sendable, CaseIterable {
        /// It permits all of them.
        case closed
        /// It refuses all of them: it was opened by failures, and its wait isn't over before the run is.
        case open
    }

    /// Which calls it judges.
    package enum Window: Codable, Sendable, Equatable {
        case calls(Int)
        case time(seconds: Double, buckets: Int)
    }
}

/// Callers around one concurrency limit, each for one permit at a time.
package struct ConcurrencyLimitLoad: Codable, Sendable, Equatable {
    package var callers: Int
    /// The most in use at once.
    package var permits: Int
    package var asking: Asking = .tries

    /// How callers come by a permit.
    package enum Asking: String, Codable, Sendable, CaseIterable {
        /// They try, and give it back at once.
        case tries = "try"
        /// They wait for it, and let others run before they give it back.
        case wait
    }
}
