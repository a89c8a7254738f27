import BackpressureTesting
import BoundedQueues
import Testing

@Suite("Bounded queues keep the promises of the protocol", .timeLimit(.minutes(3)))
struct QueueConformanceTests {
    @Test("The queue behind a lock", arguments: QueueCheck.allCases)
    func mutexQueue(check: QueueCheck) async throws {
        let suite = QueueConformance(supporting: .all) { request in
            if let store = request.spillStore {
                MutexQueue(capacity: request.capacity, spillStore: store, clock: request.clock)
            } else {
                MutexQueue(
                    capacity: request.capacity,
                    policy: request.policy,
                    clock: request.clock,
                    onDrop: request.onDrop
                )
            }
        }
        try await suite.run(check)
    }

    @Test("The queue behind an actor", arguments: QueueCheck.allCases)
    func actorQueue(check: QueueCheck) async throws {
        let suite = QueueConformance(supporting: .all) { request in
            if let store = request.spillStore {
                ActorQueue(capacity: request.capacity, spillStore: store, clock: request.clock)
            } else {
                ActorQueue(
                    capacity: request.capacity,
                    policy: request.policy,
                    clock: request.clock,
                    onDrop: request.onDrop
                )
            }
        }
        try await suite.run(check)
    }

    /// The ways in which a ring can be made.
    struct RingKind: Sendable, CustomTestStringConvertible {
        var spacing: SlotSpacing
        var consistency: RingConsistency
        var testDescription: String { "\(spacing), \(consistency)" }
    }

    static let ringKinds = [
        RingKind(spacing: .padded, consistency: .relaxed), RingKind(spacing: .dense, consistency: .relaxed),
        RingKind(spacing: .padded, consistency: .strict), RingKind(spacing: .dense, consistency: .strict),
    ]

    @Test("The ring, padded and dense, relaxed and strict", arguments: QueueCheck.allCases, ringKinds)
    func ringQueue(check: QueueCheck, kind: RingKind) async throws {
        // Newcomers may pass those who were woken and haven't run yet; its documentation says so.
        let suite = QueueConformance(supporting: .all.subtracting(.strictArrivalOrder)) { request in
            if let store = request.spillStore {
                RingQueue(
                    capacity: request.capacity,
                    spillStore: store,
                    spacing: kind.spacing,
                    consistency: kind.consistency,
                    clock: request.clock
                )
            } else {
                RingQueue(
                    capacity: request.capacity,
                    policy: request.policy,
                    spacing: kind.spacing,
                    consistency: kind.consistency,
                    clock: request.clock,
                    onDrop: request.onDrop
                )
            }
        }
        try await suite.run(check)
    }

    @Test("The ring for one producer and one consumer", arguments: QueueCheck.allCases)
    func singleRingQueue(check: QueueCheck) async throws {
        let suite = QueueConformance(supporting: [.sample, .throttle]) {
            SingleRingQueue(capacity: $0.capacity, policy: $0.policy, clock: $0.clock, onDrop: $0.onDrop)
        }
        try await suite.run(check)
    }
}
