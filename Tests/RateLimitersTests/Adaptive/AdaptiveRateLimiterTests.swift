import BackpressureTesting
import ConcurrencySupport
import RateLimiters
import Testing

@Suite("A limiter whose rate is decided by a controller", .timeLimit(.minutes(5)))
struct AdaptiveRateLimiterTests {
    /// Decides what it reads.
    private struct Obedient: RateController {
        var bounds = 10.0...1_000
        var permitsPerSecond = 1_000.0

        mutating func next(_ wanted: Double) -> RateDecision {
            permitsPerSecond = wanted
            return RateDecision(permitsPerSecond: wanted, change: .held, reason: "it was asked for")
        }
    }

    private typealias Limiter = AdaptiveRateLimiter<LockFreeTokenBucket<ManualClock>, Obedient>

    private func limiter(_ clock: ManualClock, burst: AdaptiveBurst = .fixed(10)) -> Limiter {
        AdaptiveRateLimiter(controller: Obedient(), burst: burst) {
            LockFreeTokenBucket(rate: $0, burst: $1, clock: clock)
        }
    }

    /// Asks for one permit every 0.1 ms.
    private func hammer(
        _ clock: ManualClock,
        milliseconds: Int,
        _ tryAcquire: (Int) async -> Acquisition
    ) async -> [UInt64] {
        var grants: [UInt64] = []
        for _ in 0..<10 * milliseconds {
            if await tryAcquire(1).isGranted { grants.append(clock.nanoseconds()) }
            clock.advance(byNanoseconds: 100_000)
        }
        return grants
    }

    /// Whether grants keep to 100 permits a second and a burst of 10.
    private func isThrottled(_ grants: [UInt64]) -> Bool {
        EnvelopeCheck.overshoot(ofGrantTimes: grants, permits: 1, perNanoseconds: 10_000_000, burst: 10).isKept
    }

    @Test("What it decides holds: throttled to 10 %, its grants keep to that envelope and make full use of it")
    func enforcement() async {
        let clock = ManualClock()
        let limiter = limiter(clock)
        let before = await hammer(clock, milliseconds: 1_000) { await limiter.tryAcquire($0) }
        #expect(before.count >= 1_000 && before.count <= 1_010)
        await limiter.adjust(100)
        let after = await hammer(clock, milliseconds: 1_000) { await limiter.tryAcquire($0) }
        #expect(isThrottled(after))
        #expect(after.count >= 99 && after.count <= 110)
        await limiter.adjust(1_000)
        let again = await hammer(clock, milliseconds: 1_000) { await limiter.tryAcquire($0) }
        #expect(again.count >= 990 && again.count <= 1_010)
    }

    @Test("The check of that catches a limiter that computes a rate and grants whatever is asked for")
    func lenientLimiter() async {
        struct Lenient: AdjustableRateLimiter {
            func tryAcquire(_ permits: Int) async -> Acquisition { .granted }
            func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {}
            func update(rate: Rate, burst: Int) async {}
        }
        let clock = ManualClock()
        let limiter = AdaptiveRateLimiter(controller: Obedient(), burst: .fixed(10)) { _, _ in Lenient() }
        await limiter.adjust(100)
        let grants = await hammer(clock, milliseconds: 100) { await limiter.tryAcquire($0) }
        #expect(!isThrottled(grants))
    }

    @Test("Whoever waits goes on waiting at the new rate")
    func waiting() async throws {
        let clock = ManualClock()
        let limiter = limiter(clock, burst: .fixed(1))
        #expect(await limiter.tryAcquire(1).isGranted)
        let isDone = Lock(false)
        let waiter = Task {
            try await limiter.acquire(1, timeout: nil)
            isDone.withLock { $0 = true }
        }
        await clock.waitForSleepers(1)
        // A millisecond at first, 100 now.
        await limiter.adjust(10)
        clock.advance(byNanoseconds: 99_000_000)
        for _ in 0..<100 { await Task.yield() }
        let wasDone = isDone.withLock { $0 }
        #expect(!wasDone)
        clock.advance(byNanoseconds: 1_000_000)
        try await waiter.value
        #expect(clock.nanoseconds() == 100_000_000)
    }

    @Test("Threads can drive it where they can drive its base")
    func synchronous() {
        func grants(_ limiter: some SynchronousRateLimiter) -> Int {
            (0..<100).count { _ in limiter.tryAcquire(1).isGranted }
        }
        #expect(grants(limiter(ManualClock())) == 10)
    }

    @Test("It starts with the controller's rate, and its status says what is enforced and why")
    func status() async {
        let limiter = limiter(ManualClock(), burst: .worth(.milliseconds(100), atLeast: 5))
        #expect(limiter.status.rate == .perSecond(1_000) && limiter.status.burst == 100)
        #expect(limiter.status.reading == nil && limiter.status.decision == nil && limiter.status.adjustments == 0)
        #expect((0..<200).count { _ in limiter.tryAcquire(1).isGranted } == 100)
        let decision = await limiter.adjust(20)
        let status = limiter.status
        #expect(status.rate == .perSecond(20) && status.burst == 5)
        #expect(status.reading == 20 && status.decision == decision && status.adjustments == 1)
        #expect(decision.permitsPerSecond == 20 && decision.reason == "it was asked for")
    }

    @Test("Bounds hold, whatever a controller decides", arguments: [-1, 0, 9, .nan, 1e300, .infinity] as [Double])
    func foreignController(wanted: Double) async {
        let limiter = limiter(ManualClock())
        let decision = await limiter.adjust(wanted)
        #expect(limiter.status.rate == .perSecond(wanted > 10 ? 1_000 : 10))
        #expect(decision.permitsPerSecond == limiter.status.rate.permitsPerSecond)
    }

    @Test("A burst is worth a time of the rate, or fixed")
    func bursts() {
        let burst = AdaptiveBurst.worth(.milliseconds(250), atLeast: 3)
        #expect([1, 12, 16, 19.9, 1_000].map { burst.permits(atPermitsPerSecond: $0) } == [3, 3, 4, 4, 250])
        #expect(AdaptiveBurst.fixed(7).permits(atPermitsPerSecond: 1e9) == 7)
        #expect(AdaptiveBurst.worth(.seconds(1e15)).permits(atPermitsPerSecond: 4e9) == .max)
    }

    @Test("Rates and bursts that are impossible together are refused when it is made")
    func impossible() async {
        await #expect(processExitsWith: .failure) {
            let controller = LagController(bounds: 1e-6...1_000)
            _ = AdaptiveRateLimiter(controller: controller, burst: .fixed(1 << 40)) {
                LockFreeTokenBucket(rate: $0, burst: $1)
            }
        }
        // Possible at both ends and not at 1.4 permits a second, which are seven in five seconds.
        _ = LockFreeTokenBucket(rate: .perSecond(1.0), burst: 1_000_000_000)
        _ = LockFreeTokenBucket(rate: .perSecond(4.0), burst: 1_000_000_000)
        await #expect(processExitsWith: .failure) {
            _ = AdaptiveRateLimiter(controller: LagController(bounds: 1...4), burst: .fixed(1_000_000_000)) {
                LockFreeTokenBucket(rate: $0, burst: $1)
            }
        }
        await #expect(processExitsWith: .failure) {
            _ = LockFreeTokenBucket(rate: .perSecond(1.4), burst: 1_000_000_000)
        }
    }

    @Test("Of adjustments at the same time the latest decides, and an update is made only for a change")
    func overlappingAdjustments() async {
        /// Holds its first update up until it is let go.
        final class Slow: AdjustableRateLimiter {
            private let updates = Lock<[Rate]>([])
            var rates: [Rate] { updates.withLock { $0 } }
            let gate = ManualClock()
            func tryAcquire(_ permits: Int) async -> Acquisition { .granted }
            func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {}
            func update(rate: Rate, burst: Int) async {
                let isFirst = updates.withLock { updates in
                    updates.append(rate)
                    return updates.count == 1
                }
                if isFirst { try? await gate.sleep(untilNanoseconds: 1) }
            }
        }
        let limiter = AdaptiveRateLimiter(controller: Obedient(), burst: .fixed(1)) { _, _ in Slow() }
        await limiter.adjust(1_000)
        #expect(limiter.base.rates.isEmpty)
        let first = Task { await limiter.adjust(500) }
        await limiter.base.gate.waitForSleepers(1)
        await limiter.adjust(400)
        await limiter.adjust(300)
        #expect(limiter.status.rate == .perSecond(300))
        limiter.base.gate.advance(byNanoseconds: 1)
        _ = await first.value
        #expect(limiter.base.rates == [.perSecond(500), .perSecond(300)])
    }

    @Test("It reads and adjusts at its intervals until it is cancelled")
    func running() async {
        let clock = ManualClock()
        let limiter = limiter(ManualClock())
        let readings = Lock(0.0)
        let task = Task {
            await limiter.run(every: .seconds(1), clock: clock) {
                readings.withLock { readings in
                    readings += 100
                    return readings
                }
            }
        }
        for round in 1...3 {
            await clock.waitForSleepers(1)
            #expect(limiter.status.adjustments == UInt64(round - 1))
            clock.advance(byNanoseconds: 999_999_999)
            #expect(clock.sleeperCount == 1)
            clock.advance(byNanoseconds: 1)
        }
        await clock.waitForSleepers(1)
        #expect(limiter.status.rate == .perSecond(300) && limiter.status.adjustments == 3)
        // A long pause is not made up for.
        clock.advance(byNanoseconds: 10_500_000_000)
        await clock.waitForSleepers(1)
        #expect(limiter.status.adjustments == 4)
        clock.advance(byNanoseconds: 999_999_999)
        #expect(clock.sleeperCount == 1)
        task.cancel()
        await task.value
        #expect(limiter.status.adjustments == 4)
    }

    @Test("A provider of loads drives it, and a load that can't be read changes nothing")
    func provider() async {
        let clock = ManualClock()
        let load = Lock<Double?>(nil)
        let limiter = AdaptiveRateLimiter(
            controller: LoadController(bounds: 10...1_000, smoothing: 1),
            burst: .fixed(10)
        ) { LockFreeTokenBucket(rate: $0, burst: $1, clock: ManualClock()) }
        let task = Task {
            let provider = CombinedLoadProvider([
                PoolLoadProvider("a") { load.withLock { $0 } }, PoolLoadProvider("b") { load.withLock { $0 } },
            ])
            await limiter.run(every: .seconds(1), clock: clock, provider: provider)
        }
        await clock.waitForSleepers(1)
        for (reading, rate) in [(nil, 1_000), (0.9, 500), (nil, 500), (0.2, 600)] as [(Double?, Int)] {
            load.withLock { $0 = reading }
            clock.advance(by: .seconds(1))
            await clock.waitForSleepers(1)
            #expect(abs(limiter.status.rate.permitsPerSecond - Double(rate)) < 1e-6)
        }
        task.cancel()
        await task.value
    }
}
