import BackpressureMonitoring
import BackpressureTesting
import Testing

@Suite("Level decision")
struct LevelDecisionTests {
    @Test("One indicator alone, however high, changes nothing; a second one that agrees does")
    func twoIndicatorsMustAgree() {
        var decision = LevelDecision()
        #expect(decision.next([.occupancy: 50]) == .healthy)
        #expect(decision.next([.occupancy: 50, .lag: 0.69]) == .healthy)
        #expect(decision.next([.occupancy: 50, .lag: 0.7]) == .degraded)
        #expect(decision.next([.occupancy: 50, .lag: 0.85]) == .overloaded)
    }

    @Test("A level is kept until the indicators are below its threshold by the hysteresis")
    func levelsAreLetGoLater() {
        var decision = LevelDecision()
        #expect(decision.next([.occupancy: 0.86, .lag: 0.86]) == .overloaded)
        #expect(decision.next([.occupancy: 0.81, .lag: 0.81]) == .overloaded)
        #expect(decision.next([.occupancy: 0.86, .lag: 0.79]) == .degraded)
        #expect(decision.next([.occupancy: 0.84, .lag: 0.84]) == .degraded)
        #expect(decision.next([.occupancy: 0.66, .lag: 0.66]) == .degraded)
        #expect(decision.next([.occupancy: 0.64, .lag: 0.66]) == .healthy)
        #expect(decision.next([.occupancy: 0.66, .lag: 0.66]) == .healthy)
    }

    @Test("What is missing or not a number speaks for nothing")
    func missingSaysNothing() {
        var decision = LevelDecision()
        #expect(decision.next([:]) == .healthy)
        #expect(decision.next([.occupancy: .nan, .lag: 2]) == .healthy)
        #expect(decision.next([.occupancy: .infinity, .lag: 2]) == .overloaded)
        #expect(decision.next([:]) == .healthy)
    }

    @Test("Over random readings, every level is reached and kept as promised", arguments: [1, 2, 3])
    func randomReadings(agreeing: Int) {
        #expect(faults(of: LevelDecision(thresholds: LevelThresholds(agreeing: agreeing))).isEmpty)
    }

    @Test("Decisions that go wrong in the usual ways are found out", arguments: FaultyDecision.Fault.allCases)
    func faultyDecisionsAreFound(fault: FaultyDecision.Fault) {
        #expect(!faults(of: FaultyDecision(fault: fault)).isEmpty)
    }

    /// What is wrong with a decision: an account of its promise that counts indicators for itself.
    private func faults(of decision: some Deciding) -> [String] {
        var decision = decision
        let thresholds = decision.thresholds
        var random = SeededGenerator(seed: 3)
        var readings = [Double](repeating: 0.5, count: LoadIndicator.allCases.count)
        var faults: [String] = []
        for step in 0..<5_000 {
            // Wanders around the thresholds, with a jump now and then.
            for index in readings.indices {
                let isJump = Int.random(in: 0..<20, using: &random) == 0
                readings[index] =
                    isJump
                    ? Double.random(in: 0...1.2, using: &random)
                    : readings[index] + Double.random(in: -0.03...0.03, using: &random)
            }
            let present = LoadIndicator.allCases.indices.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
            let indicators = Dictionary(
                uniqueKeysWithValues: present.map { (LoadIndicator.allCases[$0], readings[$0]) }
            )
            func agree(_ bar: Double) -> Bool { indicators.values.filter { $0 >= bar }.count >= thresholds.agreeing }
            let before = decision.level
            let after = decision.next(indicators)
            for (level, bar) in [(LoadLevel.degraded, thresholds.degraded), (.overloaded, thresholds.overloaded)] {
                if after < level, agree(bar) {
                    faults.append("step \(step): \(after) though enough speak for \(level)")
                }
                if after >= level, before < level, !agree(bar) {
                    faults.append("step \(step): \(after), which too few speak for")
                }
                if after >= level, !agree(bar - thresholds.hysteresis) {
                    faults.append("step \(step): still \(after), for which nothing speaks")
                }
                if after < level, before >= level, agree(bar - thresholds.hysteresis) {
                    faults.append("step \(step): \(level) was given up too early")
                }
            }
        }
        return faults
    }
}

/// What decides levels.
protocol Deciding {
    var thresholds: LevelThresholds { get }
    var level: LoadLevel { get }
    mutating func next(_ indicators: [LoadIndicator: Double]) -> LoadLevel
}

extension LevelDecision: Deciding {}

/// A decision with a mistake in it.
struct FaultyDecision: Deciding {
    enum Fault: String, CaseIterable {
        case oneIsEnough, allMustAgree, noHysteresis, averages, neverRecovers, thresholdExcluded
    }

    let fault: Fault
    let thresholds = LevelThresholds.standard
    private(set) var level = LoadLevel.healthy

    init(fault: Fault) { self.fault = fault }

    mutating func next(_ indicators: [LoadIndicator: Double]) -> LoadLevel {
        let before = level
        func speaks(_ wanted: LoadLevel, _ threshold: Double) -> Bool {
            let bar = before >= wanted && fault != .noHysteresis ? threshold - thresholds.hysteresis : threshold
            let values = indicators.values
            return switch fault {
            case .oneIsEnough: values.contains { $0 >= bar }
            case .allMustAgree: !values.isEmpty && values.allSatisfy { $0 >= bar }
            case .averages: !values.isEmpty && values.reduce(0, +) / Double(values.count) >= bar
            case .thresholdExcluded: values.count { $0 > bar + 0.01 } >= 2
            case .noHysteresis, .neverRecovers: values.count { $0 >= bar } >= 2
            }
        }
        level =
            speaks(.overloaded, thresholds.overloaded)
            ? .overloaded : speaks(.degraded, thresholds.degraded) ? .degraded : .healthy
        if fault == .neverRecovers { level = max(level, before) }
        return level
    }
}
