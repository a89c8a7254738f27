import BackpressureTesting
import RateLimiters
import Testing

@Suite("Pacers", .timeLimit(.minutes(5)))
struct PacerTests {
    static let pacers: [@Sendable (Rate, ManualClock) -> any AdjustableRateLimiter] = [
        { MutexTokenBucket(pacing: $0, clock: $1) }, { ActorTokenBucket(pacing: $0, clock: $1) },
        { LockFreeTokenBucket(pacing: $0, clock: $1) },
    ]

    @Test("Permits come evenly spaced, and never two at once", arguments: pacers.indices)
    func evenlySpaced(index: Int) async {
        let clock = ManualClock(nanoseconds: 3)
        let pacer = Self.pacers[index](Rate(permits: 1, perNanoseconds: 100), clock)
        var granted: [UInt64] = []
        for _ in 0..<1_000 {
            // As many as there are, at each nanosecond; and for a while nobody asks.
            if !(450..<700).contains(clock.nanoseconds()) {
                while await pacer.tryAcquire(1).isGranted { granted.append(clock.nanoseconds()) }
            }
            clock.advance(byNanoseconds: 1)
        }
        #expect(granted == [3, 103, 203, 303, 403, 700, 800, 900, 1_000])
        await #expect(pacer.tryAcquire(2) == .exceedsBurst)
    }

    @Test("One who waits late shifts nobody behind", arguments: pacers.indices)
    func lateTimer(index: Int) async throws {
        let clock = ManualClock()
        let pacer = Self.pacers[index](Rate(permits: 1, perNanoseconds: 100), clock)
        _ = await pacer.tryAcquire(1)
        for turn in 1..<20 {
            async let turnTaken: Void = pacer.acquire(1, timeout: nil)
            await clock.waitForSleepers(1)
            // The timer is 30 ns late each time.
            clock.advance(byNanoseconds: UInt64(turn) * 100 + 30 - clock.nanoseconds())
            try await turnTaken
        }
        await #expect(pacer.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 70)))
    }
}
