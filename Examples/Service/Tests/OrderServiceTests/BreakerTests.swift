import Backpressure
import OrderService
import Testing

@Suite("Breaker", .timeLimit(.minutes(5)))
struct BreakerTests {
    @Test("A dependency that is down is soon not asked any more; clients are told when to come back")
    func openBreaker() async throws {
        let dependency = SimulatedDependency(serviceTime: .zero)
        dependency.isDown = true
        var settings = Settings()
        settings.burst = 1_000
        settings.breaker.minimumCalls = 5
        settings.breaker.wait = .seconds(3_600)
        settings.breaker.longestWait = .seconds(3_600)
        try await withService(settings, dependency: dependency) { client, _ in
            for _ in 0..<5 { #expect(try await client.order().status == 502) }
            let refused = try await client.order()
            #expect(refused.status == 503)
            #expect(refused.retryAfterSeconds ?? 0 > 60)
            // It works again, but nobody asks it before the breaker's time has come.
            dependency.isDown = false
            #expect(try await client.order().status == 503)
            let metrics = try await client.metrics()
            #expect(metrics[#"backpressure_turned_away_total{name="dependency",kind="breaker"}"#] == 2)
        }
    }

    @Test("Once its wait is over the breaker lets probes through, and orders are handled again")
    func recovery() async throws {
        let dependency = SimulatedDependency(serviceTime: .zero)
        dependency.isDown = true
        var settings = Settings()
        settings.burst = 1_000_000
        settings.rate = .perSecond(100_000)
        settings.breaker.minimumCalls = 5
        settings.breaker.wait = .milliseconds(1)
        try await withService(settings, dependency: dependency) { client, _ in
            for _ in 0..<6 { #expect([502, 503].contains(try await client.order().status)) }
            dependency.isDown = false
            try await eventually { try await client.order().status == 200 }
        }
    }
}
