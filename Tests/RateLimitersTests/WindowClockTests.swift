import BackpressureTesting
import Testing

@testable import RateLimiters

@Suite("Windows on a clock that jumps", .timeLimit(.minutes(1)))
struct WindowClockTests {
    private func full(limit: Int = 3, window: Int = 1_000, at now: UInt64) -> AskedLog {
        let log = AskedLog(limit: limit, window: .nanoseconds(window))
        for _ in 0..<limit { #expect(log.grants(1, at: now)) }
        return log
    }

    @Test("Set back by a window or less, time stands still until the clock has caught up")
    func slightlyBack() {
        let log = full(at: 10_000)
        #expect(log.tryAcquire(1, at: 9_000) == .retry(after: 2_000))
        #expect(log.tryAcquire(1, at: 10_999) == .retry(after: 1))
        #expect(log.grants(1, at: 11_000))
    }

    @Test("Set back by more, time goes on from where it was")
    func farBack() {
        let log = full(at: 1_000_000)
        #expect(log.tryAcquire(1, at: 500) == .retry(after: 1_000))
        #expect(log.tryAcquire(1, at: 1_499) == .retry(after: 1))
        #expect(log.grants(3, at: 1_500))
        // And back again.
        #expect(log.tryAcquire(1, at: 0) == .retry(after: 1_000))
        #expect(log.grants(3, at: 1_000))
    }

    @Test("A single wrong reading, however far back, opens nothing")
    func singleWrongReading() {
        let log = full(at: 1_000_000)
        #expect(!log.grants(1, at: 1))
        #expect(log.tryAcquire(1, at: 1_000_100) == .retry(after: 900))
        #expect(!log.grants(1, at: 2))
        #expect(log.tryAcquire(1, at: 1_000_200) == .retry(after: 800))
        #expect(log.grants(3, at: 1_001_000))
    }

    @Test("A jump forwards forgets what is old, and leaves the limit as it is")
    func forwards() {
        let log = full(at: 5)
        #expect(log.grants(3, at: 1 << 60))
        #expect(log.tryAcquire(1, at: 1 << 60) == .retry(after: 1_000))
        #expect(log.grants(3, at: .max))
    }

    @Test("A promise is kept by the clock that was set back, too")
    func promiseOnClockSetBack() {
        let log = full(at: 1_000_000)
        #expect(!log.grants(1, at: 500))
        #expect(
            log.reserve(1, at: 600, longest: 900) == .promised(id: 1, nanoseconds: 1_500)
        )
    }
}
