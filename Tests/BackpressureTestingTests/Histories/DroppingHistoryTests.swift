import Backpressure
import BackpressureTesting
import Testing

@Suite("Histories of queues that give elements up", .serialized, .timeLimit(.minutes(5)))
struct DroppingHistoryTests {
    private static let policies: [DroppingPolicy] = [
        .dropNewest, .dropOldest, .sample(oneIn: 3, above: 0), .sample(oneIn: 2, above: 0.5),
        .sample(oneIn: 2, above: 1),
    ]

    private func record(
        _ policy: DroppingPolicy,
        seed: UInt64 = 1,
        _ makeQueue: (@escaping DropHandler<UInt64>) -> any SynchronousBoundedQueue<UInt64>
    ) -> DroppingHistory {
        QueueHistoryRun(producers: 3, consumers: 1, operations: 4_000, seed: seed).recordDropping(
            policy,
            makeQueue: makeQueue
        )
    }

    @Test("Nothing is found of queues that do as they say", arguments: policies, [1, 2, 7])
    func right(policy: DroppingPolicy, capacity: Int) {
        let mutex = record(policy) { MutexQueue(capacity: capacity, policy: policy.policy, onDrop: $0) }
        let relaxed = record(policy) { RingQueue(capacity: capacity, policy: policy.policy, onDrop: $0) }
        let strict = record(policy) {
            RingQueue(capacity: capacity, policy: policy.policy, consistency: .strict, onDrop: $0)
        }
        #expect(mutex.fault(.strict) == nil)
        #expect(relaxed.fault(.relaxed) == nil)
        #expect(strict.fault(.strict) == nil)
        #expect(mutex.dropCount > 0 && relaxed.dropCount > 0 && strict.dropCount > 0)
    }

    @Test("Who doesn't tell, tells twice or tells something else is found", arguments: policies)
    func telling(policy: DroppingPolicy) {
        let silent = record(policy) { _ in MutexQueue(capacity: 2, policy: policy.policy) }
        // What is evicted in silence is lost.
        let rule: HistoryFault.Rule = policy == .dropOldest ? .miscounted : .droppedInSilence
        #expect(silent.fault(.strict)?.rule == rule)
        let twice = record(policy) { onDrop in
            MutexQueue(capacity: 2, policy: policy.policy) {
                onDrop($0, $1)
                onDrop($0, $1)
            }
        }
        #expect(twice.fault(.strict)?.rule == .toldWrongly)
        let wrongReason = record(policy) { onDrop in
            MutexQueue(capacity: 2, policy: policy.policy) { value, reason in
                onDrop(value, reason == .evicted ? .full : .evicted)
            }
        }
        #expect(wrongReason.fault(.strict)?.rule == .toldWrongly)
        let wrongElement = record(policy) { onDrop in
            MutexQueue(capacity: 2, policy: policy.policy) { onDrop($0 == 0 ? 0 : $0 - 1, $1) }
        }
        #expect(wrongElement.fault(.strict) != nil)
        let stranger = record(policy) { onDrop in
            MutexQueue(capacity: 2, policy: policy.policy) { onDrop(.max - $0, $1) }
        }
        #expect(stranger.fault(.strict)?.rule == .toldWrongly)
    }

    @Test("A queue with another policy than it says is found")
    func otherPolicy() {
        func rule(_ claimed: DroppingPolicy, _ actual: OverflowPolicy) -> HistoryFault.Rule? {
            record(claimed) { MutexQueue(capacity: 2, policy: actual, onDrop: $0) }.fault(.strict)?.rule
        }
        #expect(rule(.dropNewest, .reject) == .returnedInsteadOfDropped)
        #expect(rule(.dropOldest, .dropNewest) == .toldWrongly)
        #expect(rule(.dropNewest, .dropOldest) == .toldWrongly)
        #expect(rule(.sample(oneIn: 3, above: 0), .sample(oneIn: 4, above: 0)) == .sampledWrongly)
        #expect(rule(.sample(oneIn: 3, above: 0), .sample(oneIn: 2, above: 0)) == .sampledWrongly)
        #expect(rule(.sample(oneIn: 2, above: 1), .sample(oneIn: 2, above: 0)) == .sampledWrongly)
    }
}
