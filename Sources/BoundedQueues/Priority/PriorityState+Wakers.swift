public import ConcurrencySupport

/// The state machine with wakers for tokens: what the mutex queue and the actor queue share.
@usableFromInline
typealias SuspendingPriorityState<Element: Sendable> = PriorityState<
    Element, Waker<PushResult<Element>>, Waker<PopResult<Prioritized<Element>>>
>

/// What a priority queue calls outside the place where everything happens.
@usableFromInline
struct PriorityEffects<Element: Sendable>: Sendable {
    @usableFromInline let onDrop: PriorityDropHandler<Element>?
    @usableFromInline let clock: any NanosecondClock
    @usableFromInline let capacity: Int
    @usableFromInline let sheddingDepths: PerTier<Int>
    @usableFromInline let drain = DrainRate()

    @usableFromInline
    init(
        capacity: Int,
        overload: OverloadTable,
        clock: any NanosecondClock,
        onDrop: PriorityDropHandler<Element>?
    ) {
        self.capacity = capacity
        self.clock = clock
        self.onDrop = onDrop
        sheddingDepths = overload.sheddingDepths(capacity: capacity)
    }

    /// Carries out what an offer needs and says what became of the element.
    @inlinable
    func perform(
        _ action: consuming SuspendingPriorityState<Element>.PushAction,
        _ tier: PriorityTier
    ) -> PushResult<Element> {
        switch consume action {
        case .accepted:
            return .accepted
        case .deliver(let element, let consumer):
            consumer.resume(returning: .element(Prioritized(element, tier)))
            return .accepted
        case .rejected(let element, let depth, let taken):
            return reject(element, tier, depth: depth, taken: taken)
        case .dropped(let element, let depth):
            return drop(element, tier, depth: depth)
        case .full(let element):
            return .full(element)
        case .closed(let element):
            return .closed(element)
        }
    }

    /// Carries out what taking an element needs.
    @inlinable
    func perform(
        _ action: consuming SuspendingPriorityState<Element>.PopAction
    ) -> PopResult<Prioritized<Element>>? {
        switch consume action {
        case .taken(let next):
            return .element(next)
        case .takenAndAdmitted(let next, let producer):
            producer.resume(returning: .accepted)
            return .element(next)
        case .finished:
            return .finished
        case .empty:
            return nil
        }
    }

    @usableFromInline
    func drop(_ element: Element, _ tier: PriorityTier, depth: Int) -> PushResult<Element> {
        onDrop?(Prioritized(element, tier), .overloaded(depth: depth, capacity: capacity))
        return .dropped
    }

    /// Says when to try again: when as many elements will have been taken as keep the tier out.
    @usableFromInline
    func reject(_ element: Element, _ tier: PriorityTier, depth: Int, taken: UInt64) -> PushResult<Element> {
        let perElement = drain.nanosecondsPerElement(taken: taken, now: clock.nanoseconds())
        let (wait, overflow) = perElement.multipliedReportingOverflow(
            by: UInt64(max(1, depth - sheddingDepths[tier] + 1))
        )
        let error = QueueFullError(
            depth: depth,
            capacity: capacity,
            retryAfterNanoseconds: overflow ? .max : wait
        )
        return .rejected(element, error)
    }

    /// Tells everyone who waited when the queue was closed, outside the lock.
    func finish(
        _ waiting: (
            producers: [(Element, Waker<PushResult<Element>>)], consumers: [Waker<PopResult<Prioritized<Element>>>]
        )
    ) {
        for (element, producer) in waiting.producers { producer.resume(returning: .closed(element)) }
        for consumer in waiting.consumers { consumer.resume(returning: .finished) }
    }

    /// How long somebody has waited since the clock read `start`.
    @usableFromInline
    func nanoseconds(since start: UInt64) -> UInt64 {
        let now = clock.nanoseconds()
        return now > start ? now - start : 0
    }
}
