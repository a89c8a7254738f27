import BackpressureTesting
import BoundedQueues
import Testing

@Suite("Bounded queues keep the promises of the protocol", .timeLimit(.minutes(2)))
struct QueueConformanceTests {
    @Test("The queue behind a lock", arguments: QueueCheck.allCases)
    func mutexQueue(check: QueueCheck) async throws {
        try await QueueConformance { MutexQueue(capacity: $0, policy: $1, onDrop: $2) }.run(check)
    }

    @Test("The queue behind an actor", arguments: QueueCheck.allCases)
    func actorQueue(check: QueueCheck) async throws {
        try await QueueConformance { ActorQueue(capacity: $0, policy: $1, onDrop: $2) }.run(check)
    }

    @Test("The ring, padded and dense", arguments: QueueCheck.allCases, [SlotSpacing.padded, .dense])
    func ringQueue(check: QueueCheck, spacing: SlotSpacing) async throws {
        // Its documentation says that it is relaxed.
        if check.needsStrictOrder { return }
        let suite = QueueConformance { RingQueue(capacity: $0, policy: $1, spacing: spacing, onDrop: $2) }
        try await suite.run(check)
    }
}
