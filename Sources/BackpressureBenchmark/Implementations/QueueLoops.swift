public import BoundedQueues

extension QueueInstance {
    /// What threads can do to a queue; `nil`: not by these loops.
    @usableFromInline
    struct ThreadLoops: Sendable {
        @usableFromInline typealias Produce = @Sendable (ProducerTask) -> Void
        @usableFromInline typealias Consume = @Sendable (ConsumerTask) -> Void

        @usableFromInline var produce: Produce?
        @usableFromInline var consume: Consume?
        @usableFromInline var alternate: Produce?
        @usableFromInline var produceBatches: Produce?
        @usableFromInline var consumeBatches: Consume?
        /// The two ends of a round trip, which comes back through another queue.
        @usableFromInline var ask: (@Sendable (ProducerTask, _ back: QueueInstance) -> Void)?
        @usableFromInline var answer: (@Sendable (ConsumerTask, _ back: QueueInstance) -> Void)?

        @usableFromInline
        init() {}

        /// Loops of threads that pause and try again.
        @inlinable
        init<Queue: SynchronousBoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
            self.init()
            produce = { BackpressureBenchmark.produce(into: queue, $0) }
            consume = { BackpressureBenchmark.consume(from: queue, $0) }
            alternate = { BackpressureBenchmark.alternate(on: queue, $0) }
            produceBatches = { BackpressureBenchmark.produceBatches(into: queue, $0) }
            consumeBatches = { BackpressureBenchmark.consumeBatches(from: queue, $0) }
            ask = { BackpressureBenchmark.ask(there: queue, back: $1.unwrapped(as: Queue.self), $0) }
            answer = { BackpressureBenchmark.answer(from: queue, to: $1.unwrapped(as: Queue.self), $0) }
        }

        /// Loops of threads that park in the queue.
        @inlinable
        init<Queue: BlockingBoundedQueue>(parkingIn queue: Queue) where Queue.Element: BenchmarkElement {
            self.init()
            produce = { BackpressureBenchmark.produceParking(into: queue, $0) }
            consume = { BackpressureBenchmark.consumeParking(from: queue, $0) }
            ask = { BackpressureBenchmark.askParking(there: queue, back: $1.unwrapped(as: Queue.self), $0) }
            answer = { BackpressureBenchmark.answerParking(from: queue, to: $1.unwrapped(as: Queue.self), $0) }
        }
    }

    /// What tasks can do to a queue.
    @usableFromInline
    struct TaskLoops: Sendable {
        @usableFromInline typealias Produce = @Sendable (ProducerTask) async -> Void
        @usableFromInline typealias Consume = @Sendable (ConsumerTask) async -> Void

        @usableFromInline let produce: Produce
        @usableFromInline let consume: Consume
        @usableFromInline let alternate: Produce
        @usableFromInline let produceBatches: Produce
        @usableFromInline let consumeBatches: Consume
        @usableFromInline let ask: @Sendable (ProducerTask, _ back: QueueInstance) async -> Void
        @usableFromInline let answer: @Sendable (ConsumerTask, _ back: QueueInstance) async -> Void

        @inlinable
        init<Queue: BoundedQueue>(_ queue: Queue) where Queue.Element: BenchmarkElement {
            produce = { await BackpressureBenchmark.produce(into: queue, $0) }
            consume = { await BackpressureBenchmark.consume(from: queue, $0) }
            alternate = { await BackpressureBenchmark.alternate(on: queue, $0) }
            produceBatches = { await BackpressureBenchmark.produceBatches(into: queue, $0) }
            consumeBatches = { await BackpressureBenchmark.consumeBatches(from: queue, $0) }
            ask = { await BackpressureBenchmark.ask(there: queue, back: $1.unwrapped(as: Queue.self), $0) }
            answer = { await BackpressureBenchmark.answer(from: queue, to: $1.unwrapped(as: Queue.self), $0) }
        }
    }
}
