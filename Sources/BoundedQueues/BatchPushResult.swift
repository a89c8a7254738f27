/// What became of a batch that was offered to a queue. The elements from index ``consumed`` on were not taken: the caller
/// still has them.
public struct BatchPushResult: Sendable, Hashable {
    /// Why the queue took no more.
    public enum Ending: Sendable, Hashable {
        /// Every element of the batch was dealt with.
        case complete
        /// There was no room for the next one.
        case full
        /// The queue is closed.
        case closed
        /// The task was cancelled while it waited for room.
        case cancelled
        /// The deadline passed before there was room for the next one.
        case timedOut
    }

    /// Elements that entered.
    public var accepted: Int
    /// Elements that the policy handed to the drop handler.
    public var dropped: Int
    /// Why the queue took no more.
    public var ending: Ending

    /// How many elements from the beginning of the batch the queue dealt with.
    public var consumed: Int { accepted + dropped }

    /// For implementations.
    @inlinable
    public init(accepted: Int, dropped: Int = 0, ending: Ending) {
        self.accepted = accepted
        self.dropped = dropped
        self.ending = ending
    }
}
