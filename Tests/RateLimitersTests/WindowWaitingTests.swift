import BackpressureTesting
import ConcurrencySupport
import RateLimiters
import Testing

/// A limiter of windows, behind whichever driver.
protocol WindowLimiter: RateLimiter {
    func update(limit: Int, window: Duration) async
}

extension MutexLimiter: WindowLimiter where State: WindowState {}
extension ActorLimiter: WindowLimiter where State: WindowState {}

@Suite("Callers that wait for a window", .timeLimit(.minutes(5)))
struct WindowWaitingTests {
    typealias Maker = @Sendable (Int, Duration, ManualClock) -> any WindowLimiter

    static let families: [Maker] = [
        { MutexSlidingLog(limit: $0, window: $1, clock: $2) }, { ActorSlidingLog(limit: $0, window: $1, clock: $2) },
        { MutexSlidingWindow(limit: $0, window: $1, buckets: 16, clock: $2) },
        { ActorSlidingWindow(limit: $0, window: $1, buckets: 16, clock: $2) },
    ]

    /// Starts a caller, behind which a request for one permit would wait so long.
    private func join(_ limiter: any WindowLimiter, wait: UInt64) async -> Task<Bool, Never> {
        let task = Task { (try? await limiter.acquire(1, timeout: nil)) != nil }
        while await limiter.tryAcquire(1) != .refused(retryAfter: .init(nanoseconds: wait)) { await Task.yield() }
        return task
    }

    @Test("One timer serves a line of two thousand, which passes window by window", arguments: families.indices)
    func longLine(family: Int) async {
        let clock = ManualClock()
        let limiter = Self.families[family](100, .nanoseconds(1_000), clock)
        _ = await limiter.tryAcquire(100)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<2_000 { group.addTask { (try? await limiter.acquire(1, timeout: nil)) != nil } }
            while await limiter.tryAcquire(1) != .refused(retryAfter: .init(nanoseconds: 21_000)) { await Task.yield() }
            for _ in 0..<20 {
                await clock.waitForSleepers(1)
                #expect(clock.sleeperCount == 1)
                clock.advance(byNanoseconds: 1_000)
                for _ in 0..<100 { await #expect(group.next() == true) }
            }
        }
        #expect(await limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 1_000)))
    }

    @Test("Whoever is behind a cancelled wait moves up", arguments: families.indices)
    func cancellationMovesUp(family: Int) async {
        let clock = ManualClock()
        let limiter = Self.families[family](1, .nanoseconds(1_000), clock)
        _ = await limiter.tryAcquire(1)
        let first = await join(limiter, wait: 2_000)
        let second = await join(limiter, wait: 3_000)
        await clock.waitForSleepers(1)
        first.cancel()
        await #expect(first.value == false)
        clock.advance(byNanoseconds: 1_000)
        await #expect(second.value == true)
    }

    @Test("A change of limit and window reaches those who wait", arguments: families.indices)
    func updateReachesWaiters(family: Int) async {
        let clock = ManualClock()
        let limiter = Self.families[family](1, .seconds(1_000), clock)
        _ = await limiter.tryAcquire(1)
        let first = await join(limiter, wait: 2_000_000_000_000)
        let second = await join(limiter, wait: 3_000_000_000_000)
        await clock.waitForSleepers(1)
        await limiter.update(limit: 2, window: .nanoseconds(100))
        await #expect(first.value == true)
        #expect(await limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 100)))
        clock.advance(byNanoseconds: 100)
        await #expect(second.value == true)
        #expect(await limiter.tryAcquire(2) == .refused(retryAfter: .init(nanoseconds: 100)))
        #expect(await limiter.tryAcquire(3) == .exceedsBurst)
    }

    /// A permit takes a microsecond.
    static let anyLimiters: [@Sendable (ManualClock) -> any RateLimiter] = [
        { MutexSlidingLog(limit: 1, window: .nanoseconds(1_000), clock: $0) },
        { ActorSlidingLog(limit: 1, window: .nanoseconds(1_000), clock: $0) },
        { MutexTokenBucket(rate: .perSecond(1_000_000), burst: 1, clock: $0) },
        { ActorTokenBucket(rate: .perSecond(1_000_000), burst: 1, clock: $0) },
        { LockFreeTokenBucket(rate: .perSecond(1_000_000), burst: 1, clock: $0) },
    ]

    @Test(
        "Whoever waits when the clock is set back goes as soon as before, whoever sees it first",
        arguments: anyLimiters.indices,
        [false, true]
    )
    func clockSetBackWakesTimer(index: Int, isSeenByAcquire: Bool) async {
        let clock = ManualClock(nanoseconds: 1_000_000)
        let limiter = Self.anyLimiters[index](clock)
        _ = await limiter.tryAcquire(1)
        let task = Task { (try? await limiter.acquire(1, timeout: nil)) != nil }
        while await limiter.tryAcquire(1) != .refused(retryAfter: .init(nanoseconds: 2_000)) { await Task.yield() }
        await clock.waitForSleepers(1)
        clock.set(nanoseconds: 500)
        if isSeenByAcquire {
            await #expect(throws: AcquireError.self) { try await limiter.acquire(1, timeout: .zero) }
        } else {
            #expect(await limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 2_000)))
        }
        clock.advance(byNanoseconds: 1_000)
        await #expect(task.value == true)
    }

    @Test("A clock that goes back behind a grant of the timer's takes nothing with it")
    func setBackBehindTimer() async {
        let clock = ManualClock(nanoseconds: 1)
        let limiter = MutexSlidingLog(limit: 1, window: .nanoseconds(1_000), clock: clock)
        #expect(limiter.tryAcquire(1) == .granted)
        let first = Task { (try? await limiter.acquire(1, timeout: nil)) != nil }
        while limiter.tryAcquire(1) != .refused(retryAfter: .init(nanoseconds: 2_000)) { await Task.yield() }
        let second = Task { (try? await limiter.acquire(1, timeout: nil)) != nil }
        while limiter.tryAcquire(1) != .refused(retryAfter: .init(nanoseconds: 3_000)) { await Task.yield() }
        await clock.waitForSleepers(1)
        clock.advance(byNanoseconds: 1_000)
        #expect(await first.value)
        clock.set(nanoseconds: 500)
        second.cancel()
        #expect(await !second.value)
        // As far from the next permit as it was.
        #expect(limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 1_000)))
    }
}
