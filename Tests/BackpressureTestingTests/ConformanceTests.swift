import BackpressureTesting
import Testing

@Suite("Conformance suites catch what they are there to catch", .timeLimit(.minutes(3)))
struct ConformanceTests {
    @Test("A queue without a defect passes every check", arguments: QueueCheck.allCases)
    func soundQueuePasses(check: QueueCheck) async throws {
        try await queueSuite(.none).run(check)
    }

    @Test("A queue with a defect fails the check for it", arguments: QueueDefect.allCases)
    func faultyQueueFails(defect: QueueDefect) async throws {
        guard let check = defect.check else { return }
        let failure = await #expect(throws: ConformanceFailure.self) { try await queueSuite(defect).run(check) }
        #expect(failure?.check == check.rawValue)
    }

    @Test("Every check of queues has a defect that it catches", arguments: QueueCheck.allCases)
    func everyQueueCheckIsProven(check: QueueCheck) {
        #expect(QueueDefect.allCases.contains { $0.check == check })
    }

    @Test("A token bucket without a defect passes every check", arguments: RateLimiterCheck.allCases)
    func soundLimiterPasses(check: RateLimiterCheck) async throws {
        try await limiterSuite(.none).run(check)
    }

    @Test("A token bucket with a defect fails the check for it", arguments: LimiterDefect.allCases)
    func faultyLimiterFails(defect: LimiterDefect) async throws {
        guard let check = defect.check else { return }
        let failure = await #expect(throws: ConformanceFailure.self) { try await limiterSuite(defect).run(check) }
        #expect(failure?.check == check.rawValue)
    }

    @Test("Every check of token buckets has a defect that it catches", arguments: RateLimiterCheck.allCases)
    func everyLimiterCheckIsProven(check: RateLimiterCheck) {
        #expect(LimiterDefect.allCases.contains { $0.check == check })
    }

    @Test("A failure says the check, what it expected and what happened")
    func failureIsDescribed() {
        let failure = ConformanceFailure(check: "closing", expectation: "nil", observation: "it was 3")
        #expect("\(failure)" == "closing: expected nil; but it was 3")
    }

    private func queueSuite(_ defect: QueueDefect) -> QueueConformance<FaultyQueue> {
        QueueConformance { FaultyQueue(capacity: $0, policy: $1, defect: defect, onDrop: $2) }
    }

    private func limiterSuite(_ defect: LimiterDefect) -> RateLimiterConformance<FaultyTokenBucket> {
        RateLimiterConformance { FaultyTokenBucket(rate: $0, burst: $1, clock: $2, defect: defect) }
    }
}
