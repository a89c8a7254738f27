import BackpressureTesting
import Testing

@Suite("Envelope check")
struct EnvelopeCheckTests {
    @Test("Exact times: the replay finds the worst of all windows")
    func exactTimesEqualBruteForce() {
        var random = SeededGenerator(seed: 11)
        var exceeded = 0
        for _ in 0..<3_000 {
            let envelope = AllowedEnvelope(using: &random)
            let times = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                UInt64.random(in: 0...40, using: &random)
            }
            let found = envelope.overshoot(ofGrantTimes: times)
            #expect(found.permits == envelope.worstWindow(of: times.map { GrantStamp(before: $0, after: $0) }))
            expectConsistent(found, permitsIn: { window in times.count { window.contains($0) } }, envelope)
            if !found.isKept { exceeded += 1 }
        }
        #expect((300..<2_700).contains(exceeded), "the trials must hold both answers: \(exceeded)")
    }

    @Test("Stamps from outside: the sweep finds the largest A(e) − S(s) − burst − rate · (e − s)")
    func stampsEqualBruteForce() {
        var random = SeededGenerator(seed: 12)
        var exceeded = 0
        for _ in 0..<3_000 {
            let envelope = AllowedEnvelope(using: &random)
            let grants = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                let before = UInt64.random(in: 0...40, using: &random)
                let after = before + UInt64.random(in: 0...5, using: &random)
                return GrantStamp(before: before, after: after, permits: .random(in: 1...3, using: &random))
            }
            let found = envelope.overshoot(of: grants)
            #expect(found.permits == envelope.largestCallReturnExcess(of: grants))
            #expect(found.permits <= envelope.worstWindow(of: grants))
            if !found.isKept { exceeded += 1 }
        }
        #expect((300..<2_700).contains(exceeded), "the trials must hold both answers: \(exceeded)")
    }

    @Test("Stamps of no width say what exact times say")
    func bothFormsAgree() {
        var random = SeededGenerator(seed: 13)
        for _ in 0..<1_000 {
            let envelope = AllowedEnvelope(using: &random)
            let times = (0..<20).map { _ in UInt64.random(in: 0...60, using: &random) }
            let stamps = times.map { GrantStamp(before: $0, after: $0) }
            #expect(envelope.overshoot(of: stamps) == envelope.overshoot(ofGrantTimes: times))
        }
    }

    @Test("One caller's stamps miss no window")
    func oneCallerIsExact() {
        var random = SeededGenerator(seed: 14)
        for _ in 0..<1_000 {
            let envelope = AllowedEnvelope(using: &random)
            var now: UInt64 = 0
            let grants = (0..<12).map { _ in
                let before = now + UInt64.random(in: 0...3, using: &random)
                now = before + UInt64.random(in: 1...3, using: &random)
                return GrantStamp(before: before, after: now)
            }
            #expect(envelope.overshoot(of: grants).permits == envelope.worstWindow(of: grants))
        }
    }

    @Test("The exact bucket keeps its envelope whatever the demand", arguments: RequestTimes.allCases)
    func oracleKeepsEnvelope(requests: RequestTimes) {
        let envelope = AllowedEnvelope.oneEachMicrosecond
        var bucket = TokenBucketOracle(
            permits: envelope.permits,
            perNanoseconds: envelope.period,
            burst: envelope.burst
        )
        let granted = requests.times.filter { bucket.tryAcquire(atNanoseconds: $0) }
        for found in [envelope.overshoot(ofGrantTimes: granted), envelope.overshoot(of: granted.map(stalled))] {
            #expect(found.isKept && found.permits == 0)
        }
    }

    @Test("A fixed window that grants twice around a border is seen")
    func seesFixedWindow() {
        var limiter = FixedWindow(length: 10_000, permits: 10)
        let granted = RequestTimes.aroundBorder.times.filter { limiter.tryAcquire(at: $0) }
        let found = AllowedEnvelope.oneEachMicrosecond.overshoot(ofGrantTimes: granted)
        // 20 grants within 13 ns, where 10.013 permits are allowed.
        #expect(found.permits == 9.987)
        #expect(found.window?.grants == 20)
    }

    @Test("A bucket one permit too large is seen, by exactly that permit")
    func seesBurstPlusOne() {
        let envelope = AllowedEnvelope.oneEachMicrosecond
        var bucket = TokenBucketOracle(
            permits: envelope.permits,
            perNanoseconds: envelope.period,
            burst: envelope.burst + 1
        )
        let granted = RequestTimes.saturated.times.filter { bucket.tryAcquire(atNanoseconds: $0) }
        #expect(envelope.overshoot(ofGrantTimes: granted).permits == 1)
        #expect(envelope.overshoot(of: granted.map { GrantStamp(before: $0, after: $0) }).permits == 1)
    }

    @Test("Too many grants after a rest are seen, also through stamps of stalled callers")
    func seesOverAdmissionAfterIdle() {
        let envelope = AllowedEnvelope.oneEachMicrosecond
        var limiter = UncappedBucket(period: envelope.period, burst: envelope.burst)
        let granted = RequestTimes.idleThenBurst.times.filter { limiter.tryAcquire(at: $0) }
        #expect(envelope.overshoot(ofGrantTimes: granted).permits > 9)
        #expect(envelope.overshoot(of: granted.map(stalled)).permits > 8)
    }

    @Test("Stamps wider than the grant can only lower the answer")
    func wideStampsNeverRaise() {
        var random = SeededGenerator(seed: 15)
        for _ in 0..<1_000 {
            let envelope = AllowedEnvelope(using: &random)
            let times = (0..<15).map { _ in UInt64.random(in: 100...140, using: &random) }
            let stamps = times.map { time in
                GrantStamp(
                    before: time - UInt64.random(in: 0...20, using: &random),
                    after: time + UInt64.random(in: 0...20, using: &random)
                )
            }
            #expect(envelope.overshoot(of: stamps).permits <= envelope.overshoot(ofGrantTimes: times).permits)
        }
    }

    @Test("Nothing granted, extreme figures and stamps in the wrong order are answered, not trapped on")
    func extremes() {
        let envelope = AllowedEnvelope(permits: .max, period: .max - 1, burst: .max)
        #expect(envelope.overshoot(ofGrantTimes: []).isKept)
        #expect(envelope.overshoot(of: []).isKept)
        #expect(envelope.overshoot(ofGrantTimes: [.max, 0]).isKept)
        let nothingAllowed = AllowedEnvelope(permits: 0, period: .max, burst: 0)
        let stamps = [GrantStamp(before: .max, after: 0, permits: .max), GrantStamp(before: 0, after: 0)]
        #expect(stamps[0].before == 0)
        let found = nothingAllowed.overshoot(of: stamps)
        #expect(found.permits == Double(UInt32.max) + 1)
        #expect(found.window?.startNanoseconds == 0)
        #expect(found.window?.endNanoseconds == .max)
        #expect(found.window?.grants == 2)
    }

    private func stalled(_ time: UInt64) -> GrantStamp {
        GrantStamp(before: time, after: time + 1)
    }

    /// The window that is named must hold what it is said to, and exceed the envelope by just that much.
    private func expectConsistent(
        _ found: EnvelopeCheck.Overshoot,
        permitsIn: (ClosedRange<UInt64>) -> Int,
        _ envelope: AllowedEnvelope
    ) {
        guard let window = found.window else {
            #expect(found.permits == 0)
            return
        }
        let range = window.startNanoseconds...window.endNanoseconds
        #expect(window.grants == permitsIn(range))
        #expect(envelope.excess(window.grants, over: window.endNanoseconds - window.startNanoseconds) == found.permits)
    }
}

struct AllowedEnvelope {
    var permits: UInt64
    var period: UInt64
    var burst: UInt64

    static let oneEachMicrosecond = AllowedEnvelope(permits: 1, period: 1_000, burst: 10)

    init(permits: UInt64, period: UInt64, burst: UInt64) {
        self.permits = permits
        self.period = period
        self.burst = burst
    }

    init(using random: inout SeededGenerator) {
        permits = .random(in: 0...3, using: &random)
        period = .random(in: 1...12, using: &random)
        burst = .random(in: 0...5, using: &random)
    }

    func overshoot(ofGrantTimes times: [UInt64]) -> EnvelopeCheck.Overshoot {
        EnvelopeCheck.overshoot(ofGrantTimes: times, permits: permits, perNanoseconds: period, burst: burst)
    }

    func overshoot(of grants: [GrantStamp]) -> EnvelopeCheck.Overshoot {
        EnvelopeCheck.overshoot(of: grants, permits: permits, perNanoseconds: period, burst: burst)
    }

    /// The excess of `granted` permits over a window, by small exact numbers.
    func excess(_ granted: Int, over length: UInt64) -> Double {
        let units = granted * Int(period) - Int(burst * period) - Int(length * permits)
        return max(0, reduced(units))
    }

    /// Brute force: what was granted wholly inside each window.
    func worstWindow(of grants: [GrantStamp]) -> Double {
        worst(of: grants) { start, end in
            grants.filter { $0.before >= start && $0.after <= end }.reduce(0) { $0 + Int($1.permits) }
        }
    }

    /// Brute force: A(e) − S(s) for each window.
    func largestCallReturnExcess(of grants: [GrantStamp]) -> Double {
        worst(of: grants) { start, end in
            let returned = grants.filter { $0.after <= end }.reduce(0) { $0 + Int($1.permits) }
            let begun = grants.filter { $0.before < start }.reduce(0) { $0 + Int($1.permits) }
            return returned - begun
        }
    }

    private func worst(of grants: [GrantStamp], permitsIn: (UInt64, UInt64) -> Int) -> Double {
        var worst = 0.0
        for start in grants.map(\.before) {
            for end in grants.map(\.after) where end >= start {
                worst = max(worst, excess(permitsIn(start, end), over: end - start))
            }
        }
        return worst
    }

    /// The same rounding as dividing by the reduced denominator: both are correctly rounded quotients of small numbers.
    private func reduced(_ units: Int) -> Double { Double(units) / Double(period) }
}

/// When permits are asked for.
enum RequestTimes: CaseIterable {
    case saturated, onOff, idleThenBurst, aroundBorder

    var times: [UInt64] {
        switch self {
        case .saturated:
            Array(stride(from: 0, to: 200_000, by: 37))
        case .onOff:
            (0..<10).flatMap { Array(stride(from: $0 * 17_011, to: $0 * 17_011 + 6_007, by: 53)) }
        case .idleThenBurst:
            Array(repeating: 0, count: 50) + Array(repeating: 20_000, count: 50)
        case .aroundBorder:
            (99_991..<100_010).flatMap { [$0, $0] }
        }
    }
}

/// Mutant: counts anew in each window, so that two windows' worth pass around a border.
private struct FixedWindow {
    let length: UInt64
    let permits: Int
    private var window: UInt64 = 0
    private var used = 0

    init(length: UInt64, permits: Int) {
        self.length = length
        self.permits = permits
    }

    mutating func tryAcquire(at now: UInt64) -> Bool {
        if now / length != window { (window, used) = (now / length, 0) }
        guard used < permits else { return false }
        used += 1
        return true
    }
}

/// Mutant: a bucket that forgets its size while it rests.
private struct UncappedBucket {
    let period: UInt64
    private var level: UInt64
    private var latest: UInt64 = 0

    init(period: UInt64, burst: UInt64) {
        self.period = period
        level = burst * period
    }

    mutating func tryAcquire(at now: UInt64) -> Bool {
        level += now - latest
        latest = now
        guard level >= period else { return false }
        level -= period
        return true
    }
}
