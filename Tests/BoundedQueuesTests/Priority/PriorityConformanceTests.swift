import BackpressureTesting
import BoundedQueues
import Testing

@Suite("Priority queues keep the promises of the protocol", .timeLimit(.minutes(5)))
struct PriorityConformanceTests {
    @Test("The priority queue behind a lock", arguments: PriorityCheck.allCases)
    func mutexQueue(check: PriorityCheck) async throws {
        try await PriorityConformance {
            MutexPriorityQueue(capacity: $0, overload: $1, ageingLimit: $2, onDrop: $3)
        }
        .run(check)
    }

    @Test("The priority queue behind an actor", arguments: PriorityCheck.allCases)
    func actorQueue(check: PriorityCheck) async throws {
        try await PriorityConformance {
            ActorPriorityQueue(capacity: $0, overload: $1, ageingLimit: $2, onDrop: $3)
        }
        .run(check)
    }

    @Test("A ring for each tier, padded and dense", arguments: PriorityCheck.allCases, [SlotSpacing.padded, .dense])
    func ringQueue(check: PriorityCheck, spacing: SlotSpacing) async throws {
        // Its documentation says that it is relaxed.
        if check.needsStrictOrder { return }
        try await PriorityConformance {
            RingPriorityQueue(capacity: $0, overload: $1, ageingLimit: $2, spacing: spacing, onDrop: $3)
        }
        .run(check)
    }
}
