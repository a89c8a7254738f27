import Backpressure
import OrderService
import Testing

/// The same flood with and without backpressure, on the clock. Nothing is said about how long anything takes, only how the
/// two compare: each waits for its dependency far longer than the machine takes for anything else.
@Suite("Latency", .timeLimit(.minutes(5)))
struct LatencyTests {
    @Test("Accepted requests keep a latency that the flood can't touch; without backpressure it grows with the backlog")
    func latencyUnderFlood() async throws {
        let guarded = try await worstMilliseconds(backpressure: true)
        let unguarded = try await worstMilliseconds(backpressure: false)
        // 5 in the queue and 2 at work against 40: about a sixth.
        #expect(guarded < unguarded / 2, "\(guarded) ms with backpressure, \(unguarded) ms without")
    }

    private func worstMilliseconds(backpressure: Bool) async throws -> Double {
        var settings = Settings()
        settings.backpressure = backpressure
        settings.workers = 2
        settings.queueCapacity = 5
        settings.burst = 1_000
        let dependency = SimulatedDependency(serviceTime: .milliseconds(200))
        return try await withService(settings, dependency: dependency) { client, _ in
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<40 { group.addTask { try await client.order() } }
                var worst = 0.0
                for try await answer in group {
                    #expect([200, 503].contains(answer.status))
                    worst = max(worst, answer.tookMilliseconds ?? 0)
                }
                return worst
            }
        }
    }
}
