import Testing

@testable import BackpressureBenchmark

@Suite("Whether a limiter is accurate")
struct AccuracyJudgementTests {
    private func judge(
        _ clock: LimiterLoad.Clock,
        _ change: (inout AccuracyFigures) -> Void = { _ in }
    ) -> AccuracyJudgement {
        var load = Samples.limiterLoad
        load.clock = clock
        var figures = Samples.accurate
        change(&figures)
        return AccuracyJudgement(figures, load: load)
    }

    @Test("it is if it grants what it may", arguments: LimiterLoad.Clock.allCases)
    func accurate(clock: LimiterLoad.Clock) {
        let judgement = judge(clock) { ($0.wrongDecisions, $0.decisions) = (0, 5) }
        #expect(judgement.complaint == nil)
        #expect(judgement.errorPartsPerMillion == 0)
    }

    @Test("it isn't if any window had more than the envelope", arguments: LimiterLoad.Clock.allCases)
    func overshoot(clock: LimiterLoad.Clock) {
        #expect(judge(clock) { $0.overshootPermits = 0.5 }.complaint?.contains("0.50 permits more") == true)
    }

    @Test("on the virtual clock every decision must be the oracle's")
    func decisions() {
        let judgement = judge(.virtual) { ($0.wrongDecisions, $0.decisions) = (1, 5) }
        #expect(judgement.complaint == "1 of 5 decisions differ from the oracle's")
        #expect(judge(.virtual) { $0.granted -= 1 }.complaint?.contains("grants 1000") == true)
        #expect(judge(.virtual) { $0.granted += 1 }.complaint != nil)
    }

    @Test("on the real clock a request at the edge of each caller's call is forgiven, and no more")
    func tolerance() {
        // 5 and one for each of 2 callers; 1/500 of many.
        #expect(judge(.real) { $0.granted += 7 }.complaint == nil)
        #expect(judge(.real) { $0.granted -= 7 }.complaint == nil)
        #expect(judge(.real) { $0.granted += 8 }.complaint != nil)
        #expect(judge(.real) { $0.granted -= 8 }.complaint != nil)
        #expect(judge(.real) { ($0.granted, $0.allowed) = (1_001_000, 1_000_000) }.complaint == nil)
        #expect(judge(.real) { ($0.granted, $0.allowed) = (1_003_000, 1_000_000) }.complaint != nil)
        #expect(judge(.real) { $0.granted += 7 }.errorPartsPerMillion == 7_000)
    }

    @Test("permits that a full bucket may have lost between requests are forgiven, unless it is known when it decided")
    func knownDecisions() {
        // A permit is earned every tenth request, of which a bucket of ten loses a hundredth.
        func complaint(_ knowsDecisions: Bool) -> String? {
            judge(.real) {
                ($0.granted, $0.allowed, $0.durationSeconds) = (99_500, 100_000, 100)
                ($0.decisions, $0.knowsDecisions) = (1_000_000, knowsDecisions)
            }.complaint
        }
        #expect(complaint(false) == nil)
        #expect(complaint(true) == "granted 99500 where the oracle grants 100000 at the same instants")
    }

    @Test("granting nothing is never right")
    func nothing() {
        #expect(judge(.real) { ($0.granted, $0.allowed) = (0, 3) }.complaint == "granted nothing")
        let judgement = judge(.real) { ($0.granted, $0.allowed) = (0, 0) }
        #expect(judgement.complaint == "granted nothing" && judgement.errorPartsPerMillion == nil)
    }

    @Test("a request at the edge may be of several permits where they are mixed")
    func mixed() {
        var load = Samples.limiterLoad
        load.demand = .mixed
        var figures = Samples.accurate
        figures.granted -= 70
        #expect(AccuracyJudgement(figures, load: load).complaint == nil)
        figures.granted -= 1
        #expect(AccuracyJudgement(figures, load: load).complaint != nil)
    }

    @Test("a small bucket may lose what is earned between two requests, in one order of them and not in another")
    func smallBucket() {
        // 1 000/s, a request each 500 µs: half of what is earned may be lost to a burst of 1, a twentieth to one of 10.
        func complaint(burst: Int, missing: Int) -> String? {
            judge(.real) { ($0.decisions, $0.burst, $0.granted) = (2_000, burst, $0.granted - missing) }.complaint
        }
        #expect(complaint(burst: 1, missing: 500) == nil && complaint(burst: 1, missing: 501) != nil)
        #expect(complaint(burst: 10, missing: 50) == nil && complaint(burst: 10, missing: 51) != nil)
    }

    @Test("one that may give permits back late may grant less, but no decision may be wrong")
    func conservative() {
        #expect(judge(.virtual) { ($0.isConservative, $0.granted) = (true, 900) }.complaint == nil)
        #expect(judge(.real) { ($0.isConservative, $0.granted) = (true, 900) }.complaint == nil)
        let wrong = judge(.virtual) { ($0.isConservative, $0.wrongDecisions, $0.decisions) = (true, 2, 9) }
        #expect(wrong.complaint == "2 of 9 decisions differ from the oracle's")
    }

    @Test("the excess is told with its window, and what the limiter was held to")
    func window() {
        let worst = ExcessWindow(
            excess: 98,
            startNanoseconds: 28_000_000,
            endNanoseconds: 32_000_000,
            permits: 238
        )
        func complaint(_ change: (inout AccuracyFigures) -> Void) -> String? {
            judge(.real) {
                ($0.overshootPermits, $0.worstWindow) = (98, worst)
                change(&$0)
            }.complaint
        }
        let excess = "granted 98.00 permits more: 238 between 0.028000 and 0.032000 s"
        #expect(complaint { _ in } == "\(excess), where a window may have 10 + rate · T")
        #expect(complaint { $0.burst = 1 } == "\(excess), where a window may have 1 + rate · T")
        #expect(complaint { $0.windowNanoseconds = 10_000_000 } == "\(excess), where one of 10.0 ms may have 10")
        #expect(judge(.real).broken == nil)
    }

    @Test("on either clock a request must not be refused while its permits are at hand")
    func withheld() {
        let words = "refused a request when 2.50 permits were to be had"
        #expect(judge(.real) { $0.withheldPermits = 2.5 }.complaint == words)
        #expect(judge(.real) { $0.withheldPermits = 0 }.complaint == nil)
        let wrong = judge(.virtual) { ($0.wrongDecisions, $0.decisions, $0.withheldPermits) = (1, 5, 2.5) }
        #expect(wrong.complaint == "1 of 5 decisions differ from the oracle's; \(words)")
    }

    @Test(
        "waiting callers may be kept for some of the time by what timers are, and for longer where those are late too"
    )
    func late() {
        #expect(judge(.real) { $0.keptShare = 0.5 }.lateness == nil)
        let words = "of the time a caller was kept whose permit was due, and a sleeping thread for"
        #expect(judge(.real) { $0.keptShare = 0.51 }.lateness == "for 51 % \(words) 0 %")
        #expect(judge(.real) { ($0.keptShare, $0.timerKeptShare) = (0.61, 0.3) }.lateness == "for 61 % \(words) 30 %")
        #expect(judge(.real) { ($0.keptShare, $0.timerKeptShare) = (0.59, 0.3) }.lateness == nil)
        #expect(judge(.real) { ($0.keptShare, $0.timerKeptShare) = (0.49, 0.01) }.lateness == nil)
        #expect(judge(.real) { $0.keptShare = 1 }.complaint == nil, "that is for all blocks together to say")
    }
}
