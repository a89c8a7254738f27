import Testing

@testable import BackpressureTesting

@Suite("Each rule for histories is needed and says what happened")
struct HistoryRuleTests {
    /// A history by hand that breaks one rule.
    struct Example: CustomTestStringConvertible, Sendable {
        let rule: HistoryFault.Rule
        let capacity: Int?
        let events: [QueueEvent]
        let explanation: String
        var testDescription: String { rule.rawValue }

        init(
            _ rule: HistoryFault.Rule,
            capacity: Int? = nil,
            _ events: [QueueEvent],
            _ explanation: String
        ) {
            self.rule = rule
            self.capacity = capacity
            self.events = events
            self.explanation = explanation
        }
    }

    private static func push(_ thread: Int, _ value: UInt64, _ time: ClosedRange<UInt64>) -> QueueEvent {
        QueueEvent(thread: thread, .pushAccepted, value, call: time.lowerBound, returned: time.upperBound)
    }

    private static func pop(_ thread: Int, _ value: UInt64, _ time: ClosedRange<UInt64>) -> QueueEvent {
        QueueEvent(thread: thread, .popTook, value, call: time.lowerBound, returned: time.upperBound)
    }

    private static func full(_ thread: Int, _ time: ClosedRange<UInt64>) -> QueueEvent {
        QueueEvent(thread: thread, .pushSaidFull, 99, call: time.lowerBound, returned: time.upperBound)
    }

    private static func empty(_ thread: Int, _ time: ClosedRange<UInt64>) -> QueueEvent {
        QueueEvent(thread: thread, .popSaidEmpty, call: time.lowerBound, returned: time.upperBound)
    }

    static let examples = [
        Example(
            .neverPushed,
            [push(0, 1, 0...10), pop(1, 2, 20...30), pop(1, 1, 40...50)],
            "thread 1 popped 2, which nobody had pushed"
        ),
        Example(
            .takenTwice,
            [push(0, 1, 0...10), pop(1, 1, 5...20), pop(2, 1, 6...21)],
            "1 was popped by thread 1 and again by thread 2"
        ),
        Example(
            .takenBeforePushed,
            [pop(1, 1, 0...10), push(0, 1, 20...30)],
            "1 had been popped before thread 0 began to push it"
        ),
        Example(
            .overtaken,
            [push(0, 1, 0...10), push(1, 2, 20...30), pop(2, 2, 25...40), pop(3, 1, 50...60)],
            "1 was in before 2 was offered, yet thread 2 had popped 2 before thread 3, which got 1, had asked"
        ),
        Example(
            .overtaken,
            [push(0, 1, 0...10), push(0, 2, 20...30), pop(1, 2, 40...50)],
            "1 was in before 2 was offered, yet thread 1 had popped 2 and nobody ever got 1"
        ),
        Example(
            .falseEmpty,
            [push(0, 1, 0...10), push(0, 2, 15...25), pop(1, 1, 30...60), empty(2, 20...40), pop(1, 2, 70...80)],
            "thread 2 was told that the queue is empty, although 1, then 2 were inside all that time"
        ),
        Example(
            .overCapacity,
            capacity: 1,
            [push(0, 1, 0...10), push(1, 2, 5...20), pop(2, 1, 25...30), pop(2, 2, 35...40)],
            "2 elements were inside at once, although the capacity is 1"
        ),
        Example(
            .falseFull,
            capacity: 2,
            [push(0, 1, 0...10), full(1, 5...20), pop(2, 1, 25...30)],
            "thread 1 was told that the queue is full, although its capacity is 2 and never more than 1 element can have "
                + "been inside meanwhile"
        ),
    ]

    @Test("A history that breaks one rule is found by that rule and by no other", arguments: examples)
    func ruleIsNeeded(example: Example) throws {
        let checker = HistoryChecker(QueueHistory(events: example.events, capacity: example.capacity))
        let refusals = example.events.filter(\.isRefusal).compactMap(checker.history.events.firstIndex)
        let faults = [
            checker.strangerFault(), checker.duplicateFault(), checker.timeFault(), checker.overtakingFault(),
            checker.falseEmptyFault(refusals, ""), checker.overCapacityFault(), checker.falseFullFault(refusals, ""),
        ].compactMap(\.self)
        let fault = try #require(faults.first)
        #expect(faults.map(\.rule) == [example.rule])
        #expect(fault.explanation == example.explanation)
        #expect(fault == checker.linearizabilityFault(.strict))
        #expect(!BruteForce.explains(example.events, capacity: example.capacity, specification: .strict))
        // What is shown is enough to see it.
        #expect(!BruteForce.explains(fault.events, capacity: example.capacity, specification: .strict))
    }

    @Test("What isn't drained isn't lost, and what is drained without coming out is")
    func lostValues() throws {
        let events = [
            Self.push(0, 1, 0...10), Self.push(0, 2, 20...30), Self.pop(1, 1, 40...50), Self.empty(1, 60...70),
        ]
        #expect(HistoryChecker(QueueHistory(events: events, capacity: 4)).conservationFault() == nil)
        let drained = QueueHistory(events: events, capacity: 4, isDrained: true)
        let fault = try #require(HistoryChecker(drained).conservationFault())
        #expect(fault.rule == .lost)
        #expect(fault.explanation.hasPrefix("2, which thread 0 pushed, was lost"))
    }

    @Test("A producer's own elements keep their order even where all producers' needn't")
    func producerOrder() throws {
        let events = [
            Self.push(0, 1, 0...10), Self.push(1, 2, 20...30), Self.push(0, 3, 20...30),
            Self.pop(2, 2, 40...50), Self.pop(2, 3, 60...70), Self.pop(2, 1, 80...90),
        ]
        let fault = try #require(HistoryChecker(QueueHistory(events: events, capacity: nil)).producerOrderFault())
        #expect(fault.rule == .producerOrder)
        #expect(fault.events.map(\.value) == [1, 3, 3, 1])
        let others = events.filter { $0.value != 3 }
        let checker = HistoryChecker(QueueHistory(events: others, capacity: nil))
        #expect(checker.linearizabilityFault(.perProducer) == nil)
        #expect(checker.linearizabilityFault(.strict)?.rule == .overtaken)
    }

    @Test("A relaxed queue may refuse while another operation is in flight, and not with nothing in flight")
    func relaxedRefusals() {
        func rule(_ specification: HistorySpecification, _ refusal: QueueEvent) -> HistoryFault.Rule? {
            let events = [Self.push(0, 1, 0...10), Self.pop(1, 1, 100...110), refusal]
            return HistoryChecker(QueueHistory(events: events, capacity: 2)).linearizabilityFault(specification)?.rule
        }
        for (refusal, fault) in [
            (Self.empty(2, 20...30), HistoryFault.Rule.falseEmpty), (Self.full(2, 20...30), .falseFull),
        ] {
            #expect(rule(.strict, refusal) == fault)
            #expect(rule(.relaxed, refusal) == fault)
            #expect(rule(.perProducer, refusal) == fault)
            // The pop that begins at 100 may be what the refusal met.
            let overlapping = refusal.with(call: 95, returned: 100)
            #expect(rule(.relaxed, overlapping) == nil)
            #expect(rule(.perProducer, overlapping) == nil)
        }
        #expect(rule(.strict, Self.full(2, 95...100)) == .falseFull)
    }

    @Test("Equal stamps decide nothing: at one instant 1 can leave, the queue be empty, and 2 come")
    func equalStamps() {
        let leaving = [Self.push(0, 1, 0...10), Self.push(0, 2, 25...30), Self.pop(1, 1, 30...50)]
        let events = leaving + [Self.empty(2, 20...40)]
        #expect(BruteForce.explains(events, capacity: 1, specification: .strict))
        for capacity in [nil, 1] {
            let history = QueueHistory(events: events, capacity: capacity)
            #expect(HistoryChecker(history).linearizabilityFault(.strict) == nil)
        }
        let earlier = leaving.map { $0.value == 2 ? $0.with(returned: 29) : $0 } + [Self.empty(2, 20...40)]
        let history = QueueHistory(events: earlier, capacity: 2)
        #expect(HistoryChecker(history).linearizabilityFault(.strict)?.rule == .falseEmpty)
    }

    @Test("A fault is shown as a table with a line for each operation that matters, in nanoseconds since the first")
    func timeline() throws {
        let events = Self.examples[3].events.map { $0.with(call: 1_000 + $0.call, returned: 1_000 + $0.returned) }
        let noise = (0..<50).map { Self.empty(4, (2_000 + UInt64($0) * 10)...(2_005 + UInt64($0) * 10)) }
        let history = QueueHistory(events: events + noise, capacity: 8, ticksPerNanosecond: 2.5)
        let fault = try #require(HistoryChecker(history).linearizabilityFault(.strict))
        #expect(
            fault.description == """
                1 was in before 2 was offered, yet thread 2 had popped 2 before thread 3, which got 1, had asked
                            call ns  return ns  operation
                  thread 0      0.0        4.0  push(1) accepted
                  thread 1      8.0       12.0  push(2) accepted
                  thread 2     10.0       16.0  pop took 2
                  thread 3     20.0       24.0  pop took 1
                """
        )
        #expect(fault.timeline(limit: 2).contains("… 2 more operations"))
    }

    @Test("The search shows the operations without which everything could be explained")
    func shrinking() throws {
        // One element inside and one coming in, at capacity 2, while two pushes begun after one another are told it's full:
        // for the first to be right, 2 must be in; for the pop that says empty, 1 must be out and 2 not yet in.
        let events = [
            Self.push(0, 1, 0...10), Self.push(0, 2, 20...90),
            Self.full(1, 30...40), Self.pop(2, 1, 45...50), Self.empty(2, 55...60), Self.pop(2, 2, 100...110),
        ]
        let history = QueueHistory(events: events, capacity: 2)
        #expect(HistoryChecker(history).linearizabilityFault(.strict) == nil)
        let result = LinearizabilitySearch(capacity: 2, specification: .strict).searchWindows(of: history)
        let fault = try #require(result.fault)
        #expect(fault.rule == .notLinearizable)
        #expect(fault.events.map(\.description).contains("push(99) said full"))
        #expect(fault.events.map(\.description).contains("pop said empty"))
        #expect(fault.events.count <= 5)
        let shown = fault.events.contains(events[0]) ? fault.events : [events[0]] + fault.events
        #expect(!BruteForce.explains(shown, capacity: 2, specification: .strict))
    }
}
