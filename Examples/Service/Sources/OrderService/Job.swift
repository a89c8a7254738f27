import Backpressure
import Synchronization

/// An order on its way, and the request that waits for its outcome.
final class Job: Sendable {
    let order: Order
    let acceptedNanoseconds: UInt64
    let finishedBefore: Int
    private let waiting: Mutex<CheckedContinuation<Outcome, Never>?>

    init(
        _ order: Order,
        acceptedNanoseconds: UInt64,
        finishedBefore: Int,
        waiting: CheckedContinuation<Outcome, Never>
    ) {
        self.order = order
        self.acceptedNanoseconds = acceptedNanoseconds
        self.finishedBefore = finishedBefore
        self.waiting = Mutex(waiting)
    }

    /// Answers the request, once; whoever comes second is ignored.
    func finish(_ outcome: Outcome) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: outcome)
    }
}
