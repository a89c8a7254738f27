public import RateLimiters

extension Monitored where Self == Probe {
    /// Watches a keyed rate limiter by its statistics: grants and refusals of all keys together.
    public static func limiter<Key, Clock>(_ limiter: KeyedTokenBucket<Key, Clock>) -> Probe {
        Probe {
            let statistics = limiter.statistics()
            return Gauges(
                kind: "limiter",
                departed: statistics.granted,
                turnedAway: statistics.refused,
                offered: statistics.granted + statistics.refused
            )
        }
    }

    /// Watches a rate limiter that adapts: the strain is how far it has gone below the highest rate, 1 being nothing let
    /// through.
    ///
    /// - Parameters:
    ///   - limiter: what is watched.
    ///   - highest: the rate at which it isn't strained, in permits per second: the upper bound of its controller.
    public static func limiter<Base, Controller>(
        _ limiter: AdaptiveRateLimiter<Base, Controller>,
        highest: Double
    ) -> Probe {
        precondition(highest > 0, "a rate to compare with is above 0; it was \(highest)")
        return Probe {
            Gauges(kind: "limiter", strain: max(0, 1 - limiter.status.rate.permitsPerSecond / highest))
        }
    }
}
