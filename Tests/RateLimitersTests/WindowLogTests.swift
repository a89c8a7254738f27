import BackpressureTesting
import Testing

@testable import RateLimiters

/// A limit, a length in nanoseconds and, for windows, a number of buckets.
struct WindowCase: CustomTestStringConvertible {
    var limit: Int
    var length: Int
    var buckets: Int?

    var shape: WindowShape {
        WindowShape(limit: limit, window: .nanoseconds(length), buckets: buckets)
    }

    var testDescription: String { "\(limit) in \(length) ns" + (buckets.map { ", \($0) buckets" } ?? "") }

    static let exact = [
        WindowCase(limit: 1, length: 1), WindowCase(limit: 1, length: 1_000), WindowCase(limit: 2, length: 3),
        WindowCase(limit: 7, length: 1_000), WindowCase(limit: 10, length: 1_000_000_000),
        WindowCase(limit: 64, length: 100_000), WindowCase(limit: 100, length: 86_400_000_000_000),
        // A bucket a permit, and more than that.
        WindowCase(limit: 100, length: 1_000, buckets: 100), WindowCase(limit: 64, length: 100_000, buckets: 1_024),
    ]
    static let bucketed = [
        WindowCase(limit: 1, length: 1_000, buckets: 4), WindowCase(limit: 7, length: 1_000, buckets: 1),
        WindowCase(limit: 10, length: 1_000_000_000, buckets: 16), WindowCase(limit: 64, length: 100_000, buckets: 7),
        WindowCase(limit: 100, length: 97, buckets: 10), WindowCase(limit: 5, length: 10, buckets: 100),
        WindowCase(limit: 40, length: 86_400_000_000_000, buckets: 24),
    ]
}

@Suite("What a window remembers", .timeLimit(.minutes(5)))
struct WindowLogTests {
    @Test("Every decision of a log, and every time that it names, is the count's", arguments: WindowCase.exact)
    func logEqualsOracle(window: WindowCase) {
        var wrong = 0
        for seed: UInt64 in 1...2 {
            let log = LineLog(window.shape)
            var oracle = SlidingWindowOracle(limit: UInt64(window.limit), windowNanoseconds: UInt64(window.length))
            var demand = WindowDemand(limit: oracle.limit, length: oracle.windowNanoseconds, seed: seed)
            for _ in 0..<WindowDemand.requests(250_000) {
                let (now, elapsed, permits) = demand.next()
                let answer = log.tryAcquire(permits, at: now)
                let expected: Acquisition =
                    if oracle.tryAcquire(permits, atNanoseconds: elapsed) {
                        .granted
                    } else if let due = oracle.earliestGrant(of: permits) {
                        .retry(after: due - elapsed)
                    } else {
                        .exceedsBurst
                    }
                if answer != expected { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test("No window holds more than the limit, and nothing is refused that a window longer by a bucket would grant")
    func windowKeepsItsBounds() throws {
        for window in WindowCase.bucketed {
            let shape = window.shape
            let log = LineLog(shape)
            var runs = 0
            // Both are told of what the window grants.
            var exact = SlidingWindowOracle(limit: shape.limit, windowNanoseconds: shape.length)
            var longer = SlidingWindowOracle(
                limit: shape.limit,
                windowNanoseconds: shape.length + shape.resolution - 1
            )
            var demand = WindowDemand(limit: shape.limit, length: shape.length, seed: 3)
            var (grants, tooMany, tooFew, wrongTimes) = (0, 0, 0, 0)
            for _ in 0..<WindowDemand.requests(60_000) {
                let (now, elapsed, permits) = demand.next()
                exact.observe(elapsed)
                longer.observe(elapsed)
                runs = max(runs, log.log.runs.count)
                switch log.tryAcquire(permits, at: now) {
                case .granted:
                    grants += 1
                    longer.record(permits, atNanoseconds: elapsed)
                    if !exact.tryAcquire(permits, atNanoseconds: elapsed) { tooMany += 1 }
                case .refused(let delay):
                    if longer.tryAcquire(permits, atNanoseconds: elapsed) { tooFew += 1 }
                    let due = try #require(exact.earliestGrant(of: permits))
                    let latest = try #require(longer.earliestGrant(of: permits))
                    if !(due...latest).contains(elapsed + delay.nanoseconds) { wrongTimes += 1 }
                case .exceedsBurst:
                    if permits <= shape.limit { tooFew += 1 }
                }
            }
            #expect([tooMany, tooFew, wrongTimes] == [0, 0, 0], "\(window.testDescription)")
            #expect(grants > 100)
            #expect(runs <= shape.largestRunCount, "there is room for what is remembered: \(window.testDescription)")
        }
    }

    @Test("A refused request passes after just the time it was told", arguments: WindowCase.exact + WindowCase.bucketed)
    func retryAfterIsExact(window: WindowCase) {
        let shape = window.shape
        let log = LineLog(shape)
        var demand = WindowDemand(limit: shape.limit, length: shape.length, seed: 4)
        var (refusals, wrong) = (0, 0)
        for _ in 0..<WindowDemand.requests(60_000) {
            let (now, _, permits) = demand.next()
            guard case .refused(let delay) = log.tryAcquire(permits, at: now) else { continue }
            refusals += 1
            var early = log.log
            let answers = [delay.nanoseconds - 1, delay.nanoseconds].map { wait in
                early.tryAcquire(permits, atNanoseconds: now + wait)
            }
            if answers != [.retry(after: 1), .granted] { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(refusals > 100)
    }

    @Test("Callers who take what is there at once get the whole limit in every window, for ever")
    func saturationIsExact() {
        for buckets in [nil, 1, 16] {
            let shape = WindowShape(limit: 1_000, window: .nanoseconds(1_000_000), buckets: buckets)
            let log = LineLog(shape)
            var granted = 0
            var now: UInt64 = 5
            let windows = 20
            // A first window in which permits trickle, so that they come back at many times.
            for _ in 0..<2_000 {
                if log.tryAcquire(1, at: now).isGranted { granted += 1 }
                now += 777
            }
            granted = 0
            let start = now
            while now < start + UInt64(windows) * shape.length {
                guard case .refused(let delay) = log.tryAcquire(1, at: now) else {
                    granted += 1
                    continue
                }
                now += delay.nanoseconds
            }
            #expect(abs(granted - windows * 1_000) <= 1_000, "\(granted) with \(buckets ?? 0) buckets")
        }
    }

    @Test("Steady requests of any rate lose no more than a part in buckets + 1", arguments: [1, 4, 16])
    func steadyDemandLosesLittle(buckets: Int) {
        let shape = WindowShape(limit: 100, window: .nanoseconds(1_000_000), buckets: buckets)
        let windows = 20
        for gap: UInt64 in [10_000, 9_999, 9_000, 5_000, 500] {
            let log = LineLog(shape)
            let end = UInt64(windows) * shape.length
            let granted = stride(from: 0, to: end, by: Int(gap)).count { now in
                log.tryAcquire(1, at: now).isGranted
            }
            let least = windows * 100 * buckets / (buckets + 1) - 100
            #expect((least...windows * 100 + 100).contains(granted), "\(granted) with a gap of \(gap) ns")
        }
    }

    @Test("Callers who ask faster than the limit lose only what a bucket's share takes them to ask for")
    func fastCallersLoseLess() {
        let shape = WindowShape(limit: 160, window: .nanoseconds(160_000), buckets: 16)
        var log = WindowLog<Buckets>(shape)
        let windows = 50
        let granted = stride(from: 0, to: UInt64(windows) * shape.length, by: 50).count { now in
            log.tryAcquire(1, atNanoseconds: now)?.isGranted == true
        }
        // Ten permits take 500 ns; a bucket without a share of its own would lose 8 000 ns in each window.
        #expect(granted >= windows * 160 * 160_000 / 160_500 - 160)
    }

    @Test("The largest limits, windows and times don't overflow")
    func extremes() {
        let log = LineLog(WindowShape(limit: .max, window: .seconds(3_155_760_000), buckets: 1))
        let all = UInt64(Int.max)
        #expect(log.grants(all, at: .max - 10))
        #expect(log.tryAcquire(all, at: .max - 5) == .retry(after: 5))
        #expect(log.tryAcquire(all + 1, at: .max) == .exceedsBurst)
        #expect(log.reserve(1, at: .max) == .refused(waitNanoseconds: 0))
        let finest = LineLog(limit: 2, window: 1, buckets: 1_000)
        #expect((0..<3).map { _ in finest.grants(1, at: 0) } == [true, true, false])
        #expect(finest.grants(2, at: 1))
    }

    @Test("A fraction of a nanosecond makes the window longer, never shorter")
    func fractionsRoundUp() {
        let shape = WindowShape(
            limit: 1,
            window: .nanoseconds(3) + Duration(secondsComponent: 0, attosecondsComponent: 1),
            buckets: nil
        )
        #expect(shape.length == 4)
        #expect(
            WindowShape(limit: 1, window: Duration(secondsComponent: 0, attosecondsComponent: 1), buckets: 4).length
                == 1
        )
    }
}

extension SlidingWindowOracle {
    /// Lets time get on.
    mutating func observe(_ now: UInt64) {
        let granted = tryAcquire(limit + 1, atNanoseconds: now)
        precondition(!granted)
    }
}
