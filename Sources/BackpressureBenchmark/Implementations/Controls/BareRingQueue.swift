import BoundedQueues
import CBareRing
import Synchronization

/// The bare ring of one producer and one consumer, in C and part of the caller's loop: what one that can be closed and waited
/// on is compared with in the same run. For threads; it holds words alone.
// Sendable because the harness lets one worker push and one pop, which is all that the ring asks for.
final class BareRingQueue: SynchronousBoundedQueue, @unchecked Sendable {
    private let ring: UnsafeMutablePointer<bare_ring>
    private let isClosed = Atomic(false)
    let capacity: Int
    let policy = OverflowPolicy.block

    init(capacity: Int) {
        guard let ring = bare_ring_create(capacity) else { fatalError("no memory for a ring of \(capacity) slots") }
        self.ring = ring
        self.capacity = capacity
    }

    deinit {
        bare_ring_destroy(ring)
    }

    @inline(__always)
    func tryPush(_ element: UInt64) -> PushResult<UInt64> {
        bare_ring_try_push(ring, element) != 0 ? .accepted : .full(element)
    }

    @inline(__always)
    func tryPop() -> UInt64? {
        var element: UInt64 = 0
        return bare_ring_try_pop(ring, &element) != 0 ? element : nil
    }

    // Not driven by tasks; the protocol asks for these.

    func push(_ element: UInt64) async -> PushResult<UInt64> {
        while true {
            if isClosed.load(ordering: .acquiring) { return .closed(element) }
            if case .accepted = tryPush(element) { return .accepted }
            if Task.isCancelled { return .cancelled(element) }
            await Task.yield()
        }
    }

    func pop() async -> UInt64? {
        while true {
            let wasClosed = isClosed.load(ordering: .acquiring)
            if let element = tryPop() { return element }
            if wasClosed || Task.isCancelled { return nil }
            await Task.yield()
        }
    }

    func close() { isClosed.store(true, ordering: .releasing) }

    /// Nothing is counted; the depth is 0 if the ring is empty, else 1.
    func statistics() -> QueueStatistics {
        .uncounted(depth: bare_ring_is_empty(ring) != 0 ? 0 : 1, capacity: capacity)
    }
}
