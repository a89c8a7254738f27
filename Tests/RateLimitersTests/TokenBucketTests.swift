import BackpressureTesting
import RateLimiters
import Testing

@Suite("Token buckets at their limits", .timeLimit(.minutes(5)))
struct TokenBucketTests {
    @Test("A line that would outlast the numbers takes no more places, and wraps for nobody")
    func longestLine() async {
        // A permit in ten years: 14 fit into 62 bits of nanoseconds, and the first was granted.
        let clock = ManualClock()
        let rate = Rate(permits: 1, perNanoseconds: 315_576_000_000_000_000)
        let places = 13
        let bucket = LockFreeTokenBucket(rate: rate, burst: 1, clock: clock)
        #expect(bucket.tryAcquire(1).isGranted)
        await withTaskGroup(of: AcquireError?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    do throws(AcquireError) {
                        try await bucket.acquire(1, timeout: nil)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            // Those for whom there is no place are refused at once; the others wait, until they are cancelled.
            var outcomes: [AcquireError?] = []
            while outcomes.count < 100 - places, let outcome = await group.next() { outcomes.append(outcome) }
            #expect(outcomes.allSatisfy { if case .timeout = $0 { true } else { false } })
            #expect(!bucket.tryAcquire(1).isGranted)
            group.cancelAll()
            let rest = await group.reduce(into: []) { $0.append($1) }
            #expect(rest == Array(repeating: .cancelled, count: places))
        }
    }

    @Test(
        "The whole range of rates gives a burst and then the rate",
        arguments: [1.0 / 300_000_000, 1, 1e3, 1e6, 3e9, 4e9]
    )
    func range(perSecond: Double) {
        let clock = ManualClock(nanoseconds: 12_345)
        let rate = Rate.perSecond(perSecond)
        let bucket = MutexTokenBucket(rate: rate, burst: 4, clock: clock)
        #expect((0..<5).count { _ in bucket.tryAcquire(1).isGranted } == 4)
        guard case .refused(let delay) = bucket.tryAcquire(1) else {
            Issue.record("an empty bucket must refuse")
            return
        }
        clock.advance(byNanoseconds: delay.nanoseconds)
        #expect(bucket.tryAcquire(1).isGranted)
    }
}
