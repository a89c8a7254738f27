/// The families that the suite compares: how an implementation keeps its threads from each other's toes.
public enum Family: String, Codable, Sendable, CaseIterable {
    /// A lock.
    case mutex
    /// A Swift actor.
    case actor
    /// Atomics, with no lock on the fast path.
    case lockFree = "lock-free"
    /// Anything else, controls among them.
    case other
    /// Loaded from a shared library.
    case foreign
}

/// What role an implementation plays in a run.
public enum Role: String, Codable, Sendable {
    /// Something one would use: it must keep its promises.
    case contender
    /// Something that must fail its check, to show that the check sees: an unbounded queue must run out of memory, a
    /// fixed window must burst twice.
    case control
    /// Does nothing, or does it by hand: shows what the harness itself costs.
    case yardstick
}
