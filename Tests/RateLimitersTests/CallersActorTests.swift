import BackpressureTesting
import RateLimiters
import Testing

@Suite("A caller on an actor that asks a limiter", .timeLimit(.minutes(5)))
struct CallersActorTests {
    typealias Maker = @Sendable (ManualClock) -> any RateLimiter

    static let rate = Rate(permits: 1, perNanoseconds: 1_000)
    /// A burst of four, and the next permit within a second.
    static let families: [(name: String, make: Maker)] = [
        ("lock-free", { LockFreeTokenBucket(rate: rate, burst: 4, clock: $0) }),
        ("mutex", { MutexTokenBucket(rate: rate, burst: 4, clock: $0) }),
        ("sliding window", { MutexSlidingWindow(limit: 4, window: .milliseconds(1), clock: $0) }),
        ("sliding log", { MutexSlidingLog(limit: 4, window: .milliseconds(1), clock: $0) }),
        (
            "adaptive",
            { clock in
                AdaptiveRateLimiter(controller: LagController(bounds: 10...1_000), burst: .fixed(4)) {
                    LockFreeTokenBucket(rate: $0, burst: $1, clock: clock)
                }
            }
        ),
    ]

    private nonisolated(nonsending) func ask(
        _ limiter: any RateLimiter,
        _ permits: Int,
        timeout: Duration?
    ) async -> AcquireError? {
        do throws(AcquireError) {
            try await limiter.acquire(permits, timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    @Test("doesn't leave it for permits that are there, or for a refusal", arguments: families.indices)
    func stays(family: Int) async {
        let limiter = Self.families[family].make(ManualClock(nanoseconds: 5_000_000))
        let jobs = await CountedActor().jobs { actor in
            #expect(await limiter.tryAcquire(1).isGranted)
            do { try await limiter.acquire() } catch { Issue.record(error) }
            #expect(await ask(limiter, 1, timeout: nil) == nil)
            #expect(await ask(limiter, 1, timeout: .seconds(60)) == nil)
            #expect(await !limiter.tryAcquire(1).isGranted)
            #expect(await ask(limiter, 5, timeout: nil) == .exceedsBurst)
            guard case .timeout = await ask(limiter, 1, timeout: .zero) else {
                Issue.record("a fifth permit was granted")
                return
            }
            actor.assertIsolated()
        }
        #expect(jobs == 0)
    }

    @Test("is back on it after a wait", arguments: families.indices)
    func comesBack(family: Int) async {
        let clock = ManualClock(nanoseconds: 5_000_000)
        let limiter = Self.families[family].make(clock)
        let jobs = await CountedActor().jobs { actor in
            _ = await limiter.tryAcquire(4)
            let time = Task.detached {
                await clock.waitForSleepers(1)
                clock.advance(byNanoseconds: 1_000_000_000)
            }
            #expect(await ask(limiter, 1, timeout: nil) == nil)
            actor.assertIsolated()
            await time.value
        }
        #expect(jobs > 0)
    }

    @Test("leaves it for a limiter that is an actor, which is what is counted here")
    func leaves() async {
        let limiter = ActorTokenBucket(rate: Self.rate, burst: 4, clock: ManualClock())
        #expect(await CountedActor().jobs { _ in _ = await limiter.tryAcquire() } > 0)
        #expect(await CountedActor().jobs { _ in _ = await ask(limiter, 1, timeout: nil) } > 0)
    }
}
