import BackpressureTesting
import BoundedQueues
import ConcurrencySupport

/// A plain bounded priority queue behind a lock that is right but for one defect.
final class FaultyPriorityQueue: BoundedPriorityQueue {
    let capacity: Int
    let overload: OverloadTable
    let ageingLimit: Int
    let defect: PriorityDefect
    private let onDrop: PriorityDropHandler<Int>
    private let state: Lock<State>

    struct Producer {
        var id: Int
        var element: Int
        var tier: PriorityTier
        /// `nil`: try again.
        var continuation: CheckedContinuation<PushResult<Int>?, Never>?
    }

    struct Consumer {
        var id: Int
        var continuation: CheckedContinuation<Prioritized<Int>?, Never>?
    }

    struct State {
        var tiers: FaultyTiers
        var producers: [Producer] = []
        var consumers: [Consumer] = []
        var isClosed = false
        var nextID = 0
        var shedCount = 0
        var counts = PerTier { _ in TierStatistics() }
    }

    init(
        capacity: Int,
        overload: OverloadTable,
        ageingLimit: Int,
        defect: PriorityDefect,
        onDrop: @escaping PriorityDropHandler<Int>
    ) {
        self.capacity = capacity
        self.overload = overload
        self.ageingLimit = ageingLimit
        self.defect = defect
        self.onDrop = onDrop
        state = Lock(State(tiers: FaultyTiers(limit: ageingLimit, defect: defect)))
    }

    func statistics() -> PriorityStatistics {
        state.withLock { state in
            var statistics = PriorityStatistics(tiers: state.counts, peakDepth: nil, capacity: capacity)
            for tier in PriorityTier.allCases { statistics.tiers[tier].depth = state.tiers.elements[tier].count }
            return statistics
        }
    }

    // MARK: Pushing

    func tryPush(_ element: Int, priority tier: PriorityTier) async -> PushResult<Int> {
        if defect == .checksThenActs {
            let isOpen = state.withLock { !$0.isClosed && hasRoom($0, tier) && !sheds(tier, $0) }
            await Task.yield()
            if isOpen {
                state.withLock { enter(element, tier, &$0) }
                return .accepted
            }
        }
        let decision = state.withLock { state -> (PushResult<Int>, PriorityDropReason?) in
            if let decision = decide(element, tier, &state) { return decision }
            if defect != .forgetsToCountRefusals { state.counts[tier].refused += 1 }
            return (.full(element), nil)
        }
        return report(decision, element, tier)
    }

    func push(_ element: Int, priority tier: PriorityTier) async -> PushResult<Int> {
        while true {
            if let decision = state.withLock({ decide(element, tier, &$0) }) { return report(decision, element, tier) }
            if defect == .checksThenWaits { await Task.yield() }
            if let result = await waitForRoom(element, tier) { return result }
            if defect == .cancelledTaskSwallowsWakeUp, Task.isCancelled {
                state.withLock { $0.counts[tier].refused += 1 }
                return .cancelled(element)
            }
        }
    }

    func push<C: Clock>(
        _ element: Int,
        priority tier: PriorityTier,
        until deadline: C.Instant,
        clock: C
    ) async -> PushResult<Int> where C.Duration == Duration {
        if defect == .deadlineWaitsOn { return await push(element, priority: tier) }
        let isPast = clock.now >= deadline
        let result = isPast ? await tryPush(element, priority: tier) : await race(element, tier, until: deadline, clock)
        switch result {
        case .full(let element): return .timedOut(element)
        case .cancelled(let element) where !Task.isCancelled:
            if defect == .deadlineEntersLater {
                state.withLock {
                    $0.producers.append(Producer(id: -1, element: element, tier: tier, continuation: nil))
                }
            }
            return .timedOut(element)
        default: return result
        }
    }

    private func race<C: Clock>(
        _ element: Int,
        _ tier: PriorityTier,
        until deadline: C.Instant,
        _ clock: C
    ) async -> PushResult<Int> where C.Duration == Duration {
        let push = Task { await self.push(element, priority: tier) }
        let timer = Task { if (try? await clock.sleep(until: deadline, tolerance: .zero)) != nil { push.cancel() } }
        let result = await withTaskCancellationHandler {
            await push.value
        } onCancel: {
            push.cancel()
        }
        timer.cancel()
        return result
    }

    private func hasRoom(_ state: State, _ tier: PriorityTier) -> Bool {
        switch defect {
        case .holdsOneTooMany: state.tiers.count <= capacity
        case .boundsEachTierAlone: state.tiers.elements[tier].count < capacity
        default: state.tiers.count < capacity
        }
    }

    private func sheds(_ tier: PriorityTier, _ state: State) -> Bool {
        let judged = defect == .shedsMostUrgent ? PriorityTier.allCases[3 - tier.rawValue] : tier
        let fill = Double(state.tiers.count) / Double(capacity)
        let threshold = overload.thresholds[judged]
        switch defect {
        case .waitsInsteadOfShedding: return false
        case .shedsCriticalWhenFull: return fill >= threshold && overload.thresholds.low < 1
        case .shedsAboveThreshold: return threshold < 1 && fill > threshold
        default: return threshold < 1 && fill >= threshold
        }
    }

    /// What can be said of an offer without waiting.
    private func decide(
        _ element: Int,
        _ tier: PriorityTier,
        _ state: inout State
    ) -> (PushResult<Int>, PriorityDropReason?)? {
        if state.isClosed && defect != .acceptsWhenClosed {
            state.counts[tier].refused += 1
            return (.closed(element), nil)
        }
        if !state.consumers.isEmpty, defect != .neverWakesConsumers {
            state.counts[tier].accepted += 1
            state.counts[tier].taken += 1
            state.tiers.takes += 1
            state.consumers.removeFirst().continuation?.resume(returning: Prioritized(element, tier))
            return (.accepted, nil)
        }
        if sheds(tier, state) { return shed(element, tier, &state) }
        guard hasRoom(state, tier) || defect == .pushOverfills else { return nil }
        enter(element, tier, &state)
        return (.accepted, nil)
    }

    private func shed(
        _ element: Int,
        _ tier: PriorityTier,
        _ state: inout State
    ) -> (PushResult<Int>, PriorityDropReason?) {
        state.counts[tier].refused += 1
        state.counts[tier].shed += 1
        state.shedCount += 1
        let depth = state.tiers.count
        guard overload.action == .drop else {
            let error = QueueFullError(depth: depth, capacity: capacity, retryAfterNanoseconds: 0)
            return (.rejected(element, error), nil)
        }
        state.counts[tier].dropped += 1
        if defect == .countsDropAsAccepted { state.counts[tier].accepted += 1 }
        if defect == .dropsWithoutHandler { return (.dropped, nil) }
        if defect == .losesOneDropInAHundred, state.shedCount % 100 == 0 { return (.dropped, nil) }
        return (.dropped, .overloaded(depth: defect == .namesWrongDepth ? capacity : depth, capacity: capacity))
    }

    private func report(
        _ decision: (PushResult<Int>, PriorityDropReason?),
        _ element: Int,
        _ tier: PriorityTier
    ) -> PushResult<Int> {
        if let reason = decision.1 { onDrop(Prioritized(element, tier), reason) }
        return decision.0
    }

    private func enter(_ element: Int, _ tier: PriorityTier, _ state: inout State) {
        state.counts[defect == .countsInWrongTier ? .normal : tier].accepted += 1
        state.tiers.append(element, tier)
    }

    private func waitForRoom(_ element: Int, _ tier: PriorityTier) async -> PushResult<Int>? {
        let id = makeID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let decision = state.withLock { state -> (PushResult<Int>, PriorityDropReason?)? in
                    if Task.isCancelled, defect != .ignoresCancellation {
                        state.counts[tier].refused += 1
                        return (.cancelled(element), nil)
                    }
                    if defect != .checksThenWaits, let decision = decide(element, tier, &state) { return decision }
                    state.counts[tier].timesBlocked += 1
                    state.producers.append(
                        Producer(id: id, element: element, tier: tier, continuation: continuation)
                    )
                    return nil
                }
                if let decision { continuation.resume(returning: report(decision, element, tier)) }
            }
        } onCancel: {
            cancelProducer(id)
        }
    }

    private func cancelProducer(_ id: Int) {
        guard defect != .ignoresCancellation else { return }
        state.withLock { state in
            guard let index = state.producers.firstIndex(where: { $0.id == id }) else { return }
            let producer = state.producers[index]
            state.counts[producer.tier].refused += 1
            producer.continuation?.resume(returning: .cancelled(producer.element))
            if defect == .cancelledPushEnters {
                state.producers[index].continuation = nil
            } else {
                state.producers.remove(at: index)
            }
        }
    }

    // MARK: Popping

    func tryPop() async -> Prioritized<Int>? {
        if defect == .readsThenRemoves {
            let tier = state.withLock { $0.tiers.nextTier }
            let first = state.withLock { state in tier.flatMap { state.tiers.elements[$0].first } }
            await Task.yield()
            guard let tier, let first else { return nil }
            state.withLock { state in
                if !state.tiers.elements[tier].isEmpty { _ = state.tiers.removeNext(tier) }
                state.counts[tier].taken += 1
                admit(&state)
            }
            return Prioritized(first, tier)
        }
        return state.withLock { take(&$0) }
    }

    func pop() async -> Prioritized<Int>? {
        if let next = await tryPop() { return next }
        let id = makeID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isDone, next) = state.withLock { state -> (Bool, Prioritized<Int>?) in
                    if Task.isCancelled { return (true, nil) }
                    if let next = take(&state) { return (true, next) }
                    if state.isClosed { return (true, nil) }
                    state.consumers.append(Consumer(id: id, continuation: continuation))
                    return (false, nil)
                }
                if isDone { continuation.resume(returning: next) }
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

    private func take(_ state: inout State) -> Prioritized<Int>? {
        guard let tier = state.tiers.nextTier else { return nil }
        state.counts[tier].taken += 1
        let element = state.tiers.removeNext(tier)
        admit(&state)
        return Prioritized(element, tier)
    }

    /// Lets the first producer in line enter, or with some defects only tells it to try again.
    private func admit(_ state: inout State) {
        guard !state.producers.isEmpty, defect != .neverWakesProducers else { return }
        let index =
            switch defect {
            case .servesOldestProducer: 0
            case .servesLowestProducer:
                state.producers.indices.min { state.producers[$0].tier < state.producers[$1].tier }!
            default:
                // The first of those whose tier is the most urgent.
                state.producers.firstIndex { $0.tier == state.producers.map(\.tier).max() }!
            }
        let producer = state.producers.remove(at: index)
        if defect == .newcomersPass || defect == .cancelledTaskSwallowsWakeUp {
            producer.continuation?.resume(returning: .none)
        } else {
            enter(producer.element, producer.tier, &state)
            producer.continuation?.resume(returning: .accepted)
        }
    }

    // MARK: Closing

    func close() {
        state.withLock { state in
            state.isClosed = true
            if defect == .losesElementsOnClose { state.tiers.elements = PerTier { _ in [] } }
            for producer in state.producers where defect != .closingForgetsLowProducers || producer.tier != .low {
                state.counts[producer.tier].refused += 1
                let element = defect == .closingSwapsElements ? producer.element + 1 : producer.element
                producer.continuation?.resume(returning: .closed(element))
            }
            state.producers.removeAll { defect != .closingForgetsLowProducers || $0.tier != .low }
            if defect != .closingForgetsConsumers {
                for consumer in state.consumers { consumer.continuation?.resume(returning: nil) }
                state.consumers = []
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
