import BackpressureTesting
import RateLimiters
import Testing

@Suite("Sliding logs and windows keep the promises of the protocol", .timeLimit(.minutes(5)))
struct WindowConformanceTests {
    @Test("The log behind a lock", arguments: RateLimiterCheck.allCases)
    func mutexSlidingLog(check: RateLimiterCheck) async throws {
        let suite = RateLimiterConformance(
            windowsLateBy: { _ in .zero },
            makeLimiter: { MutexSlidingLog(limit: $0, window: $1, clock: $2) }
        )
        try await suite.run(check)
    }

    @Test("The log behind an actor", arguments: RateLimiterCheck.allCases)
    func actorSlidingLog(check: RateLimiterCheck) async throws {
        let suite = RateLimiterConformance(
            windowsLateBy: { _ in .zero },
            makeLimiter: { ActorSlidingLog(limit: $0, window: $1, clock: $2) }
        )
        try await suite.run(check)
    }

    @Test("The window of 16 buckets behind a lock", arguments: RateLimiterCheck.allCases)
    func mutexSlidingWindow(check: RateLimiterCheck) async throws {
        let suite = RateLimiterConformance(
            windowsLateBy: { $0 / 16 },
            makeLimiter: { MutexSlidingWindow(limit: $0, window: $1, buckets: 16, clock: $2) }
        )
        try await suite.run(check)
    }

    @Test("The window of 3 buckets behind an actor", arguments: RateLimiterCheck.allCases)
    func actorSlidingWindow(check: RateLimiterCheck) async throws {
        let suite = RateLimiterConformance(
            windowsLateBy: { $0 / 3 },
            makeLimiter: { ActorSlidingWindow(limit: $0, window: $1, buckets: 3, clock: $2) }
        )
        try await suite.run(check)
    }
}
