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

    @Test("granting nothing is never right")
    func nothing() {
        #expect(judge(.real) { ($0.granted, $0.allowed) = (0, 3) }.complaint == "granted nothing")
        let judgement = judge(.real) { ($0.granted, $0.allowed) = (0, 0) }
        #expect(judgement.complaint == "granted nothing" && judgement.errorPartsPerMillion == nil)
    }
}
