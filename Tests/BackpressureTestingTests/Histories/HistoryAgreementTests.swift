import BackpressureTesting
import Testing

@Suite("The checkers of histories agree with brute force", .timeLimit(.minutes(5)))
struct HistoryAgreementTests {
    /// A small random history, right or wrong, and the capacity to judge it by.
    private func history(_ generator: inout SeededGenerator) -> ([QueueEvent], capacity: Int) {
        let capacity = 1 + generator.number(below: 3)
        if generator.number(below: 2) == 0 { return (RandomHistories.arbitrary(&generator), capacity) }
        let events = RandomHistories.right(
            producers: 1 + generator.number(below: 2),
            consumers: 1 + generator.number(below: 2),
            operations: 3 + generator.number(below: 5),
            capacity: capacity,
            delay: 1 + generator.number(below: 6),
            &generator
        )
        let isDisturbed = generator.number(below: 4) > 0
        return (isDisturbed ? RandomHistories.disturbed(events, &generator) : events, capacity)
    }

    @Test(
        "Without a bound, the rules find a fault exactly where no order explains the history",
        arguments: [HistorySpecification.strict, .relaxed, .perProducer]
    )
    func rulesAreExact(specification: HistorySpecification) {
        var generator = SeededGenerator(seed: 1)
        var wrong = 0
        for _ in 0..<5_000 {
            let (events, _) = history(&generator)
            let fault = HistoryChecker(QueueHistory(events: events, capacity: nil)).linearizabilityFault(specification)
            let isExplained = BruteForce.explains(events, capacity: nil, specification: specification)
            if !isExplained { wrong += 1 }
            #expect((fault == nil) == isExplained, "\(events)")
        }
        #expect(wrong > 1_000 && wrong < 4_000, "\(wrong) wrong histories")
    }

    @Test(
        "With a bound, the rules raise no false alarm and miss little, and the search finds exactly what is wrong",
        arguments: [HistorySpecification.strict, .relaxed, .perProducer]
    )
    func searchIsExact(specification: HistorySpecification) {
        var generator = SeededGenerator(seed: 2)
        var wrong = 0
        var missed = 0
        for _ in 0..<5_000 {
            let (events, capacity) = history(&generator)
            let isExplained = BruteForce.explains(events, capacity: capacity, specification: specification)
            let search = LinearizabilitySearch(capacity: capacity, specification: specification)
            #expect(search.isExplained(events) == isExplained, "capacity \(capacity): \(events)")
            let history = QueueHistory(events: events, capacity: capacity)
            let fault = HistoryChecker(history).linearizabilityFault(specification)
            if isExplained {
                #expect(fault == nil, "capacity \(capacity): \(events)")
            } else {
                wrong += 1
                if fault == nil { missed += 1 }
            }
        }
        #expect(wrong > 1_000 && wrong < 4_000, "\(wrong) wrong histories")
        #expect(missed * 25 < wrong, "\(missed) of \(wrong) missed")
    }

    @Test("What the rules or the windows say of a history that can be explained is never a fault")
    func windowsRaiseNoFalseAlarm() {
        var generator = SeededGenerator(seed: 3)
        for specification in HistorySpecification.allCases {
            var found = 0
            for _ in 0..<3_000 {
                let (events, capacity) = history(&generator)
                let result = LinearizabilitySearch(capacity: capacity, specification: specification)
                    .searchWindows(of: QueueHistory(events: events, capacity: capacity), operationsPerWindow: 5)
                guard let fault = result.fault else { continue }
                found += 1
                #expect(!BruteForce.explains(events, capacity: capacity, specification: specification), "\(events)")
                #expect(fault.events.count <= 5)
            }
            #expect(found > 100)
        }
    }
}
