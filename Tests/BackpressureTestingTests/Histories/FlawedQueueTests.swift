import BackpressureTesting
import Testing

@Suite("Flaws of queues are found in their histories", .serialized, .timeLimit(.minutes(5)))
struct FlawedQueueTests {
    /// What a flaw is found by, and in how many rounds of how many operations at most.
    struct Case: CustomTestStringConvertible, Sendable {
        let flaw: FlawedQueue.Flaw
        let check: HistoryCheck
        let rule: HistoryFault.Rule
        var operations = 20_000
        var rounds = 20
        /// Rare flaws need many operations rather than overlaps.
        var stallsThreads: Bool { operations == 20_000 }
        var testDescription: String { flaw.rawValue }
    }

    private static let cases = [
        // Rare ones need as many pushes as it takes until they show, in one and the same queue.
        Case(flaw: .losesOneIn100000, check: .conservation, rule: .lost, operations: 400_000),
        Case(flaw: .swapsOneIn65536, check: .linearizability, rule: .overtaken, operations: 300_000),
        Case(flaw: .duplicatesOnWrap, check: .conservation, rule: .takenTwice),
        Case(flaw: .holdsOneTooMany, check: .linearizability, rule: .overCapacity),
        Case(flaw: .holdsOneTooFew, check: .linearizability, rule: .falseFull),
        Case(flaw: .saysEmptyFalsely, check: .linearizability, rule: .falseEmpty),
        Case(flaw: .saysFullFalsely, check: .linearizability, rule: .falseFull),
        Case(flaw: .lastInFirstOut, check: .linearizability, rule: .overtaken),
        Case(flaw: .fillsLate, check: .linearizability, rule: .falseEmpty),
    ]

    private func judge(
        _ flaw: FlawedQueue.Flaw,
        _ specification: HistorySpecification,
        operations: Int = 20_000,
        rounds: ClosedRange<Int>,
        stallsThreads: Bool = true
    ) -> QueueHistoryVerdict {
        QueueHistoryRun(producers: 2, consumers: 2, operations: operations, seed: 9).judge(
            specification,
            rounds: rounds
        ) {
            let queue = FlawedQueue(capacity: 16, flaw: flaw)
            return $0.record(capacity: 16, tryPush: queue.tryPush, tryPop: queue.tryPop)
        }
    }

    @Test("A flaw is found, however rare", arguments: cases)
    func flawIsFound(example: Case) throws {
        let verdict = judge(
            example.flaw,
            .strict,
            operations: example.operations,
            rounds: example.rounds...example.rounds,
            stallsThreads: example.stallsThreads
        )
        #expect(verdict.outcome == .fail)
        let fault = try #require(verdict.faults[example.check])
        #expect(fault.rule == example.rule)
        #expect(verdict.seed != nil)
    }

    @Test("Every flaw has a check that finds it", arguments: FlawedQueue.Flaw.allCases)
    func everyFlawIsTried(flaw: FlawedQueue.Flaw) {
        #expect(flaw == .none || Self.cases.contains { $0.flaw == flaw })
    }

    @Test("The same queue without a flaw passes, whatever is asked of it", arguments: HistorySpecification.allCases)
    func noFlaw(specification: HistorySpecification) {
        #expect(judge(.none, specification, rounds: 3...50).outcome == .pass)
    }

    @Test("What a queue does that fills its slots late is no fault of a relaxed one")
    func fillsLate() {
        #expect(judge(.fillsLate, .relaxed, rounds: 3...50).outcome == .pass)
    }

    @Test("A queue that says full whatever is inside passes no check: nothing was seen, and full was false")
    func refusesAlways() {
        let verdict = QueueHistoryRun(producers: 1, consumers: 1, operations: 2_000).judge(.strict, rounds: 1...2) {
            $0.record(capacity: 4, tryPush: { _ in false }, tryPop: { nil })
        }
        #expect(verdict.outcome(of: .linearizability) == .fail)
        #expect(verdict.outcome(of: .conservation) == .vacuous)
        #expect(verdict.faults[.linearizability]?.rule == .falseFull)
    }
}
