/// The state machine with continuations for tokens: what the mutex queue and the actor queue share.
@usableFromInline
typealias SuspendingQueueState<Element> = QueueState<
    Element, UnsafeContinuation<PushResult<Element>, Never>, UnsafeContinuation<Element?, Never>
>

extension QueueState
where
    Producer == UnsafeContinuation<PushResult<Element>, Never>,
    Consumer == UnsafeContinuation<Element?, Never>,
    Element: Sendable
{
    /// Carries out what an offer needs, outside the lock, and says what became of the element.
    @inlinable
    static func perform(_ action: consuming PushAction, onDrop: DropHandler<Element>?) -> PushResult<Element> {
        switch consume action {
        case .accepted:
            return .accepted
        case .deliver(let element, let consumer):
            consumer.resume(returning: element)
            return .accepted
        case .evicted(let oldest):
            onDrop?(oldest, .evicted)
            return .accepted
        case .dropped(let element):
            onDrop?(element, .full)
            return .dropped
        case .full(let element):
            return .full(element)
        case .closed(let element):
            return .closed(element)
        }
    }

    /// Carries out what taking an element needs, outside the lock, and returns the element.
    @inlinable
    static func perform(_ action: consuming PopAction) -> Element? {
        switch consume action {
        case .taken(let element):
            return element
        case .takenAndAdmitted(let element, let producer):
            producer.resume(returning: .accepted)
            return element
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
