/// From which indicator readings on something is called degraded or overloaded.
public struct LevelThresholds: Sendable, Hashable {
    /// From here on an indicator speaks for ``LoadLevel/degraded``.
    public let degraded: Double
    /// From here on an indicator speaks for ``LoadLevel/overloaded``.
    public let overloaded: Double
    /// How far below the threshold an indicator has to fall before it stops speaking for the level that was reached.
    public let hysteresis: Double
    /// How many indicators have to speak for a level.
    public let agreeing: Int

    /// 70 % and 85 %, 5 % lower on the way back, two indicators that agree.
    public static let standard = LevelThresholds()

    /// Thresholds; a precondition fails if they make no sense.
    ///
    /// - Parameters:
    ///   - degraded: above 0.
    ///   - overloaded: above `degraded`.
    ///   - hysteresis: from 0 to less than `degraded`.
    ///   - agreeing: at least 1. With 1, each noisy indicator decides alone.
    public init(degraded: Double = 0.7, overloaded: Double = 0.85, hysteresis: Double = 0.05, agreeing: Int = 2) {
        precondition(
            degraded > 0 && overloaded > degraded && overloaded.isFinite,
            "thresholds ascend from above 0; they were \(degraded) and \(overloaded)"
        )
        precondition(
            hysteresis >= 0 && hysteresis < degraded,
            "a hysteresis of \(hysteresis) below \(degraded) would never let go"
        )
        precondition(agreeing >= 1, "a level that no indicator has to speak for; \(agreeing) were asked for")
        self.degraded = degraded
        self.overloaded = overloaded
        self.hysteresis = hysteresis
        self.agreeing = agreeing
    }
}

/// Decides the level of one thing from its indicators: a plain value, so that it can be used, replayed and tested without a
/// monitor.
///
/// A level is reached when at least ``LevelThresholds/agreeing`` indicators are at or over its threshold. It is kept until
/// fewer than that are within ``LevelThresholds/hysteresis`` of it: a reading that swings around a threshold changes nothing.
/// An indicator that is missing or not a number speaks for nothing, so something with a single indicator stays healthy
/// unless `agreeing` is 1.
public struct LevelDecision: Sendable, Hashable {
    /// What decides.
    public let thresholds: LevelThresholds
    /// The level now.
    public private(set) var level: LoadLevel

    /// A decision that begins at `level`.
    public init(thresholds: LevelThresholds = .standard, level: LoadLevel = .healthy) {
        self.thresholds = thresholds
        self.level = level
    }

    /// Takes the next readings and gives the level they lead to. O(indicators).
    @discardableResult
    public mutating func next(_ indicators: [LoadIndicator: Double]) -> LoadLevel {
        let isOverloaded = speak(for: .overloaded, from: thresholds.overloaded, indicators)
        let isDegraded = speak(for: .degraded, from: thresholds.degraded, indicators)
        level = isOverloaded ? .overloaded : isDegraded ? .degraded : .healthy
        return level
    }

    private func speak(for wanted: LoadLevel, from threshold: Double, _ indicators: [LoadIndicator: Double]) -> Bool {
        let bar = level >= wanted ? threshold - thresholds.hysteresis : threshold
        return indicators.values.count { $0 >= bar } >= thresholds.agreeing
    }
}
