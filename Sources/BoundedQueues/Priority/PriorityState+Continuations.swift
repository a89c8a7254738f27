/// The state machine with continuations for tokens: what the mutex queue and the actor queue share.
@usableFromInline
typealias SuspendingPriorityState<Element> = PriorityState<
    Element, UnsafeContinuation<PushResult<Element>, Never>, UnsafeContinuation<Prioritized<Element>?, Never>
>

extension PriorityState
where
    Producer == UnsafeContinuation<PushResult<Element>, Never>,
    Consumer == UnsafeContinuation<Prioritized<Element>?, Never>,
    Element: Sendable
{
    /// Carries out what an offer needs, outside the lock, and says what became of the element.
    @inlinable
    static func perform(
        _ action: consuming PushAction,
        _ tier: PriorityTier,
        onDrop: PriorityDropHandler<Element>?
    ) -> PushResult<Element> {
        switch consume action {
        case .accepted:
            return .accepted
        case .deliver(let element, let consumer):
            consumer.resume(returning: Prioritized(element, tier))
            return .accepted
        case .rejected(let element, let error):
            return .rejected(element, error)
        case .dropped(let element, let reason):
            onDrop?(Prioritized(element, tier), reason)
            return .dropped
        case .full(let element):
            return .full(element)
        case .closed(let element):
            return .closed(element)
        }
    }

    /// Carries out what taking an element needs, outside the lock, and returns the element.
    @inlinable
    static func perform(_ action: consuming PopAction) -> Prioritized<Element>? {
        switch consume action {
        case .taken(let next):
            return next
        case .takenAndAdmitted(let next, let producer):
            producer.resume(returning: .accepted)
            return next
        case .empty, .finished:
            return nil
        }
    }

    /// Tells everyone who waited when the queue was closed, outside the lock.
    static func finish(_ waiting: (producers: [(Element, Producer)], consumers: [Consumer])) {
        for (element, producer) in waiting.producers {
            producer.resume(returning: .closed(element))
        }
        for consumer in waiting.consumers {
            consumer.resume(returning: nil)
        }
    }
}
