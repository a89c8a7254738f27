import BackpressureTesting
import RateLimiters
import Testing

@testable import BackpressureBenchmark

@Suite("An exact limiter of each kind")
struct LimiterOracleTests {
    private static let bucket = GrantEnvelope(rate: .perSecond(1_000_000), burst: 5)
    private static let window = GrantEnvelope(
        rate: .perSecond(1_000_000),
        burst: 5,
        window: .init(shortest: 5_000, longest: 5_000)
    )

    @Test("counts a grant for just as long as the window is")
    func windowEdges() {
        var oracle = LimiterOracle(Self.window)
        func answers(_ requests: (UInt64, at: UInt64)...) -> [Bool] {
            requests.map { oracle.tryAcquire($0, atNanoseconds: $1) }
        }
        #expect(answers((3, 100), (2, 200), (1, 5_099)) == [true, true, false])
        #expect(oracle.earliestGrant(of: 3) == 5_100 && oracle.earliestGrant(of: 4) == 5_200)
        #expect(oracle.earliestGrant(of: 6) == nil)
        #expect(answers((3, 5_100), (1, 5_199), (2, 5_200)) == [true, false, true])
    }

    @Test("counts as a recount of all grants does", arguments: 1...20)
    func recount(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var oracle = LimiterOracle(Self.window)
        var grants: [(time: UInt64, permits: UInt64)] = []
        var now: UInt64 = 0
        for _ in 0..<300 {
            now += generator.below(1_500)
            let permits = 1 + generator.below(6)
            let counted = grants.filter { $0.time + 5_000 > now }.reduce(0) { $0 + $1.permits }
            let isAllowed = counted + permits <= 5
            let answer = oracle.tryAcquire(permits, atNanoseconds: now)
            #expect(answer == isAllowed)
            if isAllowed { grants.append((now, permits)) }
        }
    }

    @Test("answers a row of requests as it answers them one at a time", arguments: [bucket, window], 1...5)
    func rows(envelope: GrantEnvelope, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (row, single) = (LimiterOracle(envelope), LimiterOracle(envelope))
        var start: UInt64 = 0
        for _ in 0..<50 {
            let count = 1 + Int(generator.below(40))
            let end = start + generator.below(12_000)
            let granted = row.acquireRepeatedly(count: count, fromNanoseconds: start, toNanoseconds: end)
            var expected = 0
            for index in 0..<count {
                let time = count == 1 ? start : start + UInt64(index) * (end - start) / UInt64(count - 1)
                if single.tryAcquire(1, atNanoseconds: time) { expected += 1 }
            }
            #expect(granted == expected)
            start = end + generator.below(3_000)
        }
    }

    @Test("is what a specification says of a load: pacers have a burst of 1, parts of a window are forgotten late")
    func specifications() {
        var load = Samples.limiterLoad
        (load.ratePerSecond, load.burst) = (7, 10)
        func envelope(_ specification: LimiterImplementation.Specification) -> GrantEnvelope {
            GrantEnvelope(specification, load)
        }
        #expect(envelope(.tokenBucket) == GrantEnvelope(rate: .perSecond(7), burst: 10))
        #expect(envelope(.pacer) == GrantEnvelope(rate: .perSecond(7), burst: 1))
        // 10/7 s, rounded up.
        #expect(envelope(.slidingLog).window == .init(shortest: 1_428_571_429, longest: 1_428_571_429))
        #expect(envelope(.slidingWindow(parts: 10)).window == .init(shortest: 1_428_571_429, longest: 1_571_428_572))
        #expect(envelope(.slidingLog).isExact && !envelope(.slidingWindow(parts: 10)).isExact)
        let setup = LimiterSetup(rate: load.rate, burst: 10, clock: VirtualClock())
        #expect(setup.windowNanoseconds == load.windowNanoseconds)
    }
}

@Suite("What a limiter did so far")
struct GrantLedgerTests {
    private static let bucket = GrantEnvelope(rate: .perSecond(1_000_000), burst: 5)
    private static let window = GrantEnvelope(
        rate: .perSecond(1_000_000),
        burst: 5,
        window: .init(shortest: 5_000, longest: 6_000)
    )

    @Test("is right as long as it does what the exact limiter does", arguments: [bucket, window], 1...5)
    func exact(envelope: GrantEnvelope, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var oracle = LimiterOracle(envelope)
        var ledger = GrantLedger(envelope)
        var now: UInt64 = 0
        for _ in 0..<500 {
            now += generator.below(1_500)
            let permits = 1 + generator.below(5)
            // What a window's parts hold back longer is neither wrong to grant nor to refuse.
            let isRight =
                oracle.tryAcquire(permits, atNanoseconds: now)
                ? ledger.granted(permits, at: now) : ledger.refused(permits, at: now)
            #expect(isRight)
        }
        #expect(ledger.worst == nil && ledger.mostWithheld == 0)
    }

    @Test("is wrong where a grant breaks the envelope, with the worst window")
    func excess() {
        for envelope in [Self.bucket, Self.window] {
            var ledger = GrantLedger(envelope)
            let atOnce = [ledger.granted(5, at: 1_000_000), ledger.granted(2, at: 1_000_000)]
            #expect(atOnce == [true, false])
            let worst = ExcessWindow(excess: 2, startNanoseconds: 1_000_000, endNanoseconds: 1_000_000, permits: 7)
            #expect(ledger.worst == worst)
            let later = ledger.granted(1, at: 1_100_000)
            #expect(later, "all that is forgiven by then")
            #expect(ledger.worst?.permits == 7)
        }
    }

    @Test("is wrong where a refusal keeps back what is there")
    func withheld() {
        var bucket = GrantLedger(Self.bucket)
        let bucketAnswers = [
            bucket.granted(5, at: 10_000), bucket.refused(1, at: 10_999), bucket.refused(2, at: 12_500),
        ]
        #expect(bucketAnswers == [true, true, false])
        #expect(bucket.mostWithheld == 2.5)
        var window = GrantLedger(Self.window)
        let windowAnswers = [
            window.granted(5, at: 10_000), window.refused(1, at: 15_999), window.refused(1, at: 16_000),
        ]
        #expect(windowAnswers == [true, true, false], "a part of it may still count, but no longer than that")
        #expect(window.mostWithheld == 5)
        var early = GrantLedger(Self.window)
        let earlyAnswers = [early.granted(5, at: 10_000), early.granted(5, at: 15_000), early.granted(1, at: 15_001)]
        #expect(earlyAnswers == [true, true, false], "or it may not")
    }
}
