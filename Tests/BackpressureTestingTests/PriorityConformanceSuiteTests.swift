import BackpressureTesting
import Testing

@Suite("The conformance suite of priority queues catches what it is there to catch", .timeLimit(.minutes(5)))
struct PriorityConformanceSuiteTests {
    @Test("A priority queue without a defect passes every check", arguments: PriorityCheck.allCases)
    func soundQueuePasses(check: PriorityCheck) async throws {
        try await suite(.none).run(check)
    }

    @Test("A priority queue with a defect fails the check for it", arguments: PriorityDefect.allCases)
    func faultyQueueFails(defect: PriorityDefect) async throws {
        guard let check = defect.check else { return }
        let failure = await #expect(throws: ConformanceFailure.self) { try await suite(defect).run(check) }
        #expect(failure?.check == check.rawValue)
    }

    @Test("Every check of priority queues has a defect that it catches", arguments: PriorityCheck.allCases)
    func everyCheckIsProven(check: PriorityCheck) {
        #expect(PriorityDefect.allCases.contains { $0.check == check })
    }

    private func suite(_ defect: PriorityDefect) -> PriorityConformance<FaultyPriorityQueue> {
        PriorityConformance {
            FaultyPriorityQueue(capacity: $0, overload: $1, ageingLimit: $2, defect: defect, onDrop: $3)
        }
    }
}
