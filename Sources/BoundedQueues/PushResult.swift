/// What became of an element that was offered to a queue. A refused element always comes back.
@frozen
public enum PushResult<Element: ~Copyable>: ~Copyable {
    /// It is in the queue (with ``OverflowPolicy/dropOldest`` possibly at the cost of the oldest one, with
    /// ``OverflowPolicy/spill`` possibly in the secondary store).
    case accepted
    /// The policy handed it to the drop handler.
    case dropped
    /// The queue was full. Offer the element again, or give up.
    case full(Element)
    /// The queue was full and its policy is ``OverflowPolicy/reject``; the error says how full and when to try again.
    case rejected(Element, QueueFullError)
    /// The queue is closed and will never take it.
    case closed(Element)
    /// The task was cancelled while it waited for room.
    case cancelled(Element)
    /// The deadline passed before there was room.
    case timedOut(Element)
}

extension PushResult: Copyable where Element: Copyable {}
extension PushResult: Sendable where Element: Sendable & ~Copyable {}
extension PushResult: Equatable where Element: Equatable {}

extension PushResult where Element: ~Copyable {
    /// The element is in the queue.
    @inlinable
    public var isAccepted: Bool {
        borrowing get {
            switch self {
            case .accepted: true
            default: false
            }
        }
    }

    /// The element that came back, if it did.
    @inlinable
    public consuming func takeReturned() -> Element? {
        switch consume self {
        case .accepted: return nil
        case .dropped: return nil
        case .full(let element): return element
        case .rejected(let element, let error):
            _ = error
            return element
        case .closed(let element): return element
        case .cancelled(let element): return element
        case .timedOut(let element): return element
        }
    }
}

extension PushResult {
    /// The element that came back, if it did.
    @inlinable
    public var returned: Element? { takeReturned() }
}

/// Why a queue with the policy ``OverflowPolicy/reject`` returned an element, and when offering it again may help.
public struct QueueFullError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Elements inside when the element was refused.
    public let depth: Int
    /// The most elements that can be inside.
    public let capacity: Int
    /// After how many nanoseconds a slot should be free, going by how fast elements were taken between this refusal and
    /// the last one before which anything was; 0: unknown (nothing was taken since the first refusal).
    public let retryAfterNanoseconds: UInt64

    /// After how long a slot should be free; `nil`: unknown. See ``retryAfterNanoseconds``.
    public var retryAfter: Duration? {
        retryAfterNanoseconds == 0 ? nil : .nanoseconds(Int64(clamping: retryAfterNanoseconds))
    }

    /// For implementations.
    public init(depth: Int, capacity: Int, retryAfterNanoseconds: UInt64) {
        self.depth = depth
        self.capacity = capacity
        self.retryAfterNanoseconds = retryAfterNanoseconds
    }

    /// In words.
    public var description: String {
        let fill = "the queue is full (\(depth) of \(capacity))"
        return if let retryAfter { "\(fill); try again in \(retryAfter)" } else { fill }
    }
}
