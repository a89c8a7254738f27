import BackpressureTesting
import Testing

@testable import RateLimiters

/// What a log promises, by the oracle: everything is worked out anew, from the grants and from who waits, in order.
private struct PromiseModel {
    struct Waiting: Equatable {
        var time: UInt64
        var permits: UInt64
    }

    /// Grants whose time has come.
    private(set) var settled: SlidingWindowOracle
    var waiting: [Waiting] = []

    init(_ shape: WindowShape) {
        settled = SlidingWindowOracle(limit: shape.limit, windowNanoseconds: shape.length)
    }

    /// Lets time get on to the latest reading.
    mutating func observe(_ now: UInt64) {
        let latest = max(settled.latestNanoseconds, now)
        while let first = waiting.first, first.time <= latest {
            settled.record(first.permits, atNanoseconds: first.time)
            waiting.removeFirst()
        }
        settled.observe(latest)
    }

    mutating func grant(_ permits: UInt64) {
        settled.record(permits, atNanoseconds: settled.latestNanoseconds)
    }

    /// All that is granted and promised.
    var all: SlidingWindowOracle {
        waiting.reduce(into: settled) { $0.record($1.permits, atNanoseconds: $1.time) }
    }

    func earliest(_ permits: UInt64) -> UInt64? { all.earliestGrant(of: permits) }

    /// Those who wait, promised again one after the other.
    var rescheduled: [Waiting] {
        var oracle = settled
        return waiting.map { one in
            let time = oracle.earliestGrant(of: one.permits) ?? .max
            oracle.record(one.permits, atNanoseconds: time)
            return Waiting(time: time, permits: one.permits)
        }
    }
}

@Suite("Promises of windows", .timeLimit(.minutes(5)))
struct WindowPromiseTests {
    @Test("The log promises the count's times, to a long line with cancellations", arguments: WindowCase.exact)
    func logPromisesEqualOracle(window: WindowCase) throws {
        let shape = window.shape
        let log = LineLog(shape)
        var model = PromiseModel(shape)
        var demand = WindowDemand(limit: shape.limit, length: shape.length, seed: 5)
        var (promised, cancelled, wrong) = (0, 0, 0)
        for _ in 0..<WindowDemand.requests(20_000) {
            let (now, elapsed, permits) = demand.next()
            model.observe(elapsed)
            if !model.waiting.isEmpty, demand.chance(1, of: 4) {
                let index = demand.index(below: model.waiting.count)
                model.waiting.remove(at: index)
                model.waiting = model.rescheduled
                log.cancel(at: index, now: now)
                if log.line.map(\.time) != model.waiting.map(\.time) { wrong += 1 }
                cancelled += 1
                continue
            }
            // A line of a hundred is long enough for the tests' time.
            let longest = demand.chance(1, of: 8) ? shape.length / 2 : model.waiting.count < 100 ? .max : 0
            let due = model.earliest(permits)
            let answer = log.reserve(permits, at: now, longest: longest)
            switch answer {
            case .granted:
                if due != model.settled.latestNanoseconds || !model.waiting.isEmpty { wrong += 1 }
                model.grant(permits)
            case .waiting(let place):
                let latest = model.settled.latestNanoseconds
                if due != place.time || place.time <= latest || place.time - latest > longest { wrong += 1 }
                model.waiting.append(.init(time: place.time, permits: permits))
                promised += 1
            case .refused(let wait):
                if due != model.settled.latestNanoseconds + wait || wait <= longest { wrong += 1 }
            case .exceedsBurst:
                if due != nil || permits <= shape.limit { wrong += 1 }
            }
        }
        #expect(wrong == 0)
        #expect(promised > 50 && cancelled > 50)
    }

    @Test(
        "With buckets too no window holds more than the limit, and nobody's time is put off by a cancellation",
        arguments: WindowCase.bucketed
    )
    func windowPromisesKeepTheLimit(window: WindowCase) {
        let shape = window.shape
        let log = LineLog(shape)
        var model = PromiseModel(shape)
        var demand = WindowDemand(limit: shape.limit, length: shape.length, seed: 6)
        var (promised, cancelled, wrong) = (0, 0, 0)
        for _ in 0..<WindowDemand.requests(10_000) {
            let (now, elapsed, permits) = demand.next()
            model.observe(elapsed)
            if !model.waiting.isEmpty, demand.chance(1, of: 4) {
                let index = demand.index(below: model.waiting.count)
                model.waiting.remove(at: index)
                log.cancel(at: index, now: now)
                if log.line.count != model.waiting.count { wrong += 1 }
                for (position, place) in zip(model.waiting.indices, log.line) {
                    if place.time > model.waiting[position].time { wrong += 1 }
                    model.waiting[position].time = place.time
                }
                cancelled += 1
            } else {
                let longest: UInt64 = model.waiting.count < 50 ? .max : 0
                switch log.reserve(permits, at: now, longest: longest) {
                case .granted: model.grant(permits)
                case .waiting(let place):
                    model.waiting.append(.init(time: place.time, permits: permits))
                    promised += 1
                case .refused, .exceedsBurst: break
                }
            }
            if zip(model.waiting, model.waiting.dropFirst()).contains(where: { $0.time > $1.time }) { wrong += 1 }
            if model.all.hasExceeded(lastGrants: 60) { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(promised > 50 && cancelled > 50)
    }

    @Test("A newcomer is granted nothing while anyone waits, and is told when the line has passed")
    func newcomersQueueUp() {
        let log = LineLog(limit: 2, window: 100)
        #expect(log.grants(1, at: 10))
        #expect(log.reserve(2, at: 20) == .waiting(PermitPlace(permits: 2, mark: 110)))
        #expect(log.tryAcquire(1, at: 30) == .retry(after: 180))
        #expect(log.reserve(1, at: 40, longest: 169) == .refused(waitNanoseconds: 170))
        #expect(log.reserve(1, at: 40, longest: 170) == .waiting(PermitPlace(permits: 1, mark: 210)))
        log.cancel(at: 0, now: 50)
        #expect(log.instants == [50], "the second can have its permit at once")
        #expect(log.tryAcquire(1, at: 60) == .retry(after: 50))
    }

    @Test("A promise that shared a bucket with a grant leaves it as it was")
    func withdrawnFromSharedBucket() {
        let log = LineLog(limit: 4, window: 100, buckets: 2)
        #expect(log.grants(2, at: 0) && log.grants(1, at: 60))
        _ = log.reserve(2, at: 61)
        #expect(log.instants == [100])
        log.cancel(at: 0, now: 62)
        #expect(log.tryAcquire(4, at: 63) == .retry(after: 160 - 63))
    }

    @Test("A promise that shared a bucket with one that has been kept leaves that as it was")
    func withdrawnFromKeptBucket() {
        let log = LineLog(limit: 4, window: 100, buckets: 2)
        #expect(log.grants(2, at: 0) && log.grants(1, at: 10) && log.grants(1, at: 20))
        _ = log.reserve(1, at: 21)
        _ = log.reserve(2, at: 22)
        #expect(log.instants == [100, 120])
        log.mend(at: 100)
        log.cancel(at: 0, now: 105)
        #expect(log.tryAcquire(4, at: 106) == .retry(after: 200 - 106))
    }

    @Test("A change of limit and window holds for what is remembered, and for whoever waits")
    func update() {
        let log = LineLog(limit: 4, window: 100)
        #expect(log.grants(4, at: 10))
        for permits: UInt64 in [3, 1] { _ = log.reserve(permits, at: 20) }
        #expect(log.instants == [110, 110])
        log.update(limit: 2, window: 200, at: 30)
        // Three permits are now more than the limit: they pass when nothing else is in the window.
        #expect(log.instants == [210, 410])
        #expect(log.tryAcquire(3, at: 40) == .exceedsBurst)
        log.update(limit: 8, window: 100, at: 50)
        #expect(log.instants == [50, 50])
        #expect(log.tryAcquire(1, at: 60) == .retry(after: 50))
    }

    @Test("Whatever changes, no window of the shorter length holds more than the larger limit")
    func updatesKeepTheLargerLimit() {
        var random = SeededGenerator(seed: 7)
        var wrong = 0
        for trial in 0..<WindowDemand.requests(4_000) {
            let buckets = trial % 2 == 0 ? nil : 4
            var shapes = (0..<2).map { _ in
                (limit: Int.random(in: 1...8, using: &random), length: Int.random(in: 1...100, using: &random))
            }
            let log = LineLog(limit: shapes[0].limit, window: shapes[0].length, buckets: buckets)
            var grants: [GrantStamp] = []
            var now: UInt64 = 1
            for step in 0..<80 {
                now += UInt64.random(in: 0...10, using: &random)
                if step == 40 { log.update(limit: shapes[1].limit, window: shapes[1].length, at: now) }
                let permits = UInt64.random(in: 1...3, using: &random)
                if log.grants(permits, at: now) {
                    grants.append(GrantStamp(before: now, after: now, permits: UInt32(permits)))
                }
            }
            shapes.sort { $0.length < $1.length }
            let overshoot = EnvelopeCheck.overshoot(
                of: grants,
                limit: UInt64(max(shapes[0].limit, shapes[1].limit)),
                windowNanoseconds: UInt64(shapes[0].length)
            )
            if !overshoot.isKept { wrong += 1 }
        }
        #expect(wrong == 0)
    }
}

extension SlidingWindowOracle {
    /// Whether any window that ends at one of the last grants holds more than the limit.
    fileprivate func hasExceeded(lastGrants count: Int) -> Bool {
        grants.indices.suffix(count).contains { end in
            var sum: UInt64 = 0
            for grant in grants[...end].reversed() {
                if grants[end].nanoseconds - grant.nanoseconds >= windowNanoseconds { break }
                sum += grant.permits
            }
            return sum > limit
        }
    }
}

extension WindowPromiseTests {
    @Test("Whatever comes, new terms and clocks set back too, a line stays in order and comes to its end")
    func randomEvents() {
        var generator = SeededGenerator(seed: 3)
        var (cancelled, longestLine) = (0, 0)
        for seed in 0..<300 {
            let buckets = seed % 2 == 0 ? nil : 4
            let log = LineLog(limit: 5, window: 100, buckets: buckets)
            var now = UInt64.random(in: 0...1_000, using: &generator)
            var limit = 5
            for _ in 0..<80 {
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<2:
                    now += UInt64.random(in: 0...200, using: &generator)
                case 2:
                    now -= min(now, UInt64.random(in: 0...300, using: &generator))
                case 3:
                    limit = Int.random(in: 1...12, using: &generator)
                    log.update(limit: limit, window: Int.random(in: 1...300, using: &generator), at: now)
                case 4..<7 where !log.line.isEmpty:
                    log.mend(at: now)
                    guard !log.line.isEmpty else { break }
                    let index = Int.random(in: 0..<log.line.count, using: &generator)
                    let before = log.instants
                    log.cancel(at: index, now: now)
                    cancelled += 1
                    let left = before.indices.filter { $0 != index }.map { before[$0] }
                    #expect(zip(log.instants, left).allSatisfy { $0 <= $1 }, "nobody's time becomes later")
                default:
                    let permits = UInt64.random(in: 1...UInt64(limit), using: &generator)
                    let answer = log.reserve(permits, at: now)
                    if log.line.count > 1 { #expect(answer != .granted, "who waits is first") }
                }
                longestLine = max(longestLine, log.line.count)
                let times = log.instants
                #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
            }
            now += 300 * UInt64(log.line.count + 1) + 2_000
            log.mend(at: now)
            #expect(log.line.isEmpty)
            #expect(log.grants(UInt64(limit), at: now + 1_000))
        }
        #expect(cancelled > 1_000 && longestLine > 10)
    }
}
