/// The elements of a priority queue as they are taken, as an `AsyncSequence`.
///
/// Several tasks may iterate at once: each element goes to one of them. The sequence ends when the queue is closed and
/// empty, or when the iterating task is cancelled; an element is taken only by a call of `next()` that returns it, so
/// breaking off the iteration loses nothing.
public struct PrioritizedElements<Queue: BoundedPriorityQueue>: AsyncSequence, Sendable {
    /// An element and its tier.
    public typealias Element = Prioritized<Queue.Element>

    @usableFromInline let queue: Queue

    @inlinable
    init(_ queue: Queue) {
        self.queue = queue
    }

    /// One consumer.
    public struct Iterator: AsyncIteratorProtocol {
        @usableFromInline let queue: Queue

        @inlinable
        init(_ queue: Queue) {
            self.queue = queue
        }

        /// Takes the next element; see ``BoundedPriorityQueue/pop()``.
        @inlinable
        public mutating func next() async -> Element? {
            await queue.pop()
        }

        /// Takes the next element; see ``BoundedPriorityQueue/pop()``.
        @inlinable
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            await queue.pop()
        }
    }

    /// A new consumer.
    @inlinable
    public func makeAsyncIterator() -> Iterator { Iterator(queue) }
}

extension BoundedPriorityQueue {
    /// The elements as they are taken: `for await next in queue.elements`.
    @inlinable
    public nonisolated var elements: PrioritizedElements<Self> { PrioritizedElements(self) }
}
