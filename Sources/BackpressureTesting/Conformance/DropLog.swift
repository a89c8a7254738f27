internal import Backpressure
internal import ConcurrencySupport

/// An element that a policy gave up.
struct Drop: Sendable, Hashable {
    var element: Int
    var reason: DropReason
}

/// Remembers what a drop handler saw, in order.
final class DropLog: Sendable {
    private let entries = Lock<[Drop]>([])

    var drops: [Drop] { entries.withLock { $0 } }

    var handler: DropHandler<Int> {
        { element, reason in self.entries.withLock { $0.append(Drop(element: element, reason: reason)) } }
    }
}
