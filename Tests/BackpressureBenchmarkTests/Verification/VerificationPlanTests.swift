import Testing

@testable import BackpressureBenchmark

@Suite("The plan of a verification")
struct VerificationPlanTests {
    private func plan(_ change: (inout VerificationOptions) -> Void = { _ in }) throws -> VerificationPlan {
        var options = VerificationOptions()
        change(&options)
        return try VerificationPlan(options, registry: .builtIn)
    }

    @Test("has all that must keep promises and the controls, and takes two minutes at most")
    func everything() throws {
        let plan = try plan()
        let ids = plan.parts.map(\.subject.id)
        #expect(Set(["mutex", "ring", "unbounded", "fixed-window", "async-stream", "priority-ring"]).isSubset(of: ids))
        // Yardsticks and what not to do promise nothing.
        #expect(!ids.contains("null-queue") && !ids.contains("actor-date"))
        #expect(plan.plannedSeconds <= 120)
        #expect(plan.parts.allSatisfy { !$0.checks.isEmpty }, "each has something to be held to")
    }

    @Test("of one implementation takes 20 seconds at most, and as long as it is given")
    func one() throws {
        #expect(try plan { $0.implementations = ["ring"] }.plannedSeconds <= 20)
        let long = try plan { ($0.implementations, $0.budgetSeconds) = (["ring"], 300) }
        #expect(abs(long.plannedSeconds - 300) < 1)
        let short = try plan { ($0.implementations, $0.budgetSeconds) = (["ring"], 1) }
        #expect(short.parts[0].checks.map(\.id) == long.parts[0].checks.map(\.id), "every check is made at least once")
    }

    @Test("says why a check isn't for an implementation")
    func unsupported() throws {
        let part = try #require(try plan { $0.implementations = ["async-stream"] }.parts.first)
        let contract = try #require(part.unsupported.first { $0.check == "contract" })
        #expect(contract.verdict == .unsupported && contract.detail?.contains("retry") == true)
        #expect(!part.checks.contains { $0.id == "contract" })
    }

    @Test("has only the checks that were asked for")
    func checks() throws {
        let plan = try plan { $0.checks = ["decisions"] }
        #expect(plan.parts.allSatisfy { part in part.checks.allSatisfy { $0.id == "decisions" } })
        #expect(throws: RunError.self) { try self.plan { $0.checks = ["decision"] } }
        #expect(throws: RunError.self) { try self.plan { $0.implementations = ["rng"] } }
        #expect(throws: RunError.self) { try self.plan { $0.filter = "(" } }
        #expect(throws: RunError.self) { try self.plan { $0.filter = "^nothing$" } }
    }
}

@Suite("The results of a verification")
struct VerificationResultsTests {
    private func subject(_ id: String) throws -> VerificationSubject {
        try #require(Registry.builtIn.subjects.first { $0.id == id })
    }

    private func outcome(
        _ check: String = "conservation",
        _ verdict: VerificationOutcome.Verdict = .pass
    ) -> VerificationOutcome {
        VerificationOutcome(check: check, verdict: verdict, specification: "strict", detail: "first line\nsecond line")
    }

    @Test("fail for a fault and for a check that saw nothing, and not for one that doesn't apply")
    func findings() throws {
        var results = VerificationResults(seed: 7)
        results.add([outcome(), outcome("parking", .unsupported)], of: try subject("mutex"))
        #expect(results.findings.isEmpty)
        results.add([outcome("delivery", .fail), outcome("parking", .vacuous)], of: try subject("ring"))
        #expect(
            results.findings == [
                .init(.verificationFailed, "ring, delivery: first line"),
                .init(.verificationFailed, "ring, parking: vacuous: first line"),
            ]
        )
        #expect(results.rows.count == 4 && results.rows.allSatisfy { $0.seed == 7 })
        #expect(results.rows[2].detail == "first line / second line", "a row is one line")
        #expect(VerificationReport(results).counterExamples.first == "ring, delivery: first line\nsecond line")
    }

    @Test("fail for a control that passes, and for an implementation that nothing applies to")
    func controls() throws {
        var results = VerificationResults(seed: 1)
        results.add([outcome("decisions", .fail)], of: try subject("fixed-window"))
        #expect(results.findings.isEmpty)
        results.add([outcome("decisions")], of: try subject("unbounded"))
        #expect(results.findings.map(\.exitCode) == [.verificationFailed])
        results.add([outcome("decisions", .unsupported)], of: try subject("ring"))
        #expect(results.findings.map(\.exitCode) == [.verificationFailed, .notMeasured])
    }

    @Test("fail for a control that was only seen too little of: it wasn't caught")
    func undecidedControl() throws {
        func results(_ outcomes: [VerificationOutcome]) throws -> VerificationResults {
            var results = VerificationResults(seed: 1)
            results.add(outcomes, of: try subject("fixed-window"))
            return results
        }
        func verdict(_ results: VerificationResults) -> String? {
            VerificationReport(results).tables.first?.text(style: .plain)
        }
        let undecided = try results([outcome("contract"), outcome("decisions", .vacuous)])
        #expect(undecided.findings.map(\.message) == ["fixed-window, decisions: a control, vacuous: first line"])
        #expect(undecided.findings.map(\.exitCode) == [.verificationFailed])
        #expect(verdict(undecided)?.contains("vacuous: decisions") == true)
        #expect(VerificationReport(undecided).counterExamples.count == 1)
        #expect(VerifyRunRow(undecided, seconds: 1).vacuous == 1)

        let caught = try results([outcome("contract", .fail), outcome("decisions", .vacuous)])
        #expect(caught.findings.isEmpty && VerificationReport(caught).counterExamples.isEmpty)
        #expect(verdict(caught)?.contains("control fails, as it must") == true)
        #expect(VerifyRunRow(caught, seconds: 1).vacuous == 0)
    }

    @Test("a check that did nothing is vacuous")
    func vacuity() {
        #expect(VerificationOutcome.passed("a", "", operations: 3, successes: 1).verdict == .pass)
        #expect(VerificationOutcome.passed("a", "", operations: 3, successes: 0).verdict == .vacuous)
    }

    @Test("of many runs are no alarm where one saw too little, but where all did")
    func series() throws {
        var series = VerificationSeries()
        func results(_ verdict: VerificationOutcome.Verdict, seed: UInt64) throws -> VerificationResults {
            var results = VerificationResults(seed: seed)
            results.add([outcome("delivery"), outcome("parking", verdict)], of: try subject("ring"))
            return results
        }
        series.add(try results(.vacuous, seed: 1), seconds: 1)
        #expect(series.alarms.isEmpty)
        #expect(series.findings == [.init(.verificationFailed, "ring, parking: vacuous in each of 1 runs")])
        series.add(try results(.pass, seed: 2), seconds: 1.26)
        #expect(series.findings.isEmpty)
        #expect(series.rows.map(\.vacuous) == [1, 0] && series.rows.map(\.seed) == [1, 2])
        #expect(series.rows[1].seconds == 1.3 && series.rows[1].checks == 2 && series.rows[1].implementations == 1)
        series.add(try results(.fail, seed: 3), seconds: 1)
        #expect(series.alarms.count == 1 && series.rows[2].failures == 1)
    }

    @Test("of many runs have a control until it is caught")
    func controlsOfSeries() throws {
        var series = VerificationSeries()
        let control = try subject("fixed-window")
        for verdict in [VerificationOutcome.Verdict.vacuous, .fail] {
            #expect(series.has(control))
            var results = VerificationResults(seed: 1)
            results.add([outcome("decisions", verdict)], of: control)
            series.add(results, seconds: 1)
            #expect(series.alarms.isEmpty)
            guard verdict == .vacuous else { continue }
            #expect(series.findings == [.init(.verificationFailed, "fixed-window: vacuous in each of 1 runs")])
        }
        #expect(series.findings.isEmpty && !series.has(control))
        #expect(series.has(try subject("ring")))
    }
}
