import Testing

@testable import BoundedQueues

/// The state machine stepped by hand, with numbers for the producers and consumers that wait.
@Suite("Priority state")
struct PriorityStateTests {
    private typealias State = PriorityState<Int, Int, Int>

    private func makeState(
        capacity: Int = 2,
        overload: OverloadTable = OverloadTable(),
        holding elements: [(Int, PriorityTier)] = []
    ) -> State {
        var state = State(capacity: capacity, overload: overload, ageingLimit: 4)
        for (element, tier) in elements { _ = state.push(element, tier) }
        return state
    }

    @Test func testPush_whenShed() {
        var state = makeState(holding: [(1, .low), (2, .critical)])
        #expect(state.push(3, .high) == .rejected(3, depth: 2, taken: 0))
        #expect(state.push(4, .critical) == .full(4))
        #expect(state.statistics[.high].shed == 1)
        #expect(state.statistics[.critical].shed == 0)
        #expect(state.statistics.total.refused == 2)
    }

    @Test func testPush_whenShedAndDropping() {
        var state = makeState(overload: OverloadTable(action: .drop), holding: [(1, .low), (2, .critical)])
        #expect(state.push(3, .low) == .dropped(3, depth: 2))
        #expect(state.push(4, .critical) == .full(4))
        #expect(state.statistics[.low].dropped == 1)
    }

    @Test func testPush_whenConsumersWait() {
        var state = makeState()
        #expect(state.popOrWait(id: state.makeID(), token: 10) == nil)
        #expect(state.push(1, .low) == .deliver(1, to: 10))
        #expect(state.push(2, .low) == .accepted)
        #expect(state.statistics[.low] == TierStatistics(accepted: 2, taken: 1, depth: 1))
    }

    @Test func testPushOrTakeNumber_whenFull() {
        var state = makeState(capacity: 1, holding: [(1, .low)])
        #expect(state.pushOrTakeNumber(2, .critical).0 == nil)
        #expect(state.pushOrTakeNumber(3, .high).0 == .rejected(3, depth: 1, taken: 0))
        #expect(state.statistics.total.offered == 2)
    }

    @Test func testPushOrWait_whenRoomHasComeMeanwhile() {
        var state = makeState(capacity: 1, holding: [(1, .low)])
        let (_, id) = state.pushOrTakeNumber(2, .critical)
        _ = state.pop()
        #expect(state.pushOrWait(2, .critical, id: id, token: 10) == .finish(.accepted))
        #expect(state.statistics[.critical].timesBlocked == 0)
    }

    @Test func testPop_whenProducersOfSeveralTiersWait() {
        var state = makeState(capacity: 1, overload: .never, holding: [(1, .low)])
        for (element, tier) in [(2, PriorityTier.low), (3, .critical), (4, .low)] {
            #expect(state.pushOrWait(element, tier, id: state.makeID(), token: 10 * element) == .wait)
        }
        #expect(state.pop() == .takenAndAdmitted(Prioritized(1, .low), 30))
        #expect(state.pop() == .takenAndAdmitted(Prioritized(3, .critical), 20))
        #expect(state.pop() == .takenAndAdmitted(Prioritized(2, .low), 40))
        #expect(state.pop() == .taken(Prioritized(4, .low)))
        #expect(state.pop() == .empty)
        #expect(state.statistics.peakDepth == 1)
    }

    @Test func testPop_whenATierIsDue() {
        var state = makeState(capacity: 20, holding: [(0, .low)])
        for element in 1...8 { _ = state.push(element, .critical) }
        let tiers = (0..<4).map { _ in
            if case .taken(let next) = state.pop() { next.tier } else { PriorityTier?.none }
        }
        #expect(tiers == [.critical, .critical, .critical, .low])
    }

    @Test func testCancelProducer_whenInTheMiddle() {
        var state = makeState(capacity: 1, holding: [(1, .critical)])
        let ids = (0..<3).map { _ in state.makeID() }
        for (number, id) in ids.enumerated() { _ = state.pushOrWait(2 + number, .critical, id: id, token: 10 + number) }
        let cancelled = state.cancelProducer(id: ids[1], .critical)
        #expect(cancelled?.0 == 3)
        #expect(cancelled?.1 == 11)
        #expect(state.cancelProducer(id: ids[1], .critical) == nil)
        #expect(state.pop() == .takenAndAdmitted(Prioritized(1, .critical), 10))
        #expect(state.pop() == .takenAndAdmitted(Prioritized(2, .critical), 12))
        #expect(state.statistics[.critical].refused == 1)
    }

    @Test func testClose_whenProducersAndConsumersWait() {
        var state = makeState(capacity: 1, overload: .never, holding: [(1, .low)])
        for (element, tier) in [(2, PriorityTier.low), (3, .high)] {
            _ = state.pushOrWait(element, tier, id: state.makeID(), token: 10 * element)
        }
        let waiting = state.close()
        #expect(waiting.producers.map(\.0) == [3, 2])
        #expect(waiting.producers.map(\.1) == [30, 20])
        #expect(state.push(4, .critical) == .closed(4))
        #expect(state.pop() == .taken(Prioritized(1, .low)))
        #expect(state.pop() == .finished)

        var empty = makeState()
        for token in 10...11 { _ = empty.popOrWait(id: empty.makeID(), token: token) }
        #expect(empty.close().consumers == [10, 11])
        #expect(empty.close().consumers.isEmpty)
    }
}

extension PriorityState.PushAction: Equatable where Element: Equatable, Consumer: Equatable {
    static func == (first: Self, second: Self) -> Bool {
        switch (first, second) {
        case (.accepted, .accepted): true
        case (.deliver(let element, let consumer), .deliver(let other, let otherConsumer)):
            element == other && consumer == otherConsumer
        case (.rejected(let element, let depth, let taken), .rejected(let other, let otherDepth, let otherTaken)):
            element == other && depth == otherDepth && taken == otherTaken
        case (.dropped(let element, let depth), .dropped(let other, let otherDepth)):
            element == other && depth == otherDepth
        case (.full(let element), .full(let other)): element == other
        case (.closed(let element), .closed(let other)): element == other
        default: false
        }
    }
}

extension PriorityState.SuspendedPushAction: Equatable where Element: Equatable, Consumer: Equatable {
    static func == (first: Self, second: Self) -> Bool {
        switch (first, second) {
        case (.wait, .wait): true
        case (.finish(let action), .finish(let other)): action == other
        default: false
        }
    }
}

extension PriorityState.PopAction: Equatable where Element: Equatable, Producer: Equatable {
    static func == (first: Self, second: Self) -> Bool {
        switch (first, second) {
        case (.taken(let next), .taken(let other)): next == other
        case (.takenAndAdmitted(let next, let producer), .takenAndAdmitted(let other, let otherProducer)):
            next == other && producer == otherProducer
        case (.empty, .empty), (.finished, .finished): true
        default: false
        }
    }
}
