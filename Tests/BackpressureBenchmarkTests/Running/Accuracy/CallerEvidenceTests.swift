import BackpressureTesting
import RateLimiters
import Testing

@testable import BackpressureBenchmark

@Suite("What callers saw")
struct CallerEvidenceTests {
    /// Three permits, one a microsecond; and three in any window of 3 µs.
    private let bucket = GrantEnvelope(rate: .perSecond(1_000_000), burst: 3)
    private let window = GrantEnvelope(
        rate: .perSecond(1_000_000),
        burst: 3,
        window: .init(shortest: 3_000, longest: 3_500)
    )

    private func grant(_ first: UInt64, _ last: UInt64, permits: UInt32 = 1) -> CallerLog.Event {
        .init(first: first, last: last, refusals: 0, permits: permits)
    }

    private func refusal(_ time: UInt64, permits: UInt32 = 1) -> CallerLog.Event {
        .init(first: time, last: time, refusals: 1, permits: permits)
    }

    @Test("convicts of four in a window of three only if they were, wherever in their calls they were decided")
    func windowOvershoot() throws {
        let burst = [grant(10_000, 10_010), grant(10_020, 10_030), grant(10_040, 10_050)]
        #expect(CallerEvidence(window, [burst + [grant(13_000, 13_010)]]).overshoot() == nil, "a window's length apart")
        #expect(CallerEvidence(window, [burst + [grant(12_980, 13_000)]]).overshoot() == nil, "perhaps")
        let early = CallerEvidence(window, [burst + [grant(12_980, 12_999)]])
        let worst = try #require(early.overshoot())
        #expect(worst == .init(excess: 1, startNanoseconds: 10_000, endNanoseconds: 12_999, permits: 4))
        // Another caller's call that was under way before the window may have been decided then.
        #expect(CallerEvidence(window, [burst, [grant(9_000, 12_000)]]).overshoot() == nil)
        let large = CallerEvidence(window, [[grant(10, 20, permits: 2), grant(30, 40, permits: 3)]])
        #expect(large.overshoot()?.excess == 2)
    }

    @Test("convicts of a refusal only if the permits were certainly there")
    func withheld() {
        let burst = [grant(10_000, 10_010), grant(10_020, 10_030), grant(10_040, 10_050)]
        func withheld(_ envelope: GrantEnvelope, _ logs: [CallerLog.Event]...) -> Double {
            CallerEvidence(envelope, logs).mostWithheld()
        }
        #expect(withheld(bucket, burst + [refusal(11_000)]) == 0, "the first was decided at 10 010 perhaps")
        #expect(withheld(bucket, burst + [refusal(11_053)]) >= 1)
        #expect(withheld(bucket, burst + [refusal(1_000_000)]) == 3, "a rest gives the burst and no more")
        #expect(withheld(bucket, burst + [refusal(12_100, permits: 3)]) == 0, "two are not enough for three")
        #expect(withheld(bucket, [refusal(9_000)]) == 3, "it starts full")
        // A call of another caller that was under way may have taken them, unless it returned too early for that.
        let taken = [grant(15_000, 20_000), grant(20_000, 20_001), grant(20_002, 20_003)]
        let asking = burst + [refusal(19_990), refusal(19_995)]
        #expect(withheld(bucket, asking, taken) == 2, "the first of them it may, but not the others")
        #expect(withheld(bucket, asking, [grant(15_000, 20_000, permits: 3)]) == 0)
        // Of each grant of the window, the last part may still count.
        #expect(withheld(window, burst + [refusal(13_509)]) == 0)
        #expect(withheld(window, burst + [refusal(13_510)]) == 1)
        #expect(withheld(window, burst + [refusal(13_549)]) == 2)
        #expect(withheld(window, burst + [refusal(13_550)]) == 3)
    }

    @Test("looks at the last refusal of a row, whose end is the next call")
    func rows() {
        let row = CallerLog.Event(first: 10_060, last: 14_000, refusals: 100)
        let log = [grant(10_000, 10_010, permits: 3), row]
        #expect(CallerEvidence(bucket, [log]).mostWithheld() == 3)
        let taken = CallerEvidence(bucket, [log + [grant(14_010, 14_020)]])
        #expect(taken.mostWithheld() == 3, "what is asked for next can't have been gone")
        let short = CallerLog.Event(first: 10_060, last: 10_900, refusals: 100)
        #expect(CallerEvidence(bucket, [[grant(10_000, 10_010, permits: 3), short]]).mostWithheld() == 0)
    }

    /// Two callers that ask a pacer again and again, which lets one through each `interval`, and what they note.
    private func logsOfTwo(askingPacer interval: UInt64) -> [[CallerLog.Event]] {
        let logs = [CallerLog(capacity: 20_000), CallerLog(capacity: 20_000)]
        var generator = SeededGenerator(seed: 7)
        var asks: [UInt64] = [1_000_000, 1_000_050]
        var due: UInt64 = 0
        for _ in 0..<60_000 {
            let caller = asks[0] < asks[1] ? 0 : 1
            let call = asks[caller]
            let decided = call + UInt64.random(in: 10..<40, using: &generator)
            if decided >= due {
                due = decided + interval
                logs[caller].granted(before: call, after: decided + 25, decided: decided)
            } else {
                logs[caller].refused(at: decided)
            }
            asks[caller] = decided + UInt64.random(in: 60..<300, using: &generator)
            // As each reads the clock for itself, one may ask before the other is through; not here, where order is all.
            asks[1 - caller] = max(asks[1 - caller], decided)
        }
        return logs.map { Array($0.events[..<$0.count]) }
    }

    @Test(
        "finds nothing wrong with what two callers get of a pacer, and what is let through a hundredth too early",
        arguments: [1_000, 100_000]
    )
    func allowedToTwo(interval: UInt64) {
        let logs = logsOfTwo(askingPacer: interval)
        func errorPPM(_ rate: Rate) -> Double {
            let evidence = CallerEvidence(GrantEnvelope(rate: rate, burst: 1), logs)
            #expect(evidence.knowsDecisions)
            return Double(evidence.granted - evidence.allowed()) / Double(evidence.granted) * 1e6
        }
        #expect(errorPPM(Rate(permits: 1, perNanoseconds: interval)) == 0)
        // One that lets the next through a hundredth too early now and then grants what the oracle doesn't.
        #expect(errorPPM(Rate(permits: 100, perNanoseconds: 101 * interval)) > 1_000)
        // One that is too slow by half is found by what is refused while nobody is granted anything, where that lasts.
        if interval > 50_000 { #expect(errorPPM(Rate(permits: 2, perNanoseconds: interval)) < -100_000) }
    }

    @Test(
        "finds what two callers of a pacer are refused too long, be it by fifty nanoseconds",
        arguments: [1_000, 100_000]
    )
    func withheldFromTwo(interval: UInt64) {
        let logs = logsOfTwo(askingPacer: interval)
        func withheld(_ due: UInt64) -> Double {
            CallerEvidence(GrantEnvelope(rate: Rate(permits: 1, perNanoseconds: due), burst: 1), logs).mostWithheld()
        }
        #expect(withheld(interval) == 0)
        #expect(withheld(interval - 50) == 1)
    }

    @Test("has waiting callers run when their permits are due, in the order in which they asked")
    func waits() {
        let pacer = GrantEnvelope(rate: .perSecond(1_000_000), burst: 1)
        let first = [grant(10_000, 10_001), grant(10_001, 11_010), grant(11_010, 13_000)]
        let second = [grant(10_002, 12_500)]
        let waits = CallerEvidence(pacer, [first, second]).waits()
        #expect(waits.map(\.due) == [10_000, 11_000, 12_000, 13_000])
        #expect(waits.map(\.ran) == [10_001, 11_010, 12_500, 13_000])
        #expect(CallerEvidence.keptNanoseconds(waits) == 1 + 10 + 500)
        #expect(CallerEvidence.keptNanoseconds([(10, 50), (20, 30), (40, 70), (90, 80)]) == 60, "none counts twice")
    }

    @Test("reckons from some moment of the call that was granted at once, and forgives no more than that call's length")
    func waitsAfterLongCall() {
        let pacer = GrantEnvelope(rate: .perSecond(1_000_000), burst: 1)
        func lateness(_ logs: [CallerLog.Event]) -> [UInt64] {
            CallerEvidence(pacer, [logs]).waits().map { $0.ran - $0.due }
        }
        // Asked at 10 000 and decided at 10 300; then 20 and 0 ns late; and once more, at 20 000 and 20 005.
        let punctual = [
            grant(10_000, 10_400), grant(10_400, 11_320), grant(11_320, 12_300),
            grant(20_000, 20_010), grant(20_010, 21_007), grant(21_007, 22_005),
        ]
        #expect(lateness(punctual) == [100, 20, 0, 5, 2, 0])
        // A call that took 40 ns can't be why the others are 500 late.
        #expect(lateness([grant(10_000, 10_040), grant(10_040, 11_500), grant(11_500, 12_500)]) == [0, 460, 460])
    }

    @Test("doesn't hold it against a limiter that one caller overtook another between the note and the line")
    func overtaken() {
        // The third permit of a window, and the first of the next a hundred microseconds later.
        let slow = GrantEnvelope(
            rate: .perSecond(30_000),
            burst: 3,
            window: .init(shortest: 100_000, longest: 100_000)
        )
        func kept(secondAsks second: UInt64) -> UInt64 {
            let first = [grant(10_000, 10_010, permits: 2), grant(200_000, 300_010)]
            let other = [grant(200_000 + second, 200_010 + second, permits: 3)]
            return CallerEvidence.keptNanoseconds(CallerEvidence(slow, [first, other]).waits())
        }
        #expect(kept(secondAsks: 300) < 1_000)
        #expect(kept(secondAsks: 60_000) > 90_000, "that is no overtaking within a call")
    }

    @Test("asks the oracle at the moments of decision, where all are known")
    func knownDecisions() {
        func grant(_ first: UInt64, _ last: UInt64, decided: UInt64) -> CallerLog.Event {
            .init(first: first, last: last, refusals: 0, decided: decided)
        }
        let pacer = GrantEnvelope(rate: .perSecond(1_000_000), burst: 1)
        let asked = [grant(10_000, 10_100, decided: 10_050), grant(11_000, 11_100, decided: 11_050)]
        #expect(CallerEvidence(pacer, [asked]).allowed() == 2)
        let early = [asked[0], grant(10_990, 11_100, decided: 11_049)]
        let evidence = CallerEvidence(pacer, [early])
        #expect(evidence.allowed() == 1, "a nanosecond early, though within the call it was due")
        #expect(evidence.granted == 2 && evidence.knowsDecisions)
        let unknown = CallerEvidence(pacer, [[asked[0], grant(10_990, 11_100, decided: 0)]])
        #expect(unknown.allowed() == 2 && !unknown.knowsDecisions)
    }

    @Test("grants a request of several permits that is made again and again as often as its permits are there")
    func mixedAllowed() {
        let retried = CallerLog.Event(first: 10_000, last: 12_000, refusals: 3, permits: 3)
        let log = [grant(9_000, 9_010, permits: 3), retried, grant(12_010, 12_020, permits: 3)]
        #expect(CallerEvidence(bucket, [log]).allowed() == 6)
        #expect(CallerEvidence(bucket, [log]).granted == 6)
        let kept = CallerLog.Event(first: 10_000, last: 19_000, refusals: 10, permits: 3)
        #expect(CallerEvidence(bucket, [[kept]]).allowed() == 12, "at once, and each three microseconds")
    }
}
