import Backpressure

/// What a request asks for.
package struct Order: Sendable, Hashable {
    /// Counted from 1.
    package var number: Int
    /// How urgent it is.
    package var priority: PriorityTier
}

/// What an order came to.
package enum Outcome: Sendable, Hashable {
    /// It was handled.
    case done(Receipt)
    /// Not now: too many requests. 429.
    case tooMany(retryAfter: Duration)
    /// Not now: the service is full, its dependency is down, or it shuts down. 503.
    case unavailable(String, retryAfter: Duration)
    /// The dependency failed with this order. 502.
    case failed
}

/// What is said about an order that was handled.
package struct Receipt: Sendable, Hashable {
    /// The order.
    package var order: Order
    /// How many others were finished after it was accepted and before it was: its wait, counted in orders.
    package var finishedBefore: Int
    /// How long it took, from being accepted to being finished.
    package var took: Duration
}
