public import BoundedQueues
import ConcurrencySupport

/// What the harness asks of an ``AdmissionSystem``.
public struct AdmissionSetup: Sendable {
    /// The most requests that may wait.
    public let capacity: Int
}

/// Takes requests in or turns them away, and hands those it has to workers.
///
/// Requests are known by number. The harness offers each once, and counts what came of it: accepted and taken by a
/// worker, or refused.
public protocol AdmissionSystem: Sendable {
    /// Offers a request; never waits for room.
    ///
    /// - Returns: whether it was accepted.
    func offer(_ request: UInt64, tier: PriorityTier) async -> Bool

    /// The request that a worker is to serve next; waits while there is none. `nil`: closed, and all have been taken.
    func take() async -> UInt64?

    /// Refuses all further requests.
    func close() async
}

/// A priority queue in front of workers: the more urgent goes first, and as the queue fills the least urgent are refused.
struct TieredAdmission<Queue: BoundedPriorityQueue<UInt64>>: AdmissionSystem {
    let queue: Queue

    func offer(_ request: UInt64, tier: PriorityTier) async -> Bool {
        await queue.tryPush(request, priority: tier).isAccepted
    }

    func take() async -> UInt64? { await queue.pop()?.element }

    func close() async { await queue.close() }
}

/// One queue for all tiers.
struct UntieredAdmission<Queue: BoundedQueue<UInt64>>: AdmissionSystem {
    let queue: Queue

    func offer(_ request: UInt64, tier: PriorityTier) async -> Bool { await queue.tryPush(request).isAccepted }

    func take() async -> UInt64? { await queue.pop() }

    func close() async { await queue.close() }
}
