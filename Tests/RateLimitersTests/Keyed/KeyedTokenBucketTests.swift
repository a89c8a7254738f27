import BackpressureTesting
import RateLimiters
import Testing

@Suite("A token bucket for each key", .timeLimit(.minutes(5)))
struct KeyedTokenBucketTests {
    private let millisecond: UInt64 = 1_000_000

    private func limiter(
        _ check: KeyedCheck,
        _ clock: ManualClock,
        whenFull: KeyedOverflowPolicy = .refuse
    ) -> KeyedTokenBucket<Int, ManualClock> {
        KeyedTokenBucket(
            rate: check.rate,
            burst: check.burst,
            maximumKeys: check.maximumKeys,
            whenFull: whenFull,
            shards: 1,
            clock: clock
        )
    }

    @Test("Every decision is that of an exact bucket which is never forgotten", arguments: 1...8)
    func exact(seed: UInt64) {
        let check = KeyedCheck(
            permitsPerMillisecond: seed % 3 == 0 ? 7 : 1,
            burst: Int(1 + seed % 7),
            maximumKeys: seed % 4 == 0 ? 1 : 8,
            seed: seed
        )
        let clock = ManualClock()
        let subject = limiter(check, clock)
        #expect(check.firstViolation(by: subject, on: clock) == nil)
        let statistics = subject.statistics()
        #expect(statistics.keys <= check.maximumKeys && statistics.forgotten > 0 && statistics.withoutRoom > 0)
    }

    @Test("Keys that share a bucket for want of room stay within their envelopes", arguments: 1...8)
    func shared(seed: UInt64) {
        let check = KeyedCheck(burst: Int(1 + seed % 7), seed: seed)
        let clock = ManualClock()
        let subject = limiter(check, clock, whenFull: .share)
        #expect(check.firstViolation(by: subject, on: clock, isExact: false) == nil)
        #expect(subject.statistics().withoutRoom > 0)
    }

    @Test("The check catches each of the usual mistakes", arguments: FaultyKeyedLimiter.Defect.allCases)
    func mutants(defect: FaultyKeyedLimiter.Defect) {
        let check = KeyedCheck()
        let clock = ManualClock()
        #expect(check.firstViolation(by: FaultyKeyedLimiter(defect, check, clock), on: clock) != nil)
    }

    @Test("A debtor gets no fresh bucket by flooding the limiter with other keys")
    func flood() {
        let check = KeyedCheck(burst: 3, maximumKeys: 100)
        for policy in [KeyedOverflowPolicy.refuse, .share] {
            let clock = ManualClock()
            let subject = limiter(check, clock, whenFull: policy)
            #expect(subject.tryAcquire(3, for: -1).isGranted)
            for key in 0..<1_000 { _ = subject.tryAcquire(1, for: key) }
            #expect(!subject.tryAcquire(1, for: -1).isGranted, "\(policy)")
            #expect(subject.statistics().keys == 100)
        }
        // What a cache would do.
        let clock = ManualClock()
        let cache = FaultyKeyedLimiter(.evictsLeastRecentlyUsed, check, clock)
        _ = cache.tryAcquire(3, for: -1)
        for key in 0..<1_000 { _ = cache.tryAcquire(1, for: key) }
        #expect(cache.tryAcquire(1, for: -1).isGranted)
    }

    @Test("A key without a place is told when there will be one")
    func retry() throws {
        let clock = ManualClock(nanoseconds: 123_456_789)
        let check = KeyedCheck(burst: 5, maximumKeys: 4)
        let subject = limiter(check, clock)
        for key in 0..<4 {
            #expect(subject.tryAcquire(key + 1, for: key).isGranted)
        }
        // The first has one permit to regain: a millisecond.
        guard case .refused(let delay) = subject.tryAcquire(1, for: 4) else {
            Issue.record("there is no room")
            return
        }
        #expect(delay.nanoseconds >= millisecond && delay.nanoseconds <= millisecond + 5 * millisecond / 127)
        // Unless it spends another one.
        #expect(subject.tryAcquire(3, for: 0).isGranted)
        guard case .refused(let longer) = subject.tryAcquire(1, for: 5) else {
            Issue.record("there is still no room")
            return
        }
        #expect(longer.nanoseconds >= 2 * millisecond)
        clock.advance(byNanoseconds: longer.nanoseconds)
        #expect(subject.tryAcquire(5, for: 5).isGranted)
        #expect(subject.statistics().forgotten == 1)
        // Key 1 was forgotten, and is full; but now there's no room for it.
        #expect(!subject.tryAcquire(1, for: 1).isGranted)
    }

    @Test("Keys that share a bucket get what one client gets, and begin with that debt when they get a place")
    func sharing() {
        let clock = ManualClock()
        let check = KeyedCheck(burst: 5, maximumKeys: 2)
        let subject = limiter(check, clock, whenFull: .share)
        #expect(subject.tryAcquire(1, for: 0).isGranted && subject.tryAcquire(5, for: 1).isGranted)
        #expect((10..<100).count { subject.tryAcquire(1, for: $0).isGranted } == 5)
        clock.advance(byNanoseconds: 2 * millisecond)
        // There is room again, and 2 of the 5 permits that key 10 may owe are paid back.
        #expect(!subject.tryAcquire(3, for: 10).isGranted)
        #expect(subject.tryAcquire(2, for: 10).isGranted)
        #expect(!subject.tryAcquire(1, for: 10).isGranted)
        #expect(subject.statistics().forgotten == 1)
        // Key 0 was forgotten when it was full; it shares now, for key 10 took its place.
        #expect(subject.tryAcquire(2, for: 0).isGranted)
        #expect(!subject.tryAcquire(1, for: 0).isGranted)
    }

    @Test("A refused request takes no place")
    func refusalsLeaveNothing() {
        let subject = limiter(KeyedCheck(burst: 2, maximumKeys: 4), ManualClock())
        for key in 0..<100 { #expect(subject.tryAcquire(3, for: key) == .exceedsBurst) }
        #expect(subject.statistics() == KeyedTokenBucket<Int, ManualClock>.empty)
    }

    @Test("Settings that make no sense are refused")
    func settings() async {
        await #expect(processExitsWith: .failure) {
            _ = KeyedTokenBucket<Int, _>(rate: .perSecond(1), burst: 1, maximumKeys: 0)
        }
        await #expect(processExitsWith: .failure) {
            _ = KeyedTokenBucket<Int, _>(rate: .perSecond(1), burst: 1, maximumKeys: 1, shards: 0)
        }
        await #expect(processExitsWith: .failure) {
            _ = KeyedTokenBucket<Int, _>(rate: .perSecond(1), burst: 1, maximumKeys: 1).tryAcquire(0, for: 1)
        }
    }

    @Test("The keys are divided among as many shards as there is room for")
    func shardCounts() {
        func count(_ keys: Int, _ shards: Int?) -> Int {
            KeyedTokenBucket<Int, _>(rate: .perSecond(1), burst: 1, maximumKeys: keys, shards: shards).shardCount
        }
        #expect(count(1, nil) == 1 && count(127, nil) == 1)
        #expect(count(128, nil) <= 2)
        #expect(count(1, 8) == 1 && count(7, 8) == 4 && count(100, 5) == 8)
    }
}

extension KeyedTokenBucket {
    /// What a limiter has done that was never asked for anything that it could grant.
    static var empty: KeyedStatistics {
        KeyedTokenBucket<Int, _>(rate: .perSecond(1), burst: 1, maximumKeys: 1).statistics()
    }
}
