/// What became of an element that was offered to a queue. A refused element always comes back.
@frozen
public enum PushResult<Element> {
    /// It is in the queue (with ``OverflowPolicy/dropOldest`` possibly at the cost of the oldest one).
    case accepted
    /// The policy handed it to the drop handler.
    case dropped
    /// The queue was full. Offer the element again, or give up.
    case full(Element)
    /// The queue is closed and will never take it.
    case closed(Element)
    /// The task was cancelled while it waited for room.
    case cancelled(Element)

    /// The element is in the queue.
    @inlinable
    public var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }

    /// The element that came back, if it did.
    @inlinable
    public var returned: Element? {
        switch self {
        case .accepted, .dropped: nil
        case .full(let element), .closed(let element), .cancelled(let element): element
        }
    }
}

extension PushResult: Sendable where Element: Sendable {}
extension PushResult: Equatable where Element: Equatable {}
