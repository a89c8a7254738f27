import BackpressureTesting
import ConcurrencySupport
import RateLimiters
import Testing

@Suite("A token bucket for each key, when its terms or its clock change", .timeLimit(.minutes(5)))
struct KeyedUpdateTests {
    private let clock = ManualClock(nanoseconds: 7_000_000_000)

    private func limiter(burst: Int, maximumKeys: Int = 100) -> KeyedTokenBucket<String, ManualClock> {
        KeyedTokenBucket(rate: .perSecond(1_000), burst: burst, maximumKeys: maximumKeys, shards: 4, clock: clock)
    }

    /// One key has the place, the others share a bucket.
    private func sharingLimiter() -> KeyedTokenBucket<Int, ManualClock> {
        KeyedTokenBucket(rate: .perSecond(1_000), burst: 10, maximumKeys: 1, whenFull: .share, clock: clock)
    }

    private func permits(_ limiter: KeyedTokenBucket<String, ManualClock>, _ key: String) -> Int {
        (0..<1_000).count { _ in limiter.tryAcquire(1, for: key).isGranted }
    }

    @Test("Debts stay as they are, in permits", arguments: [1, 3, 7, 4_000_000_000] as [UInt64], [4, 8, 20])
    func debtsStay(perSecond: UInt64, burst: Int) {
        let limiter = limiter(burst: 10)
        #expect(limiter.tryAcquire(6, for: "debtor").isGranted)
        #expect(limiter.tryAcquire(1, for: "almost").isGranted)
        limiter.update(rate: .perSecond(perSecond), burst: burst)
        #expect(permits(limiter, "debtor") == max(0, burst - 6))
        #expect(permits(limiter, "almost") == burst - 1)
        #expect(permits(limiter, "new") == burst)
    }

    @Test("A part of a permit is never rounded to the caller's gain")
    func rounding() {
        let limiter = KeyedTokenBucket<Int, _>(rate: .perSecond(1), burst: 10, maximumKeys: 9, clock: clock)
        #expect(limiter.tryAcquire(10, for: 1).isGranted)
        clock.advance(byNanoseconds: 500_000_000)
        // So fast that a nanosecond earns whole permits.
        limiter.update(rate: .perSecond(4_000_000_000), burst: 10)
        #expect(!limiter.tryAcquire(1, for: 1).isGranted)
        clock.advance(byNanoseconds: 1)
        #expect(limiter.tryAcquire(4, for: 1).isGranted)
    }

    @Test("A debt that is larger than the new burst is paid back at the new rate")
    func largeDebt() {
        let limiter = limiter(burst: 10)
        #expect(limiter.tryAcquire(10, for: "debtor").isGranted)
        limiter.update(rate: .perSecond(100), burst: 2)
        #expect(limiter.tryAcquire(1, for: "debtor") == .refused(retryAfter: .init(nanoseconds: 90_000_000)))
        clock.advance(byNanoseconds: 89_999_999)
        #expect(!limiter.tryAcquire(1, for: "debtor").isGranted)
        clock.advance(byNanoseconds: 1)
        #expect(limiter.tryAcquire(1, for: "debtor").isGranted)
    }

    @Test("No window holds more than the larger envelope, and no debtor is forgotten, however often the terms change")
    func envelope() {
        var generator = SeededGenerator(seed: 5)
        let limiter = KeyedTokenBucket<Int, _>(
            rate: .perSecond(1_000),
            burst: 10,
            maximumKeys: 8,
            shards: 1,
            clock: clock
        )
        var grants = [[GrantStamp]](repeating: [], count: 30)
        for step in 0..<8_000 {
            clock.advance(byNanoseconds: UInt64.random(in: 0..<400_000, using: &generator))
            if step % 50 == 49 {
                let rate = Rate.perSecond([100, 333, 1_000].randomElement(using: &generator) ?? 1)
                limiter.update(rate: rate, burst: Int.random(in: 1...10, using: &generator))
            }
            let key = Int.random(in: 0..<(Bool.random(using: &generator) ? 3 : 30), using: &generator)
            let permits = Int.random(in: 1...2, using: &generator)
            guard limiter.tryAcquire(permits, for: key).isGranted else { continue }
            let now = clock.nanoseconds()
            grants[key].append(GrantStamp(before: now, after: now, permits: UInt32(permits)))
        }
        for grants in grants {
            let overshoot = EnvelopeCheck.overshoot(of: grants, permits: 1, perNanoseconds: 1_000_000, burst: 10)
            #expect(overshoot.isKept, "\(overshoot)")
        }
        let statistics = limiter.statistics()
        #expect(statistics.keys <= 8 && statistics.forgotten > 50)
    }

    @Test("The shared bucket's debt stays too")
    func sharedDebt() {
        let limiter = sharingLimiter()
        #expect(limiter.tryAcquire(10, for: 0).isGranted)
        #expect(limiter.tryAcquire(6, for: 1).isGranted)
        limiter.update(rate: .perSecond(7), burst: 8)
        #expect((0..<100).count { _ in limiter.tryAcquire(1, for: 2).isGranted } == 2)
    }

    @Test("A clock that is set back a little stands still until it has caught up")
    func setBack() {
        let limiter = limiter(burst: 10)
        #expect(limiter.tryAcquire(8, for: "key").isGranted)
        let now = clock.nanoseconds()
        clock.set(nanoseconds: now - 3_000_000)
        #expect(permits(limiter, "key") == 2)
        #expect(limiter.tryAcquire(1, for: "key") == .refused(retryAfter: .init(nanoseconds: 4_000_000)))
        clock.advance(byNanoseconds: 3_000_000)
        #expect(permits(limiter, "key") == 0)
        clock.advance(byNanoseconds: 1_000_000)
        #expect(permits(limiter, "key") == 1)
    }

    @Test("A clock that is set back far neither opens the buckets nor freezes them")
    func setBackFar() {
        let limiter = limiter(burst: 10)
        #expect(limiter.tryAcquire(10, for: "key").isGranted)
        clock.set(nanoseconds: 1_000)
        #expect(permits(limiter, "key") == 0)
        clock.advance(byNanoseconds: 5_000_000)
        #expect(permits(limiter, "key") == 5)
        #expect(permits(limiter, "new") == 10)
    }

    @Test("Nor those who share one, whether or not a place is free")
    func sharedSetBackFar() {
        let limiter = sharingLimiter()
        clock.set(nanoseconds: 3_600_000_000_000)
        // One has the place, the others what they share.
        #expect((0..<20).count { _ in limiter.tryAcquire(1, for: 1).isGranted } == 10)
        #expect((0..<20).count { _ in limiter.tryAcquire(1, for: 2).isGranted } == 10)
        clock.set(nanoseconds: 1_000)
        #expect((0..<20).count { _ in limiter.tryAcquire(1, for: 3).isGranted } == 0)
        clock.advance(byNanoseconds: 5_000_000)
        #expect((0..<20).count { _ in limiter.tryAcquire(1, for: 4).isGranted } == 5)
    }

    @Test("It goes on for longer than the numbers last", arguments: [KeyedOverflowPolicy.refuse, .share])
    func longLife(policy: KeyedOverflowPolicy) {
        let limiter = KeyedTokenBucket<Int, _>(
            rate: Rate(permits: 16, perNanoseconds: 1_000_000_000_001),
            burst: 3,
            maximumKeys: 1,
            whenFull: policy,
            clock: clock
        )
        let oneYear: UInt64 = 31_557_600_000_000_000
        for _ in 0..<300 {
            #expect((0..<10).count { _ in limiter.tryAcquire(1, for: 1).isGranted } == 3)
            #expect((0..<10).count { _ in limiter.tryAcquire(1, for: 2).isGranted } == (policy == .share ? 3 : 0))
            clock.advance(byNanoseconds: oneYear)
        }
    }

    @Test("Who is held up between the clock and the shared bucket doesn't set that back")
    func sharedHeldUp() throws {
        let clock = StallingClock()
        let limiter = KeyedTokenBucket<Int, _>(
            rate: Rate(permits: 1, perNanoseconds: 1_000),
            burst: 1,
            maximumKeys: 2,
            whenFull: .share,
            shards: 2,
            clock: clock
        )
        // In each shard one key in debt, which keeps the place, and one that shares.
        let keys = (0..<1_000).map(\.self)
        let here = keys.filter { $0.hashValue & 1 == 0 }
        let there = keys.filter { $0.hashValue & 1 == 1 }
        clock.manual.set(nanoseconds: 104_500)
        #expect(limiter.tryAcquire(1, for: try #require(there.first)) == .granted)
        clock.manual.set(nanoseconds: 110_000)
        #expect(limiter.tryAcquire(1, for: try #require(here.first)) == .granted)
        #expect(limiter.tryAcquire(1, for: here[1]) == .granted)
        // It read the clock before the others did, and comes after them.
        clock.stale.withLock { $0 = 105_000 }
        #expect(limiter.tryAcquire(1, for: try #require(there.dropFirst().first)) != .granted)
        #expect(limiter.tryAcquire(1, for: here[2]) == .refused(retryAfter: .init(nanoseconds: 1_000)))
    }

    /// A clock of which one reading can be of long ago, as if its thread had been held up since.
    private final class StallingClock: NanosecondClock {
        let manual = ManualClock(nanoseconds: 100_000)
        let stale = Lock<UInt64?>(nil)

        func nanoseconds() -> UInt64 { stale.withLock { $0.take() } ?? manual.nanoseconds() }

        func sleep(untilNanoseconds deadline: UInt64) async throws {
            try await manual.sleep(untilNanoseconds: deadline)
        }
    }
}
