internal import DequeModule

/// Where a queue with the policy ``OverflowPolicy/spill`` puts what finds no room: first in, first out, on disk or in
/// another process as a rule.
///
/// The queue calls it from one place at a time (under a lock of its own or on its actor), so an implementation needs no
/// synchronisation, but may be called from any thread. Its calls hold up the push or pop that needs them.
///
/// A queue that is made with a store that isn't empty, as one on disk is after a restart, goes on where that left off: what is
/// in it leaves the queue first, and counts as accepted and spilled.
public protocol SpillStore<Element>: Sendable {
    /// What is stored.
    associatedtype Element: Sendable

    /// Elements inside.
    var count: Int { get }

    /// Stores an element behind the others; `false`: it could not, and the element is to be refused.
    mutating func append(_ element: Element) -> Bool

    /// Takes the oldest element; `nil`: there is none.
    mutating func removeFirst() -> Element?
}

/// A ``SpillStore`` in memory with a bound of its own: for tests, and as a second, larger buffer. Not durable.
public struct InMemorySpillStore<Element: Sendable>: SpillStore {
    /// The most elements inside.
    public let limit: Int
    private var elements = Deque<Element>()

    /// - Parameter limit: the most elements inside; at least 0, else a precondition fails.
    public init(limit: Int) {
        precondition(limit >= 0, "a store can't hold fewer than 0 elements; its limit was \(limit)")
        self.limit = limit
    }

    /// Elements inside.
    public var count: Int { elements.count }

    /// Stores an element unless the limit is reached. O(1), amortised.
    public mutating func append(_ element: Element) -> Bool {
        guard elements.count < limit else { return false }
        elements.append(element)
        return true
    }

    /// Takes the oldest element. O(1).
    public mutating func removeFirst() -> Element? {
        elements.popFirst()
    }
}
