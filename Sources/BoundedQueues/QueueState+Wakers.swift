public import ConcurrencySupport

/// The state machine with wakers for tokens: what the mutex queue and the actor queue share.
@usableFromInline
typealias SuspendingQueueState<Element: Sendable> = QueueState<
    Element, Waker<PushResult<Element>>, Waker<PopResult<Element>>
>

/// What a queue with one place where everything happens calls outside that place.
@usableFromInline
struct QueueEffects<Element: Sendable>: Sendable {
    @usableFromInline let onDrop: DropHandler<Element>?
    @usableFromInline let clock: any NanosecondClock
    @usableFromInline let capacity: Int
    @usableFromInline let drain = DrainRate()

    @usableFromInline
    init(capacity: Int, clock: any NanosecondClock, onDrop: DropHandler<Element>?) {
        self.capacity = capacity
        self.clock = clock
        self.onDrop = onDrop
    }

    /// Carries out what an offer needs and says what became of the element.
    @inlinable
    func perform(_ action: consuming SuspendingQueueState<Element>.PushAction) -> PushResult<Element> {
        switch consume action {
        case .accepted:
            return .accepted
        case .deliver(let element, let consumer):
            consumer.resume(returning: .element(element))
            return .accepted
        case .evicted(let oldest):
            onDrop?(oldest, .evicted)
            return .accepted
        case .dropped(let element, let reason):
            onDrop?(element, reason)
            return .dropped
        case .full(let element):
            return .full(element)
        case .rejected(let element, let depth, let taken):
            return .rejected(element, fullError(depth: depth, taken: taken))
        case .closed(let element):
            return .closed(element)
        }
    }

    @usableFromInline
    func fullError(depth: Int, taken: UInt64) -> QueueFullError {
        let retryAfter = drain.nanosecondsPerElement(taken: taken, now: clock.nanoseconds())
        return QueueFullError(depth: depth, capacity: capacity, retryAfterNanoseconds: retryAfter)
    }

    /// Carries out what taking an element needs.
    @inlinable
    func perform(_ action: consuming SuspendingQueueState<Element>.PopAction) -> PopResult<Element>? {
        switch consume action {
        case .taken(let element):
            return .element(element)
        case .takenAndAdmitted(let element, let producer):
            producer.resume(returning: .accepted)
            return .element(element)
        case .finished:
            return .finished
        case .empty:
            return nil
        }
    }

    /// Carries out what a batch needs.
    @inlinable
    func perform(_ actions: SuspendingQueueState<Element>.BatchActions) {
        for (element, consumer) in actions.deliveries { consumer.resume(returning: .element(element)) }
        for (element, reason) in actions.givenUp { onDrop?(element, reason) }
        for producer in actions.admitted { producer.resume(returning: .accepted) }
    }

    /// Tells everyone who waited when the queue was closed, outside the lock.
    func finish(
        _ waiting: (
            producers: [(Element, Waker<PushResult<Element>>)], consumers: [Waker<PopResult<Element>>]
        )
    ) {
        for (element, producer) in waiting.producers {
            producer.resume(returning: .closed(element))
        }
        for consumer in waiting.consumers {
            consumer.resume(returning: .finished)
        }
    }
}
