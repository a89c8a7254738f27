import BackpressureTesting
import RateLimiters
import Testing

@Suite("Token buckets keep the promises of the protocol", .timeLimit(.minutes(5)))
struct TokenBucketConformanceTests {
    @Test("The bucket behind a lock", arguments: RateLimiterCheck.allCases)
    func mutexTokenBucket(check: RateLimiterCheck) async throws {
        try await RateLimiterConformance { MutexTokenBucket(rate: $0, burst: $1, clock: $2) }.run(check)
    }

    @Test("The bucket behind an actor", arguments: RateLimiterCheck.allCases)
    func actorTokenBucket(check: RateLimiterCheck) async throws {
        try await RateLimiterConformance { ActorTokenBucket(rate: $0, burst: $1, clock: $2) }.run(check)
    }

    @Test("The bucket on one atomic word", arguments: RateLimiterCheck.allCases)
    func lockFreeTokenBucket(check: RateLimiterCheck) async throws {
        try await RateLimiterConformance { LockFreeTokenBucket(rate: $0, burst: $1, clock: $2) }.run(check)
    }
}
