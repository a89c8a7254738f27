import Backpressure

/// How the service is set up.
public struct Settings: Sendable {
    /// Whether it protects itself; without, it takes whatever comes, as a service does that nobody has thought about.
    public var backpressure = true
    /// How many requests a second are let in, in the long run.
    public var rate = Rate.perSecond(50)
    /// How many requests are let in at once.
    public var burst = 50
    /// How many orders wait at most.
    public var queueCapacity = 32
    /// How many orders are worked on at once.
    public var workers = 4
    /// How long orders that have been accepted may take when the service shuts down.
    public var grace = Duration.seconds(20)
    /// How long an order may wait before that is called load.
    public var bearableLag = Duration.seconds(1)

    public init() {}
}
