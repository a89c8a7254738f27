public import Backpressure

/// The queue that a check of ``QueueConformance`` wants made.
public struct QueueRequest: Sendable {
    /// The most elements inside at once.
    public let capacity: Int
    /// What happens to an element offered while the queue is full.
    public let policy: OverflowPolicy
    /// What delays and the time spent blocked are to be measured on; it stands still unless the check moves it.
    public let clock: ManualClock
    /// Where the overflow goes; there if the policy is `spill`. May hold elements, as a durable one does after a restart.
    public let spillStore: InMemorySpillStore<Int>?
    /// Receives what the policy gives up.
    public let onDrop: DropHandler<Int>
}
