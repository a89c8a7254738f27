import BackpressureTesting
import CircuitBreakers
import Testing

/// What all families do, on a clock that stands still; the model says the rest.
@Suite struct BreakerFamiliesTests {
    private static func breakers(
        _ clock: ManualClock,
        _ change: (inout CircuitBreakerSettings) -> Void = { _ in }
    ) -> [any CircuitBreaker] {
        var settings = CircuitBreakerSettings()
        settings.window = .calls(10)
        settings.minimumCalls = 4
        change(&settings)
        return [
            MutexCircuitBreaker(settings, clock: clock), ActorCircuitBreaker(settings, clock: clock),
            LockFreeCircuitBreaker(settings, clock: clock),
        ]
    }

    private func call(_ breaker: some CircuitBreaker, _ outcome: CallOutcome) async -> Bool {
        guard let permit = await breaker.tryAcquire().permit else { return false }
        await breaker.record(permit, outcome)
        return true
    }

    @Test func `half of four calls failed opens it, three probes that go well close it`() async {
        let clock = ManualClock(nanoseconds: 7)
        for breaker in Self.breakers(clock) {
            for outcome: CallOutcome in [.failure, .success, .success] {
                _ = await call(breaker, outcome)
                #expect(await breaker.state() == .closed)
            }
            _ = await call(breaker, .failure)
            #expect(await breaker.state() == .open)
            #expect(await breaker.tryAcquire() == .refused(retryAfterNanoseconds: 5_000_000_000))
            clock.advance(by: .seconds(5))
            for count in 0..<3 {
                #expect(await call(breaker, .success))
                #expect(await breaker.state() == (count < 2 ? .halfOpen : .closed))
            }
            let statistics = await breaker.statistics()
            #expect(statistics.succeeded == 5 && statistics.failed == 2 && statistics.refused == 1)
            #expect(statistics.window == CircuitBreakerStatistics.WindowCounts())
        }
    }
}
