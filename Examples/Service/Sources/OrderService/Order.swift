import Backpressure

/// What a request asks for.
public struct Order: Sendable, Hashable {
    /// Counted from 1.
    public var number: Int
    /// How urgent it is.
    public var priority: PriorityTier
}

/// What an order came to.
public enum Outcome: Sendable, Hashable {
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
public struct Receipt: Sendable, Hashable {
    /// The order.
    public var order: Order
    /// How many others were finished after it was accepted and before it was: its wait, counted in orders.
    public var finishedBefore: Int
    /// How long it took, from being accepted to being finished.
    public var took: Duration
}
