import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// Moments in the middle of an operation, made by hand.
@Suite("The ring for each tier, half way through an operation", .timeLimit(.minutes(5)))
struct RingPriorityQueueTests {
    /// What became of the pushes; those that don't get on are ended by closing the queue.
    private func results(
        of pushes: [Task<PushResult<Int>, Never>],
        _ queue: RingPriorityQueue<Int>
    ) async -> [PushResult<Int>] {
        // Seconds, in which a single task that could run would have.
        let patience = Task {
            for _ in 0..<1_000_000 where !Task.isCancelled { await Task.yield() }
            if !Task.isCancelled { queue.close() }
        }
        var results: [PushResult<Int>] = []
        for push in pushes { results.append(await push.value) }
        patience.cancel()
        return results
    }

    @Test("A push that is held up before its element is in the ring holds up nobody else")
    func pushHalfDone() {
        let queue = RingPriorityQueue<Int>(capacity: 8, overload: .never, ageingLimit: 4)
        guard case .reserved = queue.words.reserve(.critical) else { return #expect(Bool(false), "there is room") }
        queue.words.announce(.critical)
        _ = queue.tryPush(1, priority: .low)
        #expect(queue.tryPop() == Prioritized(1, .low))
        #expect(queue.tryPop() == nil)
        // Nor does it when its tier is due: the others still take turns by their ages.
        _ = queue.tryPush(2, priority: .low)
        var tiers: [PriorityTier?] = []
        for element in 0..<4 {
            _ = queue.tryPush(element, priority: .high)
            tiers.append(queue.tryPop()?.tier)
        }
        #expect(tiers.contains(.low))
    }

    @Test("A place that is reserved counts, and one that is given back lets a waiting producer in")
    func placeGivenBack() async {
        let queue = RingPriorityQueue<Int>(capacity: 1)
        guard case .reserved = queue.words.reserve(.critical) else { return #expect(Bool(false), "there is room") }
        queue.words.announce(.critical)
        #expect(queue.tryPush(1, priority: .critical) == .full(1))
        let push = Task { await queue.push(2, priority: .critical) }
        while queue.words.waitingProducers(.critical).loadSequentiallyConsistent() == 0 { await Task.yield() }
        guard case .full = queue.giveUpPlace(.critical) else { return #expect(Bool(false), "what it says is full") }
        #expect(await results(of: [push], queue) == [.accepted])
        #expect(queue.tryPop() == Prioritized(2, .critical))
    }

    @Test("A consumer that gives up behind a push that is half done is replaced by the next in line")
    func consumerGivesUp() async {
        let queue = RingPriorityQueue<Int>(capacity: 4, overload: .never)
        let taken = Shared<[PopResult<Prioritized<Int>>]>([])
        @Sendable func wait(until condition: () -> Bool) -> Bool {
            for _ in 0..<3_000_000 {
                if condition() { return true }
                Backoff.yieldThread()
            }
            return false
        }
        // One after the other, the hasty one first.
        let bodies = [Duration.milliseconds(30), nil, nil].enumerated().map { place, timeout in
            { @Sendable (_: Worker) in
                #expect(
                    wait {
                        queue.words.waitingConsumers.loadSequentiallyConsistent() == place
                            || place > 0 && !taken.value.isEmpty
                    }
                )
                let result = queue.popBlocking(timeout: timeout)
                taken.append(result)
            }
        }
        let pushing = { @Sendable (_: Worker) in
            #expect(wait { queue.words.waitingConsumers.loadSequentiallyConsistent() == 3 || !taken.value.isEmpty })
            guard case .reserved = queue.words.reserve(.high) else { return #expect(Bool(false), "there is room") }
            queue.words.announce(.high)
            let claim = queue.rings[.high].slots.claimFree()
            // Wakes the hasty one, who can't get at it.
            #expect(queue.tryPush(2, priority: .high) == .accepted)
            #expect(wait { !taken.value.isEmpty })
            _ = queue.rings[.high].accept(1, claim)
            queue.consumers.notifyOne()
            #expect(wait { taken.value.count == 3 }, "an element lies there and nobody was woken for it")
            queue.close()
        }
        await Worker.runAside(bodies + [pushing])
        #expect(taken.value.first == .timedOut)
        #expect(taken.value.compactMap(\.element?.element).sorted() == [1, 2])
    }

    @Test("When two takes notify the same line of one producer, the next line isn't forgotten")
    func notifiedTwice() async {
        let queue = RingPriorityQueue<Int>(capacity: 2, overload: .never)
        for element in 0..<2 { _ = queue.tryPush(element, priority: .critical) }
        let tiers: [PriorityTier] = [.critical, .low]
        let pushes = tiers.map { tier in Task { await queue.push(10, priority: tier) } }
        for tier in tiers {
            while queue.words.waitingProducers(tier).loadSequentiallyConsistent() == 0 { await Task.yield() }
        }
        // Two consumers take, see that a critical producer waits, and only then does each of them notify.
        for _ in 0..<2 {
            let (tier, takes) = queue.words.nextTier()
            guard let tier, queue.rings[tier].tryPop() != nil else { return #expect(Bool(false), "two are inside") }
            queue.words.count(takenFrom: tier, after: takes)
        }
        for _ in 0..<2 { queue.producers[.critical].notifyOne() }
        #expect(await results(of: pushes, queue) == [.accepted, .accepted])
        #expect(queue.statistics().total.depth == 2)
    }

    @Test("When a notified line's only producer has been cancelled, the next line isn't forgotten")
    func notifiedTooLate() async {
        let queue = RingPriorityQueue<Int>(capacity: 1, overload: .never)
        _ = queue.tryPush(0, priority: .critical)
        let tiers: [PriorityTier] = [.critical, .low]
        let pushes = tiers.map { tier in Task { await queue.push(10, priority: tier) } }
        for tier in tiers {
            while queue.words.waitingProducers(tier).loadSequentiallyConsistent() == 0 { await Task.yield() }
        }
        // The consumer has taken and seen the critical producer; before it notifies, that one is cancelled.
        let (tier, takes) = queue.words.nextTier()
        #expect(tier == .critical)
        #expect(queue.rings[.critical].tryPop() == 0)
        queue.words.count(takenFrom: .critical, after: takes)
        pushes[0].cancel()
        #expect(await pushes[0].value == .cancelled(10))
        queue.producers[.critical].notifyOne()
        #expect(await results(of: [pushes[1]], queue) == [.accepted])
    }

    @Test("A second element doesn't make its tier look younger than the first")
    func announcedTwice() {
        let words = TierWords<HardwareWord>(capacity: 8, overload: .never, ageingLimit: 4)
        words.announce(.low)
        for _ in 0..<3 {
            words.announce(.critical)
            words.count(takenFrom: .critical, after: words.taken.loadRelaxed())
        }
        words.announce(.critical)
        words.announce(.low)
        #expect(words.nextTier().0 == .low)
    }
}
