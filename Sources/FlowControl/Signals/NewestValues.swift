/// The states of something as an `AsyncSequence`: first the present one, then the newest each time it has changed.
///
/// Whoever iterates slowly misses states in between, never the last: these are states, not a backlog of messages, and
/// they need no memory. Any number of tasks may iterate; each sees them on its own. The sequence ends when the task is
/// cancelled or, where there is one, after the final state.
public struct NewestValues<Value: Sendable>: AsyncSequence, Sendable {
    /// A state.
    public typealias Element = Value

    struct Reading: Sendable {
        var value: Value
        var stamp: Stamp
        var isLast: Bool
    }

    private let read: @Sendable () -> Reading
    private let changed: @Sendable (Stamp) async -> Bool

    init(read: @escaping @Sendable () -> Reading, changed: @escaping @Sendable (Stamp) async -> Bool) {
        self.read = read
        self.changed = changed
    }

    /// One who iterates.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let values: NewestValues
        private var last: Reading?

        fileprivate init(_ values: NewestValues) { self.values = values }

        /// The present state at first, then the newest as soon as there is one that wasn't returned yet; `nil`: cancelled,
        /// or the final state was returned before.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Value? {
            if let last {
                if last.isLast { return nil }
                guard await values.changed(last.stamp) else { return nil }
            }
            let reading = values.read()
            last = reading
            return reading.value
        }

        /// See ``next(isolation:)``.
        public mutating func next() async -> Value? { await next(isolation: nil) }
    }

    /// One who iterates, from the present state on.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}
