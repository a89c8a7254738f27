import BackpressureTesting
import BoundedQueues
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

    @Test("A suite of a capacity, a policy and a drop handler asks for no clock and no store")
    func standardSuite() {
        let suite = QueueConformance { MutexQueue(capacity: $0, policy: $1, onDrop: $2) }
        let skipped: Set<QueueCheck> = [.throttlePolicy, .spillPolicy, .spillingConservesElements]
        #expect(Set(QueueCheck.allCases.filter(suite.skips)) == skipped)
    }

    @Test("A suite for one producer and one consumer skips what needs more, and fails a queue that can't do the rest")
    func singleSuite() async throws {
        let suite = QueueConformance(supporting: []) { FaultyQueue($0, defect: .lastInFirstOut) }
        let skipped: Set<QueueCheck> = [
            .dropOldestPolicy, .samplePolicy, .throttlePolicy, .spillPolicy, .spillingConservesElements,
            .producersEnterInOrder, .newcomersQueueUp, .cancellationSwallowsNoWakeUp, .deadlineSwallowsNoWakeUp,
        ]
        #expect(Set(QueueCheck.allCases.filter(suite.skips)) == skipped)
        try await suite.run(.dropOldestPolicy)
        await #expect(throws: ConformanceFailure.self) { try await suite.run(.firstInFirstOut) }
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

    @Test("A window without a defect passes every check", arguments: RateLimiterCheck.allCases)
    func soundWindowPasses(check: RateLimiterCheck) async throws {
        try await windowSuite(.none).run(check)
    }

    @Test("A window with a defect fails the check for it", arguments: WindowDefect.allCases)
    func faultyWindowFails(defect: WindowDefect) async throws {
        guard let check = defect.check else { return }
        let failure = await #expect(throws: ConformanceFailure.self) { try await windowSuite(defect).run(check) }
        #expect(failure?.check == check.rawValue)
    }

    @Test("Every check of rate limiters has a window's defect that it catches", arguments: RateLimiterCheck.allCases)
    func everyWindowCheckIsProven(check: RateLimiterCheck) {
        #expect(WindowDefect.allCases.contains { $0.check == check })
    }

    @Test("A window that is later than it is said to be fails, and one that is as late as that passes")
    func lateWindow() async throws {
        let late = RateLimiterConformance(
            windowsLateBy: { _ in .nanoseconds(1) },
            makeLimiter: { FaultyWindow(limit: $0, window: $1, clock: $2, defect: .forgetsNanosecondLate) }
        )
        try await late.runAll([.decisionsEqualOracle, .envelopeHoldsAtAnyRate, .restEarnsNoMoreThanBurst])
        let later = RateLimiterConformance(
            windowsLateBy: { _ in .nanoseconds(1) },
            makeLimiter: {
                FaultyWindow(limit: $0, window: $1 + .nanoseconds(1), clock: $2, defect: .forgetsNanosecondLate)
            }
        )
        await #expect(throws: ConformanceFailure.self) { try await later.run(.decisionsEqualOracle) }
    }

    @Test("A failure says the check, what it expected and what happened")
    func failureIsDescribed() {
        let failure = ConformanceFailure(check: "closing", expectation: "nil", observation: "it was 3")
        #expect("\(failure)" == "closing: expected nil; but it was 3")
    }

    private func queueSuite(_ defect: QueueDefect) -> QueueConformance<FaultyQueue> {
        QueueConformance(supporting: .all) { FaultyQueue($0, defect: defect) }
    }

    private func limiterSuite(_ defect: LimiterDefect) -> RateLimiterConformance<FaultyTokenBucket> {
        RateLimiterConformance { FaultyTokenBucket(rate: $0, burst: $1, clock: $2, defect: defect) }
    }

    private func windowSuite(_ defect: WindowDefect) -> RateLimiterConformance<FaultyWindow> {
        RateLimiterConformance(
            windowsLateBy: { _ in .zero },
            makeLimiter: { FaultyWindow(limit: $0, window: $1, clock: $2, defect: defect) }
        )
    }
}
