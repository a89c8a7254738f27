import BoundedQueues
import ConcurrencySupport
import Synchronization

/// Counts what goes through a peer that doesn't count itself. A relaxed addition each, on lines of their own for
/// producers and consumers: some 5 ns beside operations that take hundreds.
final class PeerTally: Sendable {
    private let accepted = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)
    private let evicted = Atomic<UInt64>(0)
    private let padding = CacheLinePadding()
    private let taken = Atomic<UInt64>(0)

    func countAccepted() { accepted.wrappingAdd(1, ordering: .relaxed) }
    /// Takes back what was counted ahead.
    func uncountAccepted() { accepted.wrappingSubtract(1, ordering: .relaxed) }
    func countRefused() { refused.wrappingAdd(1, ordering: .relaxed) }
    func countTaken() { taken.wrappingAdd(1, ordering: .relaxed) }

    /// An element that never was inside went to the drop handler.
    func countDropped() {
        dropped.wrappingAdd(1, ordering: .relaxed)
        countRefused()
    }

    /// An element that was inside went to the drop handler.
    func countEvicted() { evicted.wrappingAdd(1, ordering: .relaxed) }

    /// Elements that were accepted and have not left; exact at rest.
    var depth: Int {
        // What left is read first: what is read later can only be more.
        let left = taken.load(ordering: .relaxed) &+ evicted.load(ordering: .relaxed)
        let entered = accepted.load(ordering: .relaxed)
        return entered > left ? Int(entered - left) : 0
    }

    func statistics(capacity: Int) -> QueueStatistics {
        QueueStatistics(
            accepted: accepted.load(ordering: .relaxed),
            refused: refused.load(ordering: .relaxed),
            taken: taken.load(ordering: .relaxed),
            dropped: dropped.load(ordering: .relaxed),
            evicted: evicted.load(ordering: .relaxed),
            depth: depth,
            peakDepth: nil,
            capacity: capacity
        )
    }
}
