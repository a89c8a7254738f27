import BackpressureTesting
import ConcurrencySupport

@testable import BoundedQueues

/// A plain bounded queue behind a lock that is right but for one defect.
final class FaultyQueue: BoundedQueue {
    let capacity: Int
    let policy: OverflowPolicy
    let defect: QueueDefect
    let clock: ManualClock
    private let onDrop: DropHandler<Int>
    private let storeLimit: Int
    let state: Lock<State>

    fileprivate struct Producer {
        var id: Int
        var element: Int
        /// `nil`: try again.
        var continuation: CheckedContinuation<PushResult<Int>?, Never>?
    }

    fileprivate struct Consumer {
        var id: Int
        var continuation: CheckedContinuation<Int?, Never>?
    }

    struct State {
        var elements: [Int] = []
        var stored: [Int] = []
        fileprivate var producers: [Producer] = []
        fileprivate var consumers: [Consumer] = []
        var isClosed = false
        var nextID = 0
        var evictions = 0
        var offersSampled: UInt = 0
        var statistics: QueueStatistics
    }

    init(_ request: QueueRequest, defect: QueueDefect) {
        capacity = request.capacity
        policy = request.policy
        clock = request.clock
        onDrop = request.onDrop
        storeLimit = (request.spillStore?.limit ?? 0) + (defect == .storeTakesOneTooMany ? 1 : 0)
        self.defect = defect
        state = Lock(
            State(
                statistics: QueueStatistics(
                    accepted: 0,
                    refused: 0,
                    taken: 0,
                    dropped: 0,
                    evicted: 0,
                    depth: 0,
                    peakDepth: nil,
                    capacity: capacity
                )
            )
        )
        guard var store = request.spillStore, store.count > 0 else { return }
        state.withLock { state in
            while let element = store.removeFirst() { self.store(element, &state) }
            guard defect != .startsEmptyBesideStore else { return }
            state.elements = Array(state.stored.prefix(capacity))
            state.stored.removeFirst(state.elements.count)
        }
    }

    private var bound: Int {
        switch defect {
        case .holdsOneTooMany: capacity + 1
        case .holdsOneTooFew: max(1, capacity - 1)
        default: capacity
        }
    }

    func statistics() -> QueueStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.depth = state.elements.count
            statistics.stored = state.stored.count
            return statistics
        }
    }

    // MARK: Pushing

    func tryPush(_ element: Int) async -> PushResult<Int> {
        if defect == .checksThenActs {
            let hasRoom = state.withLock { !$0.isClosed && $0.elements.count < bound }
            await Task.yield()
            if hasRoom {
                state.withLock { enter(element, &$0) }
                return .accepted
            }
        }
        return offer(element)
    }

    func push(_ element: Int) async -> PushResult<Int> {
        guard policy.waitsForRoom else { return await tryPush(element) }
        if policy.kind == .throttle, await !delay() {
            state.withLock { $0.statistics.refused += 1 }
            return .cancelled(element)
        }
        while true {
            if let result = state.withLock({ decide(element, &$0) }) { return result }
            if defect == .checksThenWaits { await Task.yield() }
            if let result = await waitForRoom(element) { return result }
            if defect == .cancelledTaskSwallowsWakeUp, Task.isCancelled {
                state.withLock { $0.statistics.refused += 1 }
                return .cancelled(element)
            }
        }
    }

    /// What can be said of an offer without waiting.
    func decide(_ element: Int, _ state: inout State) -> PushResult<Int>? {
        if state.isClosed && defect != .acceptsWhenClosed {
            state.statistics.refused += 1
            return .closed(element)
        }
        if policy.kind == .sample, isSampledOut(&state) { return nil }
        if !state.consumers.isEmpty, defect != .neverWakesConsumers {
            state.statistics.accepted += 1
            state.statistics.taken += 1
            state.consumers.removeFirst().continuation?.resume(returning: element)
            return .accepted
        }
        guard state.elements.count < bound || defect == .pushOverfills else { return nil }
        guard state.stored.isEmpty else { return nil }
        enter(element, &state)
        return .accepted
    }

    private func enter(_ element: Int, _ state: inout State) {
        state.statistics.accepted += 1
        state.elements.append(element)
    }

    private func offer(_ element: Int) -> PushResult<Int> {
        let (result, drops) = state.withLock { state -> (PushResult<Int>, [(Int, DropReason)]) in
            if let result = decide(element, &state) { return (result, []) }
            switch policy.kind {
            case .dropOldest:
                return (.accepted, replaceOldest(with: element, &state))
            case .spill where state.stored.count < storeLimit:
                store(element, &state)
                return (.accepted, [])
            case .sample:
                return (.dropped, [(element, countDrop(&state))])
            case .dropNewest:
                state.statistics.dropped += 1
                state.statistics.refused += 1
                if defect == .countsDropAsAccepted { state.statistics.accepted += 1 }
                return (.dropped, [(element, defect == .namesWrongReason ? .evicted : .full)])
            default:
                if defect == .forgetsToCountRefusals { return (.full(element), []) }
                state.statistics.refused += 1
                if defect == .rejectionSaysAccepted, policy == .reject { return (.accepted, []) }
                if defect == .losesRefusedElement { return (.dropped, []) }
                guard policy == .reject || policy == .spill else { return (.full(element), []) }
                let error = QueueFullError(depth: state.elements.count, capacity: capacity, retryAfterNanoseconds: 0)
                return (.rejected(element, error), [])
            }
        }
        for (element, reason) in drops where defect != .dropsWithoutHandler { onDrop(element, reason) }
        return result
    }

    private func replaceOldest(with element: Int, _ state: inout State) -> [(Int, DropReason)] {
        let count = defect == .evictsTwo ? min(2, state.elements.count) : 1
        let evicted = (0..<count).map { _ in
            defect == .evictsNewest ? state.elements.removeLast() : state.elements.removeFirst()
        }
        state.statistics.evicted += UInt64(count)
        state.evictions += 1
        enter(element, &state)
        if defect == .losesOneDropInAHundred, state.evictions % 100 == 0 { return [] }
        return evicted.map { ($0, .evicted) }
    }

    func waitForRoom(_ element: Int) async -> PushResult<Int>? {
        let id = makeID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> PushResult<Int>? in
                    if Task.isCancelled, defect != .ignoresCancellation {
                        state.statistics.refused += 1
                        return .cancelled(element)
                    }
                    if defect != .checksThenWaits, let result = decide(element, &state) { return result }
                    let producer = Producer(id: id, element: element, continuation: continuation)
                    state.producers.insert(producer, at: defect == .servesNewestProducer ? 0 : state.producers.count)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            cancelProducer(id)
        }
    }

    private func cancelProducer(_ id: Int) {
        guard defect != .ignoresCancellation else { return }
        state.withLock { state in
            guard let index = state.producers.firstIndex(where: { $0.id == id }) else { return }
            state.statistics.refused += 1
            state.producers[index].continuation?.resume(returning: .cancelled(state.producers[index].element))
            if defect == .cancelledPushEnters {
                state.producers[index].continuation = nil
            } else {
                state.producers.remove(at: index)
            }
        }
    }

    // MARK: Popping

    func tryPop() async -> Int? {
        if defect == .readsThenRemoves {
            let first = state.withLock(\.elements.first)
            await Task.yield()
            guard let first else { return nil }
            state.withLock { state in
                state.statistics.taken += 1
                if !state.elements.isEmpty { state.elements.removeFirst() }
                admit(&state)
            }
            return first
        }
        return state.withLock { take(&$0) }
    }

    func pop() async -> Int? {
        if defect == .cancelledPopTakes, Task.isCancelled {
            _ = state.withLock { take(&$0) }
            return nil
        }
        if let element = await tryPop() { return element }
        let id = makeID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isDone, element) = state.withLock { state -> (Bool, Int?) in
                    if Task.isCancelled { return (true, nil) }
                    if let element = take(&state) { return (true, element) }
                    if state.isClosed { return (true, nil) }
                    state.consumers.append(Consumer(id: id, continuation: continuation))
                    return (false, nil)
                }
                if isDone { continuation.resume(returning: element) }
            }
        } onCancel: {
            state.withLock { state in
                guard let index = state.consumers.firstIndex(where: { $0.id == id }) else { return }
                state.consumers[index].continuation?.resume(returning: nil)
                if defect == .cancelledPopStaysInLine {
                    state.consumers[index].continuation = nil
                } else {
                    state.consumers.remove(at: index)
                }
            }
        }
    }

    func take(_ state: inout State) -> Int? {
        guard !state.elements.isEmpty else { return nil }
        if defect == .stopsShortOnceClosed, state.isClosed, capacity > 2, state.elements.count == 1 { return nil }
        state.statistics.taken += 1
        let element = defect == .lastInFirstOut ? state.elements.removeLast() : state.elements.removeFirst()
        if !state.stored.isEmpty {
            let isReversed = defect == .newestLeavesStoreFirst
            state.elements.append(isReversed ? state.stored.removeLast() : state.stored.removeFirst())
        }
        admit(&state)
        return element
    }

    /// Lets the first producer in line enter, or with some defects only tells it to try again.
    func admit(_ state: inout State) {
        guard !state.producers.isEmpty, defect != .neverWakesProducers else { return }
        let producer = state.producers.removeFirst()
        if [.newcomersPass, .cancelledTaskSwallowsWakeUp, .lateTaskSwallowsWakeUp].contains(defect) {
            producer.continuation?.resume(returning: .none)
        } else {
            enter(producer.element, &state)
            producer.continuation?.resume(returning: .accepted)
        }
    }

    // MARK: Closing

    func close() {
        state.withLock { state in
            state.isClosed = true
            if defect == .losesElementsOnClose { state.elements = [] }
            if defect == .closingForgetsStored { state.stored = [] }
            if defect != .closingForgetsProducers {
                for producer in state.producers {
                    state.statistics.refused += 1
                    let element = defect == .closingSwapsElements ? producer.element + 1 : producer.element
                    producer.continuation?.resume(returning: .closed(element))
                }
                state.producers = []
            }
            if defect != .closingForgetsConsumers {
                let woken = defect == .closingWakesOneConsumer ? 1 : state.consumers.count
                for consumer in state.consumers.prefix(woken) { consumer.continuation?.resume(returning: nil) }
                state.consumers.removeFirst(min(woken, state.consumers.count))
            }
        }
    }

    private func makeID() -> Int {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }
}
