import BackpressureTesting
import Testing

@testable import RateLimiters

@Suite("Windows on a clock that jumps", .timeLimit(.minutes(5)))
struct WindowClockTests {
    private func full(limit: Int = 3, window: Int = 1_000, at now: UInt64) -> LineLog {
        let log = LineLog(limit: limit, window: window)
        for _ in 0..<limit { #expect(log.grants(1, at: now)) }
        return log
    }

    @Test("Set back by however much, time goes on from where it was", arguments: [1, 999, 1_000, 999_999, 1_000_000])
    func back(setBack: UInt64) {
        let log = full(at: 1_000_000)
        for again in 0..<3 {
            let now = 1_000_000 - setBack + UInt64(again) * 7
            #expect(log.tryAcquire(1, at: now) == .retry(after: 1_000))
            #expect(log.tryAcquire(1, at: now + 999) == .retry(after: 1))
            #expect(log.grants(3, at: now + 1_000))
        }
    }

    @Test("A clock that is set back again and again opens nothing but what it went forwards")
    func backAgainAndAgain() {
        let log = full(at: 1_000_000)
        for step in 0..<10 { #expect(log.tryAcquire(1, at: 900_000 - UInt64(step)) == .retry(after: 1_000)) }
        #expect(log.tryAcquire(1, at: 900_500) == .retry(after: 491))
    }

    @Test("A jump forwards forgets what is old, and leaves the limit as it is")
    func forwards() {
        let log = full(at: 5)
        #expect(log.grants(3, at: 1 << 60))
        #expect(log.tryAcquire(1, at: 1 << 60) == .retry(after: 1_000))
        #expect(log.grants(3, at: .max))
    }

    @Test("Whoever waits is as far from being due after the clock was set back as before")
    func promisesFollow() {
        let log = full(at: 1_000_000)
        for permits: UInt64 in [1, 2] { _ = log.reserve(permits, at: 1_000_100) }
        #expect(log.instants == [1_001_000, 1_001_000])
        #expect(log.tryAcquire(1, at: 500) == .retry(after: 1_900))
        #expect(log.instants == [1_400, 1_400])
        log.cancel(at: 0, now: 600)
        #expect(log.instants == [1_400])
        #expect(log.tryAcquire(1, at: 1_399) == .retry(after: 1))
        #expect(log.grants(1, at: 1_400))
        log.mend(at: 1_400)
        #expect(log.instants == [])
    }

    @Test("What was long due when the clock was set back counts as granted, though it leaves the line")
    func longDue() {
        let log = full(limit: 1, at: 1_000_000)
        _ = log.reserve(1, at: 1_000_000)
        #expect(log.instants == [1_001_000])
        #expect(log.grants(1, at: 1_002_500))
        log.log.mend(&log.line, atNanoseconds: 5)
        #expect(log.instants == [0])
        log.log.cancel(at: 0, in: &log.line, atNanoseconds: 5)
        #expect(log.tryAcquire(1, at: 5) == .retry(after: 1_000))
        #expect(log.grants(1, at: 1_005))
    }
}
