import BackpressureTesting
import Testing

@Suite("Sliding window oracle and check")
struct SlidingWindowOracleTests {
    @Test("The limit is granted in any window, which is open where it begins")
    func grantsLimitPerWindow() {
        var oracle = SlidingWindowOracle(limit: 3, windowNanoseconds: 10)
        let granted = [(1, 5), (1, 7), (2, 8), (1, 8), (1, 14), (1, 15), (1, 16), (2, 17), (1, 17)]
            .map { oracle.tryAcquire(UInt64($0.0), atNanoseconds: UInt64($0.1)) }
        #expect(granted == [true, true, false, true, false, true, false, false, true])
        #expect(oracle.permitsInWindow == 3)
        #expect(oracle.grants.map(\.nanoseconds) == [5, 7, 8, 15, 17])
    }

    @Test("The earliest grant is granted, and nothing before it is")
    func earliestGrantIsExact() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let limit = UInt64.random(in: 1...10, using: &random)
            var oracle = SlidingWindowOracle(limit: limit, windowNanoseconds: .random(in: 1...30, using: &random))
            for _ in 0..<12 {
                let now = oracle.latestNanoseconds + UInt64.random(in: 0...9, using: &random)
                _ = oracle.tryAcquire(.random(in: 0...limit, using: &random), atNanoseconds: now)
            }
            let wanted = UInt64.random(in: 1...limit, using: &random)
            let due = try #require(oracle.earliestGrant(of: wanted))
            var onTime = oracle
            let granted = onTime.tryAcquire(wanted, atNanoseconds: due)
            #expect(granted)
            if due > oracle.latestNanoseconds {
                let early = oracle.tryAcquire(wanted, atNanoseconds: due - 1)
                #expect(!early)
            }
        }
    }

    @Test("What can never be granted has no earliest grant; time that goes backwards stands still")
    func edges() {
        var oracle = SlidingWindowOracle(limit: 1, windowNanoseconds: .max)
        #expect(oracle.earliestGrant(of: 2) == nil)
        let decisions = [(1, 9), (1, 3), (0, 3), (2, 20)]
            .map { oracle.tryAcquire(UInt64($0.0), atNanoseconds: UInt64($0.1)) }
        #expect(decisions == [true, false, true, false])
        #expect(oracle.latestNanoseconds == 20)
        #expect(oracle.earliestGrant(of: 1) == nil)
        oracle.record(5, atNanoseconds: 7)
        #expect(oracle.permitsInWindow == 6)
        let more = oracle.tryAcquire(1, atNanoseconds: 30)
        #expect(!more)
    }

    @Test("Exact times: the check finds the fullest of all windows")
    func exactTimesEqualBruteForce() {
        var random = SeededGenerator(seed: 2)
        var exceeded = 0
        for _ in 0..<2_000 {
            let length = UInt64.random(in: 1...12, using: &random)
            let limit = UInt64.random(in: 0...8, using: &random)
            let grants = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                let time = UInt64.random(in: 0...40, using: &random)
                return GrantStamp(before: time, after: time, permits: .random(in: 1...3, using: &random))
            }
            let fullest =
                (0...52 as ClosedRange<UInt64>).map { end in
                    grants.filter { $0.after <= end && $0.after + length > end }.reduce(0) { $0 + Int($1.permits) }
                }.max() ?? 0
            let found = EnvelopeCheck.overshoot(of: grants, limit: limit, windowNanoseconds: length)
            #expect(found.permits == Double(max(0, fullest - Int(limit))))
            #expect(found.isKept == (fullest <= Int(limit)))
            if let window = found.window {
                exceeded += 1
                #expect(window.endNanoseconds - window.startNanoseconds < length)
                let inside = grants.filter { (window.startNanoseconds...window.endNanoseconds).contains($0.after) }
                #expect(inside.count == window.grants && inside.reduce(0) { $0 + Int($1.permits) } == fullest)
            }
        }
        #expect((200..<1_800).contains(exceeded), "the trials must hold both answers: \(exceeded)")
    }

    @Test("Stamps around the grants can lower the answer, never raise it")
    func wideStampsNeverRaise() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<1_000 {
            let exact = (0..<15).map { _ in
                let time = UInt64.random(in: 100...160, using: &random)
                return GrantStamp(before: time, after: time)
            }
            let wide = exact.map { stamp in
                GrantStamp(
                    before: stamp.before - UInt64.random(in: 0...20, using: &random),
                    after: stamp.after + UInt64.random(in: 0...20, using: &random)
                )
            }
            let found = [exact, wide].map {
                EnvelopeCheck.overshoot(of: $0, limit: 2, windowNanoseconds: 15).permits
            }
            #expect(found[1] <= found[0])
        }
        let extremes = [GrantStamp(before: 0, after: .max, permits: .max), GrantStamp(before: .max, after: .max)]
        #expect(EnvelopeCheck.overshoot(of: extremes, limit: 0, windowNanoseconds: 1).permits == 1)
        #expect(EnvelopeCheck.overshoot(of: [], limit: 0, windowNanoseconds: .max).isKept)
    }
}
