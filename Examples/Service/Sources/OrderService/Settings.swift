import Backpressure

/// How the service is set up.
package struct Settings: Sendable {
    /// Whether it protects itself; without, it takes whatever comes, as a service does that nobody has thought about.
    package var backpressure = true
    /// How many requests a second are let in, in the long run.
    package var rate = Rate.perSecond(50)
    /// How many requests are let in at once.
    package var burst = 50
    /// How many orders wait at most.
    package var queueCapacity = 32
    /// How many orders are worked on at once.
    package var workers = 4
    /// How long orders that have been accepted may take when the service shuts down.
    package var grace = Duration.seconds(20)
    /// When the breaker keeps orders from the dependency, and for how long.
    package var breaker = CircuitBreakerSettings()
    /// How long an order may wait before that is called load.
    package var bearableLag = Duration.seconds(1)

    package init() {}
}
