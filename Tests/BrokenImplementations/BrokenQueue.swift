import BackpressureBenchmark
import BoundedQueues
import ConcurrencySupport
import DequeModule
import Dispatch

/// A bounded queue behind a lock that is right but for one defect. Tasks that wait ask again and again.
final class BrokenQueue<Element: Sendable>: SynchronousBoundedQueue {
    let capacity: Int
    let policy: OverflowPolicy
    private let defect: QueueDefect
    private let onDrop: DropHandler<Element>
    private let state: Lock<State>

    /// A defect that isn't always at work shows once in so many elements.
    private let elementsPerFault: UInt64 = 10

    private struct State {
        var elements = Deque<Element>()
        var kept: [Element] = []
        var requests: UInt64 = 0
        var offers: UInt64 = 0
        var isClosed = false
        var counts: QueueStatistics
    }

    init(_ setup: QueueSetup<Element>, defect: QueueDefect) {
        capacity = setup.capacity
        policy = setup.policy
        onDrop = setup.onDrop
        self.defect = defect
        let counts = QueueStatistics(
            accepted: 0,
            refused: 0,
            taken: 0,
            dropped: 0,
            evicted: 0,
            depth: 0,
            peakDepth: nil,
            capacity: setup.capacity
        )
        state = Lock(State(counts: counts))
    }

    func tryPush(_ element: Element) -> PushResult<Element> {
        let (result, drops) = state.withLock { offer(element, &$0) }
        for drop in drops where defect != .dropsInSilence { onDrop(drop.0, drop.1) }
        return result
    }

    private func offer(_ element: Element, _ state: inout State) -> (PushResult<Element>, [(Element, DropReason)]) {
        if state.isClosed {
            state.counts.refused += 1
            return (.closed(element), [])
        }
        var drops: [(Element, DropReason)] = []
        state.offers += 1
        if policy.description == "sample", state.offers % 4 != 1 { return dropped(element, .sampledOut, &state) }
        let holdsLess = defect == .holdsOneLess || defect == .evictsEarly
        let bound = holdsLess ? max(1, capacity - 1) : capacity
        if state.elements.count >= bound, defect != .knowsNoBound {
            switch policy {
            case .dropOldest:
                for _ in 0..<min(state.elements.count, defect == .evictsTwo ? 2 : 1) {
                    state.counts.evicted += 1
                    let isLast = defect == .evictsNewest
                    drops.append((isLast ? state.elements.removeLast() : state.elements.removeFirst(), .evicted))
                }
            case .dropNewest:
                return dropped(element, .full, &state)
            default:
                if policy.description == "sample" { return dropped(element, .full, &state) }
                state.counts.refused += 1
                return (.full(element), [])
            }
        }
        state.counts.accepted += 1
        for _ in 0..<copies(ofElementNumber: state.counts.accepted) { state.elements.append(element) }
        if defect == .allocatesEachTime { state.kept = [element] }
        if defect == .swapsElements, state.counts.accepted.isMultiple(of: elementsPerFault), state.elements.count > 1 {
            state.elements.swapAt(state.elements.count - 1, state.elements.count - 2)
        }
        return (.accepted, drops)
    }

    private func dropped(
        _ element: Element,
        _ reason: DropReason,
        _ state: inout State
    ) -> (PushResult<Element>, [(Element, DropReason)]) {
        state.counts.refused += 1
        if defect != .miscountsDrops || state.counts.refused.isMultiple(of: 2) { state.counts.dropped += 1 }
        if reason == .sampledOut { state.counts.sampledOut += 1 }
        let isTwice = defect == .tellsTwice && state.counts.refused.isMultiple(of: elementsPerFault)
        return (.dropped, Array(repeating: (element, reason), count: isTwice ? 2 : 1))
    }

    /// How often an element goes in.
    private func copies(ofElementNumber number: UInt64) -> Int {
        guard number.isMultiple(of: elementsPerFault) else { return 1 }
        switch defect {
        case .losesElements: return 0
        case .duplicatesElements: return 2
        case .crashes: fatalError("broken on purpose")
        case .hangs:
            DispatchSemaphore(value: 0).wait()
            return 1
        default: return 1
        }
    }

    func tryPop() -> Element? {
        state.withLock { state in
            state.requests += 1
            if defect == .saysEmpty, state.requests.isMultiple(of: elementsPerFault) { return nil }
            guard let element = state.elements.popFirst() else { return nil }
            state.counts.taken += 1
            if defect == .keepsElements { state.kept.append(element) }
            return element
        }
    }

    func push(_ element: Element) async -> PushResult<Element> {
        if defect == .delaysAlways { try? await Task.sleep(for: .milliseconds(5)) }
        while true {
            let result = tryPush(element)
            guard case .full = result, policy.waitsForRoom else { return result }
            if Task.isCancelled { return .cancelled(element) }
            await Task.yield()
        }
    }

    func pop() async -> Element? {
        while true {
            if let element = tryPop() { return element }
            if Task.isCancelled || state.withLock({ $0.isClosed && $0.elements.isEmpty }) { return nil }
            await Task.yield()
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
    }

    func statistics() -> QueueStatistics {
        state.withLock { state in
            var counts = state.counts
            counts.depth = state.elements.count
            return counts
        }
    }
}
