import Testing

@testable import BoundedQueues

/// The state machine stepped by hand, with numbers for the producers and consumers that wait.
@Suite("Queue state")
struct QueueStateTests {
    private typealias State = QueueState<Int, Int, Int>

    private func makeState(
        capacity: Int = 2,
        policy: OverflowPolicy = .block,
        holding elements: [Int] = []
    ) -> State {
        var state = State(capacity: capacity, policy: policy)
        for element in elements { _ = state.push(element) }
        return state
    }

    // MARK: Pushing

    @Test func testPush_whenEmpty() {
        var state = makeState()
        #expect(state.push(1) == .accepted)
        #expect(state.statistics.depth == 1)
    }

    @Test(arguments: [OverflowPolicy.block, .throttle()]) func testPush_whenFull(policy: OverflowPolicy) {
        var state = makeState(policy: policy, holding: [1, 2])
        #expect(state.push(3) == .full(3))
        #expect(state.statistics.refused == 1)
    }

    @Test func testPush_whenFullAndRejecting() {
        var state = makeState(policy: .reject, holding: [1, 2])
        _ = state.pop()
        _ = state.push(3)
        #expect(state.push(4) == .rejected(4, depth: 2, taken: 1))
        #expect(state.statistics.refused == 1)
    }

    @Test func testPush_whenFullAndDroppingNewest() {
        var state = makeState(policy: .dropNewest, holding: [1, 2])
        #expect(state.push(3) == .dropped(3, .full))
        #expect(state.statistics.accepted == 2)
        #expect(state.statistics.refused == 1)
        #expect(state.statistics.dropped == 1)
        #expect(state.pop() == .taken(1))
    }

    @Test func testPush_whenFullAndDroppingOldest() {
        var state = makeState(policy: .dropOldest, holding: [1, 2])
        #expect(state.push(3) == .evicted(1))
        #expect(state.statistics.accepted == 3)
        #expect(state.statistics.evicted == 1)
        #expect(state.statistics.depth == 2)
        #expect(state.pop() == .taken(2))
        #expect(state.pop() == .taken(3))
    }

    @Test func testPush_whenConsumersWait() {
        var state = makeState()
        #expect(state.popOrWait(id: state.makeID(), token: 10) == nil)
        #expect(state.popOrWait(id: state.makeID(), token: 11) == nil)
        #expect(state.push(1) == .deliver(1, to: 10))
        #expect(state.push(2) == .deliver(2, to: 11))
        #expect(state.push(3) == .accepted)
        #expect(state.statistics.accepted == 3)
        #expect(state.statistics.taken == 2)
    }

    @Test func testPush_whenConsumersWaitAndSamplingFromTheStart() {
        var state = makeState(policy: .sample(oneIn: 2, above: 0))
        for token in 10...11 { _ = state.popOrWait(id: state.makeID(), token: token) }
        #expect(state.push(1) == .deliver(1, to: 10))
        #expect(state.push(2) == .dropped(2, .sampledOut))
        #expect(state.push(3) == .deliver(3, to: 11))
        #expect(state.statistics.sampledOut == 1)
    }

    @Test func testPush_whenClosed() {
        var state = makeState(policy: .dropOldest, holding: [1, 2])
        _ = state.close()
        #expect(state.push(3) == .closed(3))
        #expect(state.statistics.evicted == 0)
    }

    @Test func testPushOrTakeNumber_whenFull() {
        var state = makeState(capacity: 1, holding: [1])
        let (first, firstID) = state.pushOrTakeNumber(2)
        let (second, secondID) = state.pushOrTakeNumber(3)
        #expect(first == nil)
        #expect(second == nil)
        #expect(firstID != secondID)
        #expect(state.statistics.offered == 1)
    }

    @Test func testPushOrTakeNumber_whenFullAndRejecting() {
        var state = makeState(capacity: 1, policy: .reject, holding: [1])
        #expect(state.pushOrTakeNumber(2).0 == .rejected(2, depth: 1, taken: 0))
    }

    @Test func testPushOrWait_whenRoomHasComeMeanwhile() {
        var state = makeState(capacity: 1, holding: [1])
        let (_, id) = state.pushOrTakeNumber(2)
        #expect(state.pop() == .taken(1))
        #expect(state.pushOrWait(2, id: id, token: 10) == .finish(.accepted))
        #expect(state.pop() == .taken(2))
    }

    @Test func testPushOrWait_whenClosedMeanwhile() {
        var state = makeState(capacity: 1, holding: [1])
        let (_, id) = state.pushOrTakeNumber(2)
        _ = state.close()
        #expect(state.pushOrWait(2, id: id, token: 10) == .finish(.closed(2)))
    }

    // MARK: Popping

    @Test func testPop_whenEmpty() {
        var state = makeState()
        #expect(state.pop() == .empty)
        #expect(state.statistics.taken == 0)
    }

    @Test func testPop_whenProducersWait() {
        var state = makeState(capacity: 1, holding: [1])
        #expect(state.pushOrWait(2, id: state.makeID(), token: 10) == .wait)
        #expect(state.pushOrWait(3, id: state.makeID(), token: 11) == .wait)
        #expect(state.statistics.accepted == 1)
        #expect(state.pop() == .takenAndAdmitted(1, 10))
        #expect(state.pop() == .takenAndAdmitted(2, 11))
        #expect(state.pop() == .taken(3))
        #expect(state.statistics.accepted == 3)
        #expect(state.statistics.peakDepth == 1)
    }

    @Test func testPop_whenClosed() {
        var state = makeState(holding: [1])
        _ = state.close()
        #expect(state.pop() == .taken(1))
        #expect(state.pop() == .finished)
    }

    @Test func testPopOrWait_whenElementHasComeMeanwhile() {
        var state = makeState()
        let (action, id) = state.popOrTakeNumber()
        #expect(action == nil)
        #expect(state.push(1) == .accepted)
        #expect(state.popOrWait(id: id, token: 10) == .taken(1))
        #expect(state.push(2) == .accepted)
    }

    // MARK: Cancelling

    @Test func testCancelProducer_whenInTheMiddle() {
        var state = makeState(capacity: 1, holding: [1])
        let ids = (0..<3).map { _ in state.makeID() }
        for (number, id) in ids.enumerated() { _ = state.pushOrWait(2 + number, id: id, token: 10 + number) }
        let cancelled = state.cancelProducer(id: ids[1])
        #expect(cancelled?.0 == 3)
        #expect(cancelled?.1 == 11)
        #expect(state.statistics.refused == 1)
        #expect(state.pop() == .takenAndAdmitted(1, 10))
        #expect(state.pop() == .takenAndAdmitted(2, 12))
        #expect(state.pop() == .taken(4))
    }

    @Test func testCancelProducer_whenItHasEntered() {
        var state = makeState(capacity: 1, holding: [1])
        let id = state.makeID()
        _ = state.pushOrWait(2, id: id, token: 10)
        _ = state.pop()
        #expect(state.cancelProducer(id: id) == nil)
        #expect(state.statistics.refused == 0)
    }

    @Test func testCancelOffer_whenNotYetInLine() {
        var state = makeState(capacity: 1, holding: [1])
        _ = state.pushOrTakeNumber(2)
        state.cancelOffer()
        #expect(state.statistics.offered == 2)
        #expect(state.statistics.refused == 1)
    }

    @Test func testCancelConsumer_whenFirstInLine() {
        var state = makeState()
        let ids = (0..<2).map { _ in state.makeID() }
        for (number, id) in ids.enumerated() { _ = state.popOrWait(id: id, token: 10 + number) }
        #expect(state.cancelConsumer(id: ids[0]) == 10)
        #expect(state.cancelConsumer(id: ids[0]) == nil)
        #expect(state.push(1) == .deliver(1, to: 11))
    }

    // MARK: Closing

    @Test func testClose_whenProducersWait() {
        var state = makeState(capacity: 1, holding: [1])
        for element in 2...3 { _ = state.pushOrWait(element, id: state.makeID(), token: 10 * element) }
        let waiting = state.close()
        #expect(waiting.producers.map(\.0) == [2, 3])
        #expect(waiting.producers.map(\.1) == [20, 30])
        #expect(waiting.consumers.isEmpty)
        #expect(state.statistics.refused == 2)
        #expect(state.pop() == .taken(1))
        #expect(state.pop() == .finished)
    }

    @Test func testClose_whenConsumersWait() {
        var state = makeState()
        for token in 10...11 { _ = state.popOrWait(id: state.makeID(), token: token) }
        #expect(state.close().consumers == [10, 11])
        #expect(state.close().consumers.isEmpty)
    }
}

extension QueueState.PushAction: Equatable where Element: Equatable, Consumer: Equatable {
    static func == (first: Self, second: Self) -> Bool {
        switch (first, second) {
        case (.accepted, .accepted): true
        case (.deliver(let element, let consumer), .deliver(let other, let otherConsumer)):
            element == other && consumer == otherConsumer
        case (.evicted(let element), .evicted(let other)): element == other
        case (.dropped(let element, let reason), .dropped(let other, let otherReason)):
            element == other && reason == otherReason
        case (.rejected(let element, let depth, let taken), .rejected(let other, let otherDepth, let otherTaken)):
            (element, depth, taken) == (other, otherDepth, otherTaken)
        case (.full(let element), .full(let other)): element == other
        case (.closed(let element), .closed(let other)): element == other
        default: false
        }
    }
}

extension QueueState.SuspendedPushAction: Equatable where Element: Equatable, Consumer: Equatable {
    static func == (first: Self, second: Self) -> Bool {
        switch (first, second) {
        case (.wait, .wait): true
        case (.finish(let action), .finish(let other)): action == other
        default: false
        }
    }
}

extension QueueState.PopAction: Equatable where Element: Equatable, Producer: Equatable {
    static func == (first: Self, second: Self) -> Bool {
        switch (first, second) {
        case (.taken(let element), .taken(let other)): element == other
        case (.takenAndAdmitted(let element, let producer), .takenAndAdmitted(let other, let otherProducer)):
            element == other && producer == otherProducer
        case (.empty, .empty), (.finished, .finished): true
        default: false
        }
    }
}
