/// How a ``LagMonitor`` reads.
public struct MonitorSettings: Sendable, Hashable {
    /// How long is looked back for percentiles and rates.
    public let window: Duration
    /// Into how many parts the window is divided: what is too old is forgotten a part at a time.
    public let parts: Int
    /// From one reading to the next, where the monitor runs.
    public let interval: Duration

    /// The last ten seconds, forgotten by the second and read once a second.
    public static let standard = MonitorSettings()

    /// Settings; a precondition fails if they make no sense.
    ///
    /// - Parameters:
    ///   - window: above zero and below 292 years.
    ///   - parts: at least 1, and no more than the window has nanoseconds. Each costs 36 KiB for each thing watched.
    ///   - interval: above zero. What is recorded between two readings counts as of the second, so an interval longer than a
    ///     part of the window makes the window longer by as much.
    public init(window: Duration = .seconds(10), parts: Int = 10, interval: Duration = .seconds(1)) {
        precondition(window > .zero, "a window must be longer than nothing; it was \(window)")
        precondition(
            parts >= 1 && window >= .nanoseconds(parts),
            "a window of \(window) can't be divided into \(parts) parts"
        )
        precondition(interval > .zero, "an interval must be above zero; it was \(interval)")
        self.window = window
        self.parts = parts
        self.interval = interval
    }
}

/// What is bearable for one thing that a ``LagMonitor`` watches: indicators are shares of these.
public struct LoadBounds: Sendable, Hashable {
    /// How long the consumer may be behind.
    public let lag: Duration
    /// How long latency may be at the 99th percentile; `nil`: latency is reported, and nothing is concluded from it.
    public let latency: Duration?
    /// Which part of the offers may be turned away, above 0 and at most 1.
    public let turnedAway: Double

    /// A second behind, one offer in a hundred turned away, any latency.
    public static let standard = LoadBounds()

    /// Bounds; a precondition fails unless all are above zero and `turnedAway` is at most 1.
    public init(lag: Duration = .seconds(1), latency: Duration? = nil, turnedAway: Double = 0.01) {
        precondition(lag > .zero, "a lag of less than nothing can't be kept; the bound was \(lag)")
        precondition(latency.map { $0 > .zero } ?? true, "no latency is as short as its bound, \(latency ?? .zero)")
        precondition(
            turnedAway > 0 && turnedAway <= 1,
            "a part of the offers is above 0, up to 1; it was \(turnedAway)"
        )
        self.lag = lag
        self.latency = latency
        self.turnedAway = turnedAway
    }
}
