import BackpressureTesting
import FlowControl
import Testing

@Suite("Semaphores keep the promises of the protocol", .timeLimit(.minutes(3)))
struct SemaphoreConformanceTests {
    @Test("The semaphore behind a lock", arguments: ConcurrencyLimitCheck.allCases)
    func mutex(check: ConcurrencyLimitCheck) async throws {
        try await ConcurrencyLimitConformance { MutexSemaphore(limit: $0, clock: $1) }.run(check)
    }

    @Test("The semaphore behind an actor", arguments: ConcurrencyLimitCheck.allCases)
    func actor(check: ConcurrencyLimitCheck) async throws {
        try await ConcurrencyLimitConformance { ActorSemaphore(limit: $0, clock: $1) }.run(check)
    }

    @Test(
        "The semaphore on one word, counting requests or not",
        arguments: ConcurrencyLimitCheck.allCases,
        [true, false]
    )
    func lockFree(check: ConcurrencyLimitCheck, countsRequests: Bool) async throws {
        let suite = ConcurrencyLimitConformance {
            LockFreeSemaphore(limit: $0, countsRequests: countsRequests, clock: $1)
        }
        try await suite.run(check)
    }
}

@Suite("The conformance suite of semaphores catches what it is there to catch", .timeLimit(.minutes(3)))
struct SemaphoreDefectTests {
    private func suite(_ defect: SemaphoreDefect) -> ConcurrencyLimitConformance<FaultySemaphore> {
        ConcurrencyLimitConformance { FaultySemaphore($0, $1, defect) }
    }

    @Test("A semaphore without a defect passes every check", arguments: ConcurrencyLimitCheck.allCases)
    func sound(check: ConcurrencyLimitCheck) async throws {
        try await suite(.none).run(check)
    }

    @Test("A semaphore with a defect fails the check for it", arguments: SemaphoreDefect.allCases)
    func faulty(defect: SemaphoreDefect) async throws {
        guard let check = defect.check else { return }
        let failure = await #expect(throws: ConformanceFailure.self) { try await suite(defect).run(check) }
        #expect(failure?.check == check.rawValue)
    }

    @Test("A failure comes with its seed and with the few events that it takes, which show it again")
    func shrinking() async throws {
        let suite = suite(.cancellationHoldsUpLine)
        let failure = try #require(
            await #expect(throws: ConformanceFailure.self) { try await suite.run(.eventsEqualModel) }
        )
        #expect(failure.expectation.contains("of seed "), "\(failure)")
        let events = failure.observation.split(separator: "shortest: [").last?.split(separator: ", .") ?? []
        #expect(events.count == 4, "\(failure)")
        let shortest: [ConcurrencyLimitEvent] = [
            .tryAcquire(weight: 1), .acquire(weight: 2, milliseconds: nil), .acquire(weight: 1, milliseconds: nil),
            .cancel(0),
        ]
        await #expect(throws: ConformanceFailure.self) { try await suite.replay(shortest, limit: 2) }
        try await self.suite(.none).replay(shortest, limit: 2)
    }
}
