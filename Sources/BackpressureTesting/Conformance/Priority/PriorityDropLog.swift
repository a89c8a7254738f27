internal import Backpressure
internal import ConcurrencySupport

/// An element that an overload table gave up.
struct PriorityDrop: Sendable, Hashable {
    var dropped: Prioritized<Int>
    var reason: PriorityDropReason
}

/// Remembers what a drop handler saw, in order.
final class PriorityDropLog: Sendable {
    private let entries = Lock<[PriorityDrop]>([])

    var drops: [PriorityDrop] { entries.withLock { $0 } }

    var handler: PriorityDropHandler<Int> {
        { dropped, reason in self.entries.withLock { $0.append(PriorityDrop(dropped: dropped, reason: reason)) } }
    }
}
