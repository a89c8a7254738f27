import BackpressureTesting
import Testing

@Suite("Token bucket oracle")
struct TokenBucketOracleTests {
    @Test("It starts full, refuses beyond the burst and refills at the rate")
    func grantsBurstThenRate() {
        var bucket = TokenBucketOracle(permits: 1, perNanoseconds: 10, burst: 3)
        #expect(bucket.availablePermits == 3)
        let atOnce = bucket.decisions(atNanoseconds: [1_000, 1_000, 1_000, 1_000, 1_000])
        #expect(atOnce == [true, true, true, false, false])
        let refilled = bucket.decisions(atNanoseconds: [1_009, 1_010, 1_010])
        #expect(refilled == [false, true, false])
    }

    @Test("Asking at every nanosecond grants the exact fraction, with no drift", arguments: [1, 3, 7, 11, 13])
    func keepsFractions(permits: UInt64) {
        // 17 shares no factor with the rates: every nanosecond leaves another fraction of a permit.
        // With room for a second permit, no fraction is lost to a full bucket.
        var bucket = TokenBucketOracle(permits: permits, perNanoseconds: 17, burst: 2)
        let lifetime: UInt64 = 17_000
        let granted = (0...lifetime).count { bucket.tryAcquire(atNanoseconds: $0) }
        #expect(UInt64(granted) == 2 + lifetime * permits / 17)
    }

    @Test("Rest earns no more than the burst")
    func restIsCapped() {
        var bucket = TokenBucketOracle(permits: 1_000, perNanoseconds: 1, burst: 4)
        let granted = (0..<10).count { _ in bucket.tryAcquire(atNanoseconds: 1 << 40) }
        #expect(granted == 4)
    }

    @Test("Time that goes backwards stands still")
    func backwardsStandsStill() {
        var bucket = TokenBucketOracle(permits: 1, perNanoseconds: 10, burst: 1)
        let decisions = bucket.decisions(atNanoseconds: [100, 50, 109, 110, 0])
        #expect(decisions == [true, false, false, true, false])
        #expect(bucket.latestNanoseconds == 110)
    }

    @Test("Several permits are granted together or not at all")
    func severalPermits() {
        var bucket = TokenBucketOracle(permits: 1, perNanoseconds: 1, burst: 10)
        let atOnce = [7, 4, 3, 0, 1].map { bucket.tryAcquire($0, atNanoseconds: 0) }
        #expect(atOnce == [true, false, true, true, false])
        let rested = [11, 10].map { bucket.tryAcquire($0, atNanoseconds: 1_000) }
        #expect(rested == [false, true])
    }

    @Test("The earliest grant is granted, and nothing before it is")
    func earliestGrantIsExact() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let burst = UInt64.random(in: 1...20, using: &random)
            var bucket = TokenBucketOracle(
                permits: .random(in: 1...50, using: &random),
                perNanoseconds: .random(in: 1...50, using: &random),
                burst: burst
            )
            for _ in 0..<5 {
                _ = bucket.tryAcquire(
                    .random(in: 0...burst, using: &random),
                    atNanoseconds: .random(in: 0...60, using: &random)
                )
            }
            let wanted = UInt64.random(in: 1...burst, using: &random)
            let due = try #require(bucket.earliestGrant(of: wanted))
            var onTime = bucket
            let granted = onTime.tryAcquire(wanted, atNanoseconds: due)
            #expect(granted, "\(wanted) of \(bucket) at \(due)")
            if due > bucket.latestNanoseconds {
                let early = bucket.tryAcquire(wanted, atNanoseconds: due - 1)
                #expect(!early, "\(wanted) at \(due - 1)")
            }
        }
    }

    @Test("What can never be granted has no earliest grant")
    func neverGranted() {
        var dry = TokenBucketOracle(permits: 0, perNanoseconds: 1, burst: 1)
        #expect(dry.earliestGrant(of: 2) == nil)
        let granted = dry.acquireRepeatedly(count: .max, fromNanoseconds: 0, toNanoseconds: .max)
        #expect(granted == 1)
        #expect(dry.earliestGrant(of: 1) == nil)
        var slow = TokenBucketOracle(permits: 1, perNanoseconds: .max, burst: 1)
        _ = slow.tryAcquire(atNanoseconds: 1)
        #expect(slow.earliestGrant(of: 1) == nil)
    }

    @Test("The largest rates, bursts and times don't overflow")
    func extremes() {
        var bucket = TokenBucketOracle(permits: .max, perNanoseconds: .max - 1, burst: .max)
        let requests: [(permits: UInt64, now: UInt64)] = [(.max, 0), (1, 0), (.max, .max)]
        let decisions = requests.map { bucket.tryAcquire($0.permits, atNanoseconds: $0.now) }
        #expect(decisions == [true, false, true])
        var spread = TokenBucketOracle(permits: 1, perNanoseconds: .max, burst: .max)
        let granted = spread.acquireRepeatedly(count: 5, fromNanoseconds: 0, toNanoseconds: .max)
        #expect(granted == 5)
        #expect(spread.availablePermits == UInt64.max - 4)
    }

    @Test("Even spacing in closed form equals asking one at a time, and leaves the same bucket")
    func closedFormEqualsLoop() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            let trial = EvenSpacingTrial(using: &random)
            #expect(trial.closedForm() == trial.oneAtATime(), "\(trial)")
        }
    }

    @Test("The comparison with asking one at a time sees requests spread by a nanosecond more")
    func comparisonSeesMutant() {
        var random = SeededGenerator(seed: 3)
        let seen = (0..<1_000).count { _ in
            let trial = EvenSpacingTrial(using: &random)
            var mutant = trial
            mutant.end += 1
            return mutant.closedForm() != trial.oneAtATime()
        }
        #expect(seen > 0)
    }

    @Test("The closed form answers for more requests than could ever be made one by one")
    func closedFormSkipsRefusals() {
        var bucket = TokenBucketOracle(permits: 7, perNanoseconds: 1_000_000_000, burst: 5)
        let granted = bucket.acquireRepeatedly(
            count: 1_000_000_000_001,
            fromNanoseconds: 0,
            toNanoseconds: 1_000_000_000_000
        )
        #expect(granted == 5 + 7_000)
    }

    @Test("No requests, one request and an interval that ends before it starts")
    func closedFormEdges() {
        let bucket = TokenBucketOracle(permits: 1, perNanoseconds: 1, burst: 2)
        let trials = [(0, 9), (-1, 9), (1, 9), (10, 1)].map { count, end in
            EvenSpacingTrial(bucket: bucket, count: count, start: 5, end: end).closedForm()
        }
        #expect(trials.map(\.granted) == [0, 0, 1, 2])
        #expect(trials.map(\.bucket.latestNanoseconds) == [0, 0, 5, 5])
    }
}

extension TokenBucketOracle {
    fileprivate mutating func decisions(atNanoseconds times: [UInt64]) -> [Bool] {
        times.map { tryAcquire(atNanoseconds: $0) }
    }
}

/// A bucket in some state, and requests to make of it.
private struct EvenSpacingTrial {
    struct Outcome: Equatable {
        var granted: Int
        var bucket: TokenBucketOracle
    }

    var bucket: TokenBucketOracle
    var count: Int
    var start: UInt64
    var end: UInt64

    func closedForm() -> Outcome {
        var bucket = bucket
        let granted = bucket.acquireRepeatedly(count: count, fromNanoseconds: start, toNanoseconds: end)
        return Outcome(granted: granted, bucket: bucket)
    }

    func oneAtATime() -> Outcome {
        var bucket = bucket
        let span = end > start ? Int(end - start) : 0
        let granted = (0..<count).count { index in
            let offset = count > 1 ? index * span / (count - 1) : 0
            return bucket.tryAcquire(1, atNanoseconds: start + UInt64(offset))
        }
        return Outcome(granted: granted, bucket: bucket)
    }
}

extension EvenSpacingTrial {
    init(using random: inout SeededGenerator) {
        bucket = TokenBucketOracle(
            permits: .random(in: 0...30, using: &random),
            perNanoseconds: .random(in: 1...30, using: &random),
            burst: .random(in: 0...8, using: &random)
        )
        _ = bucket.tryAcquire(.random(in: 0...8, using: &random), atNanoseconds: .random(in: 0...100, using: &random))
        count = .random(in: 0...40, using: &random)
        start = .random(in: 0...150, using: &random)
        end = .random(in: 0...300, using: &random)
    }
}
