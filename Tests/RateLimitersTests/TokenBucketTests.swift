import BackpressureTesting
import RateLimiters
import Testing

@Suite("Token buckets at their limits", .timeLimit(.minutes(1)))
struct TokenBucketTests {
    @Test("A line that would outlast the numbers takes no more places, and wraps for nobody")
    func longestLine() async {
        // A permit in ten years: some 58 fit into 64 bits of nanoseconds.
        let clock = ManualClock()
        let rate = Rate(permits: 1, perNanoseconds: 315_576_000_000_000_000)
        let bucket = LockFreeTokenBucket(rate: rate, burst: 1, clock: clock)
        #expect(bucket.tryAcquire(1).isGranted)
        let outcomes = await withTaskGroup(of: AcquireError?.self) { group in
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
            var refused = 0
            // All that don't wait are refused at once; the others sleep.
            for await outcome in group {
                guard case .timeout = outcome else { break }
                refused += 1
                if refused + clock.sleeperCount == 100 { break }
            }
            #expect(!bucket.tryAcquire(1).isGranted)
            group.cancelAll()
            return refused
        }
        #expect(outcomes > 0 && outcomes < 100)
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
