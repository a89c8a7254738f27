import Testing

@testable import BackpressureBenchmark

@Suite("What a flood came to")
struct StressJudgementTests {
    private func flooded(
        _ role: Role = .contender,
        ending: ChildProcess.Ending = .finished,
        figures: FloodFigures? = nil,
        peakResident: Int? = nil,
        oomKills: Int? = nil
    ) -> Runner.Result {
        let job = Samples.job(Samples.flood, kind: .flood)
        let report = figures.map { Samples.report(flood: $0) }
        var result = Samples.result(job, role: role, report: report, ending: ending)
        if let peakResident {
            result.outcome?.heartbeats = [Samples.heartbeat(milliseconds: 1, allocated: 1, peakResident: peakResident)]
        }
        result.oomKills = oomKills
        result.capMethod = .cgroupV2
        return result
    }

    private let nearCap = Samples.capBytes * 3 / 4
    private let farFromCap = Samples.capBytes / 4

    @Test("A bounded queue must survive, and the control must not")
    func survival() throws {
        let bounded = StressJudgement(flooded(figures: Samples.survived))
        let row = try #require(bounded.row)
        #expect(bounded.complaint == nil)
        #expect(row.expected == "survives" && row.outcome == "survived" && row.verdict == "pass")
        #expect(row.capMethod == "cgroup-v2" && row.capBytes == Samples.capBytes)
        #expect(row.boundBytes == 1_000 && row.secondsToDeath == nil)
        let control = StressJudgement(flooded(.control, figures: Samples.survived))
        #expect(control.complaint?.contains("the control survived") == true)
        #expect(control.row?.expected == "dies" && control.row?.verdict == "fail")
    }

    @Test("A queue that keeps what was taken from it fails, once it is drained")
    func retained() {
        var figures = Samples.survived
        (figures.retainedBytes, figures.retainedBoundBytes) = (600, 500)
        let judgement = StressJudgement(flooded(figures: figures))
        #expect(judgement.complaint == "kept 600 B after it was drained, above the bound of 500 B")
        #expect(judgement.row?.verdict == "fail")
        figures.retainedBytes = 500
        #expect(StressJudgement(flooded(figures: figures)).complaint == nil)
    }

    @Test("Want of memory near the cap is death, which becomes the control alone", arguments: [6, 9, 11])
    func signalsNearCap(signal: Int) {
        let ending = ChildProcess.Ending.signalled(signal)
        let control = StressJudgement(flooded(.control, ending: ending, peakResident: nearCap))
        #expect(control.complaint == nil && control.row?.verdict == "pass")
        #expect(control.row?.outcome == "died (\(signalName(signal)))")
        let bounded = StressJudgement(flooded(ending: ending, peakResident: nearCap))
        #expect(bounded.complaint?.contains("ran out of memory") == true && bounded.row?.verdict == "fail")
    }

    @Test(
        "The same signals far from the cap are crashes, whoever dies",
        arguments: [6, 9, 11],
        [Role.control, .contender]
    )
    func signalsFarFromCap(signal: Int, role: Role) {
        let result = flooded(role, ending: .signalled(signal), peakResident: farFromCap)
        let judgement = StressJudgement(result)
        #expect(judgement.complaint?.contains("something else") == true && judgement.row?.verdict == "fail")
        #expect(judgement.row?.outcome == "crashed (\(signalName(signal)))")
    }

    @Test("What the kernel says it killed for memory died of it, though nothing was heard of it")
    func killed() {
        #expect(StressJudgement(flooded(.control, ending: .signalled(9), oomKills: 1)).complaint == nil)
        #expect(StressJudgement(flooded(.control, ending: .signalled(9), oomKills: 0)).complaint != nil)
        #expect(StressJudgement(flooded(.control, ending: .signalled(9))).complaint != nil)
    }

    @Test("Other signals are crashes even near the cap", arguments: [4, 5, 8])
    func otherSignals(signal: Int) {
        let judgement = StressJudgement(flooded(.control, ending: .signalled(signal), peakResident: nearCap))
        #expect(judgement.complaint != nil && judgement.row?.outcome.hasPrefix("crashed") == true)
    }

    @Test("The extent hooks' exit code is death wherever the peak was, and other codes are none")
    func exits() {
        for peak in [nearCap, farFromCap] {
            let control = StressJudgement(flooded(.control, ending: .exited(97), peakResident: peak))
            #expect(control.complaint == nil && control.row?.outcome == "died (exit 97)")
            #expect(StressJudgement(flooded(ending: .exited(97), peakResident: peak)).complaint != nil)
            let other = StressJudgement(flooded(.control, ending: .exited(1), peakResident: peak))
            #expect(other.complaint != nil && other.row?.outcome == "exited (1)")
        }
    }

    @Test("A hang is a failure, for the control too", arguments: [Role.control, .contender])
    func hung(role: Role) {
        let judgement = StressJudgement(flooded(role, ending: .hung, peakResident: nearCap))
        #expect(judgement.complaint != nil && judgement.row?.outcome == "hung" && judgement.row?.verdict == "fail")
    }

    @Test("A survivor must have kept its bound and its elements")
    func survivors() {
        var figures = Samples.survived
        figures.peakAllocatedBytes = 1_001
        #expect(StressJudgement(flooded(figures: figures)).complaint?.contains("above the bound") == true)
        figures.peakAllocatedBytes = nil
        #expect(StressJudgement(flooded(figures: figures)).complaint == "its peak was not measured")
        var result = flooded(figures: Samples.survived)
        result.outcome?.report?.violation = "lost one"
        #expect(StressJudgement(result).complaint == "lost one")
        #expect(StressJudgement(result).row?.verdict == "fail")
    }

    @Test("Without figures there is no row")
    func nothing() {
        #expect(StressJudgement(flooded()).row == nil)
        var notRun = flooded(figures: Samples.survived)
        notRun.outcome = nil
        #expect(StressJudgement(notRun).row == nil)
    }

    @Test("Of the dead the last sign of life is told, and how fast they grew")
    func lastSignOfLife() throws {
        var result = flooded(.control, ending: .signalled(9), oomKills: 1)
        result.outcome?.heartbeats = (0...4).map {
            Samples.heartbeat(milliseconds: 100 * $0, allocated: 1_000 + 500 * $0, peakResident: 7)
        }
        result.capPeakBytes = 9
        let row = try #require(StressJudgement(result).row)
        #expect(row.durationS == 0.4 && row.secondsToDeath == 0.4)
        #expect(row.offered == 50 && row.accepted == 40 && row.taken == 10 && row.lost == nil)
        #expect(row.peakAllocatedBytes == 2_000 && row.peakResidentBytes == 9)
        let growth = try #require(row.growthBytesPerS)
        #expect(abs(growth - 5_000) < 1e-6)
    }

    @Test("A survivor's growth is that of its second half")
    func growth() throws {
        var result = flooded(figures: Samples.survived)
        result.outcome?.heartbeats = (0..<10).map {
            Samples.heartbeat(milliseconds: 100 * $0, allocated: min($0, 5) * 1_000)
        }
        #expect(StressJudgement(result).row?.growthBytesPerS == 0)
        result.outcome?.heartbeats.removeLast(6)
        #expect(StressJudgement(result).row?.growthBytesPerS == nil, "two points make no slope")
    }
}
