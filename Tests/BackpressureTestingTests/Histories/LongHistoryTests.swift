import BackpressureTesting
import Testing

@Suite("Long histories", .timeLimit(.minutes(5)))
struct LongHistoryTests {
    static let operations = 20_000

    private func right(seed: UInt64, capacity: Int, refusing refuse: (Int) -> Bool = { _ in false }) -> [QueueEvent] {
        var generator = SeededGenerator(seed: seed)
        return RandomHistories.right(
            producers: 3,
            consumers: 3,
            operations: Self.operations,
            capacity: capacity,
            delay: 40,
            refusing: refuse,
            &generator
        )
    }

    private func fault(_ events: [QueueEvent], capacity: Int, _ specification: HistorySpecification) -> HistoryFault? {
        HistoryChecker(QueueHistory(events: events, capacity: capacity)).linearizabilityFault(specification)
    }

    @Test("A right history passes every check and proves something", arguments: [1, 2, 3, 64], [UInt64(1), 2])
    func rightHistoryPasses(capacity: Int, seed: UInt64) {
        let events = right(seed: seed, capacity: capacity)
        let checker = HistoryChecker(QueueHistory(events: events, capacity: capacity))
        #expect(checker.conservationFault() == nil)
        #expect(checker.producerOrderFault() == nil)
        for specification in HistorySpecification.allCases {
            #expect(checker.linearizabilityFault(specification) == nil)
        }
        let result = LinearizabilitySearch(capacity: capacity, specification: .strict)
            .searchWindows(of: checker.history, limit: 500)
        #expect(result.fault == nil)
        #expect(checker.evidence().shortfalls() == [])
    }

    @Test("A lost element is found: a later one overtook it")
    func loss() throws {
        var events = right(seed: 3, capacity: 8)
        let pops = events.indices.filter { events[$0].kind == .popTook }
        events.remove(at: pops[pops.count / 2])
        #expect(fault(events, capacity: 8, .strict)?.rule == .overtaken)
        let history = QueueHistory(events: events, capacity: 8, isDrained: true)
        #expect(HistoryChecker(history).conservationFault()?.rule == .lost)
    }

    @Test("A value that comes twice is found")
    func duplicate() throws {
        var events = right(seed: 4, capacity: 8)
        let pops = events.indices.filter { events[$0].kind == .popTook }
        let (first, second) = (pops[pops.count / 2], pops[pops.count / 2 + 8])
        events[second] = events[second].with(value: events[first].value)
        let found = try #require(fault(events, capacity: 8, .relaxed))
        #expect(found.rule == .takenTwice)
        #expect(found.events.count == 3)
    }

    @Test("An element that nobody pushed is found")
    func extraElement() throws {
        var events = right(seed: 5, capacity: 8)
        let empties = events.indices.filter { events[$0].kind == .popSaidEmpty }
        let index = empties[empties.count / 2]
        events[index] = events[index].with(kind: .popTook, value: 77_777_777)
        let found = try #require(fault(events, capacity: 8, .perProducer))
        #expect(found.rule == .neverPushed)
        #expect(found.events == [events[index]])
    }

    @Test("Two elements that change places are found")
    func swap() throws {
        var events = right(seed: 6, capacity: 64)
        let pops = events.indices.filter { events[$0].kind == .popTook }
        let first = pops[pops.count / 2]
        // The next whose push and pop both come after.
        let second = try #require(
            pops[(pops.count / 2)...].first { index in
                guard events[first].precedes(events[index]) else { return false }
                let pushes = [first, index].compactMap { pop in
                    events.first { $0.kind == .pushAccepted && $0.value == events[pop].value }
                }
                return pushes[0].precedes(pushes[1])
            }
        )
        let value = events[first].value
        events[first] = events[first].with(value: events[second].value)
        events[second] = events[second].with(value: value)
        #expect(fault(events, capacity: 64, .strict)?.rule == .overtaken)
    }

    @Test("A pop that says empty falsely is found")
    func falseEmpty() throws {
        var events = right(seed: 7, capacity: 64)
        let push = try #require(
            events.first { push in
                push.kind == .pushAccepted
                    && events.contains { $0.kind == .popTook && $0.value == push.value && $0.call > push.returned + 2 }
            }
        )
        events.append(QueueEvent(thread: 9, .popSaidEmpty, call: push.returned + 1, returned: push.returned + 1))
        let found = try #require(fault(events, capacity: 64, .strict))
        #expect(found.rule == .falseEmpty)
        #expect(found.events.count <= 3)
    }

    @Test("A push that says full falsely is found")
    func falseFull() throws {
        var events = right(seed: 8, capacity: 64)
        events.append(QueueEvent(thread: 9, .pushSaidFull, 1, call: 1, returned: 1))
        #expect(fault(events, capacity: 64, .strict)?.rule == .falseFull)
    }

    @Test("A queue that holds one too many, or one too few, is found", arguments: [1, 2, 8])
    func wrongCapacity(capacity: Int) {
        let tooMany = right(seed: 9, capacity: capacity + 1)
        #expect(fault(tooMany, capacity: capacity, .relaxed)?.rule == .overCapacity)
        let tooFew = right(seed: 9, capacity: capacity)
        #expect(fault(tooFew, capacity: capacity + 1, .strict)?.rule == .falseFull)
    }

    @Test("A queue that refuses wrongly now and then is right as a relaxed one while others are at work")
    func relaxedQueue() {
        let events = right(seed: 10, capacity: 4) { $0 % 97 == 0 }
        #expect(fault(events, capacity: 4, .strict)?.rule == .falseEmpty)
        // Operations of six threads that leave no gap: some other one is always in flight.
        #expect(fault(events, capacity: 4, .relaxed) == nil)
    }

    @Test("Histories in which little happens are called vacuous, and why")
    func vacuity() {
        let pushes = (0..<2_000).map {
            QueueEvent(thread: 0, .pushAccepted, UInt64($0), call: UInt64($0) * 10, returned: UInt64($0) * 10 + 5)
        }
        let alone = HistoryEvidence(QueueHistory(events: pushes, capacity: 100))
        #expect(alone.shortfalls() == ["0 operations overlapping another thread's, at least 500 needed"])
        #expect(alone.isVacuous)
        let refusals = (0..<20_000).map {
            QueueEvent(thread: 1, .popSaidEmpty, call: UInt64($0) * 10 + 2, returned: UInt64($0) * 10 + 7)
        }
        let starved = HistoryEvidence(QueueHistory(events: pushes.prefix(10) + refusals, capacity: 8))
        #expect(
            starved.shortfalls() == [
                "10 successful operations, at least 500 needed",
                "20 operations overlapping another thread's, at least 500 needed",
                "1.3 times around the queue, at least 3 needed",
            ]
        )
        #expect(HistoryEvidence(QueueHistory(events: [], capacity: 1)).isVacuous)
        let all = pushes + refusals.prefix(2_000)
        let busy = HistoryEvidence(QueueHistory(events: all, capacity: 100))
        #expect(busy.shortfalls() == [])
        #expect(busy.overlapPercent == 100)
        #expect(busy.wraps == 20)
        #expect((starved + busy).shortfalls() == [])
    }
}
