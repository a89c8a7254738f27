import BackpressureTesting
import CircuitBreakers
import Testing

@Suite("The conformance suite of circuit breakers catches what it is there to catch", .timeLimit(.minutes(5)))
struct BreakerConformanceSuiteTests {
    @Test("A breaker without a defect passes every check", arguments: CircuitBreakerCheck.allCases)
    func soundBreakerPasses(check: CircuitBreakerCheck) async throws {
        try await suite(.none).run(check)
    }

    @Test("A breaker with a defect fails the check for it", arguments: BreakerDefect.allCases)
    func faultyBreakerFails(defect: BreakerDefect) async throws {
        guard let check = defect.check else { return }
        let failure = await #expect(throws: ConformanceFailure.self) { try await suite(defect).run(check) }
        #expect(failure?.check == check.rawValue)
    }

    @Test("Every check has a defect that it catches", arguments: CircuitBreakerCheck.allCases)
    func everyCheckIsProven(check: CircuitBreakerCheck) {
        #expect(BreakerDefect.allCases.contains { $0.check == check })
    }

    @Test("What is told is the shortest sequence of events, with its seed")
    func shrinking() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await suite(.closesOnTooFewSuccesses).run(.probesDecide)
        }
        let expectation = try #require(failure?.expectation)
        #expect(expectation.contains("seed "))
        let inBrackets = try #require(expectation.firstRange(of: /\[.*\]/).map { expectation[$0] })
        // At least: a call that fails, the wait, a probe or two that go well.
        #expect((5...12).contains(inBrackets.split(separator: ", ").count), "\(expectation)")
    }

    private func suite(_ defect: BreakerDefect) -> CircuitBreakerConformance<FaultyCircuitBreaker> {
        CircuitBreakerConformance { FaultyCircuitBreaker($0, clock: $1, defect: defect) }
    }
}
