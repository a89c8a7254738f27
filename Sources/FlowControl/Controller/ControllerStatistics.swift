public import BoundedQueues

/// What went through a ``WatermarkController``.
///
/// At rest it balances: `offered = delivered + deadLettered + dropped + returned + inside`.
public struct ControllerStatistics: Sendable, Hashable {
    /// What went through its queue.
    public var queue: QueueStatistics
    /// Elements that the sink has delivered.
    public var delivered: UInt64
    /// Elements that the dead-letter sink has taken over.
    public var deadLettered: UInt64
    /// Elements that a drain with a deadline gave back.
    public var givenBack: UInt64
    /// Elements with the sink, or the dead-letter sink, now.
    public var inFlight: Int
    /// Elements that wait to be flushed again, or for room in the dead-letter sink.
    public var held: Int
    /// Batches handed to the sink.
    public var flushes: UInt64
    /// Of these, the ones of which nothing was delivered: failed, refused by a breaker, or broken off.
    public var failedFlushes: UInt64
    /// Of these, the ones of which some elements weren't delivered.
    public var partlyFailedFlushes: UInt64
    /// Deliveries of single elements that have failed.
    public var failedAttempts: UInt64
    /// How often the dead-letter sink had no room.
    public var refusedLetters: UInt64
    /// How often the state has changed.
    public var transitions: UInt64
    /// The interval between flushes now, in nanoseconds.
    public var intervalNanoseconds: UInt64
    /// The batch size now.
    public var batchSize: Int

    /// All offers.
    public var offered: UInt64 { queue.offered }
    /// Elements that the queue's policy gave up.
    public var dropped: UInt64 { queue.dropped + queue.evicted }
    /// Elements that their callers got back: refused by the queue, or given back by a drain.
    public var returned: UInt64 { queue.refused.less(queue.dropped) + givenBack }
    /// Elements accepted and not yet delivered, dead-lettered, dropped or given back.
    public var inside: Int { queue.depth + queue.stored + inFlight + held }

    /// Whether the sums agree: `offered = delivered + deadLettered + dropped + returned + inside`.
    public var isBalanced: Bool {
        offered == delivered + deadLettered + dropped + returned + UInt64(inside)
    }
}
