import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// What others see while a thread has claimed a slot of the ring and is stopped before it has filled or emptied it.
@Suite("Operations that are half done", .timeLimit(.minutes(5)))
struct HalfDoneOperationTests {
    @Test("A producer that was woken for a slot in use and gives up wakes the next in its place")
    func cancelledProducerPassesWakeUpOn() async {
        let queue = RingQueue<Int>(capacity: 2)
        for element in 0..<2 { _ = queue.tryPush(element) }
        let pushes = await waiters(3, of: .waitingProducers, on: queue) { number in
            Task { await queue.push(2 + number) }
        }
        let (first, second) = (queue.beginPop(), queue.beginPop())
        // Room by count, for which the first in line is woken; the slot that comes next is still in use.
        #expect(queue.finishPop(second) == 1)
        pushes[0].cancel()
        #expect(await pushes[0].value == .cancelled(2))
        #expect(queue.finishPop(first) == 0)
        #expect(await yield { queue.statistics().accepted == 4 }, "a producer waits although there is room")
        queue.close()
        #expect(await pushes[1].value == .accepted)
        #expect(await pushes[2].value == .accepted)
    }

    @Test("A consumer that was woken for a slot in use and gives up wakes the next in its place")
    func cancelledConsumerPassesWakeUpOn() async {
        let queue = RingQueue<Int>(capacity: 2)
        let pops = await waiters(3, of: .waitingConsumers, on: queue) { _ in Task { await queue.pop() } }
        let (first, second) = (queue.beginPush(), queue.beginPush())
        queue.finishPush(1, second)
        pops[0].cancel()
        #expect(await pops[0].value == nil)
        queue.finishPush(0, first)
        #expect(await yield { queue.statistics().taken == 2 }, "a consumer waits although there is an element")
        queue.close()
        let taken = [await pops[1].value, await pops[2].value]
        #expect(Set(taken) == [0, 1])
    }

    @Test("A thread whose time is up when it was woken for a slot in use wakes the next in its place")
    func lateThreadPassesWakeUpOn() {
        let queue = RingQueue<Int>(capacity: 2)
        let late = Shared<PopResult<Int>?>(nil)
        let others = Shared<[PopResult<Int>]>([])
        let served = SharedCount()
        var bodies: [@Sendable (Worker) -> Void] = [
            { _ in
                let result = queue.popBlocking(timeout: .milliseconds(200))
                late.update { $0 = result }
            }
        ]
        for place in 1...2 {
            bodies.append { _ in
                // Behind the first, if that has not given up already; the outcome is the same then.
                var patience = Patience()
                while queue.waitingCount(.waitingConsumers) < place, late.value == nil, patience.pause() {}
                let result = queue.popBlocking(timeout: nil)
                others.update { $0.append(result) }
            }
        }
        bodies.append { _ in
            var patience = Patience()
            while queue.waitingCount(.waitingConsumers) < (late.value == nil ? 3 : 2), patience.pause() {}
            let (first, second) = (queue.beginPush(), queue.beginPush())
            queue.finishPush(1, second)
            while late.value == nil, patience.pause() {}
            queue.finishPush(0, first)
            var looks = 0
            while others.value.count < 2, looks < 3_000_000 {
                looks += 1
                Backoff.yieldThread()
            }
            served.add(others.value.count)
            queue.close()
        }
        Worker.run(bodies)
        #expect(late.value == .timedOut)
        #expect(served.value == 2, "a thread waited although there was an element")
        let taken = Set(others.value.compactMap(\.element))
        #expect(taken == [0, 1])
    }

    @Test("A strict ring is full or empty only if it is: refusals wait for whoever is in the middle of an operation")
    func strictRingWaits() {
        for _ in 0..<50 {
            let queue = RingQueue<Int>(capacity: 1, consistency: .strict)
            let push = queue.beginPush()
            #expect(popped(from: queue) { queue.finishPush(7, push) } == 7)

            _ = queue.tryPush(8)
            let begun = SharedCount()
            let results = Shared<[PushResult<Int>]>([])
            let pop = queue.beginPop()
            Worker.run([
                { _ in
                    begun.add(1)
                    let result = queue.pushBlocking(9, timeout: .zero)
                    results.update { $0.append(result) }
                },
                { _ in
                    while begun.value == 0 { Backoff.yieldThread() }
                    for _ in 0..<20 { Backoff.yieldThread() }
                    _ = queue.finishPop(pop)
                },
            ])
            #expect(results.value == [.accepted])
        }
    }

    @Test("A strict ring isn't empty while its last element is being replaced")
    func replacementIsOneStep() {
        for _ in 0..<50 {
            let queue = RingQueue<Int>(capacity: 1, policy: .dropOldest, consistency: .strict)
            _ = queue.tryPush(7)
            let replacement = queue.slots.claimReplacement()
            let element = popped(from: queue) {
                guard case .claimed(_, let newest) = replacement, queue.slots.completeReplacement(replacement)
                else { return }
                queue.finishPush(8, newest)
            }
            #expect(element == 8)
        }
    }

    /// What a thread is given that asks for an element before another thread is through with `finish`.
    private func popped(from queue: RingQueue<Int>, while finish: @escaping @Sendable () -> Void) -> Int? {
        let begun = SharedCount()
        let popped = Shared<Int?>(nil)
        Worker.run([
            { _ in
                begun.add(1)
                let element = queue.tryPop()
                popped.update { $0 = element }
            },
            { _ in
                while begun.value == 0 { Backoff.yieldThread() }
                for _ in 0..<20 { Backoff.yieldThread() }
                finish()
            },
        ])
        return popped.value
    }

    @Test("A deadline passes while another's operation is half done, too")
    func deadlinesBesideHalfDoneOperations() async {
        let clock = ManualClock()
        let queue = RingQueue<Int>(capacity: 1)
        /// Runs `body` with a deadline that passes when it has begun to wait, as far as that can be seen.
        func late<Value: Sendable>(_ body: @escaping @Sendable (ManualClock.Instant) async -> Value) async -> Value? {
            let soon = clock.now.advanced(by: .nanoseconds(10))
            let result = Shared<Value?>(nil)
            Task {
                let value = await body(soon)
                result.update { $0 = value }
            }
            for _ in 0..<100 { await Task.yield() }
            clock.advance(byNanoseconds: 10)
            _ = await yield { result.value != nil }
            return result.value
        }
        let push = queue.beginPush()
        #expect(await late { await queue.pop(until: $0, clock: clock) } == .timedOut)
        queue.finishPush(7, push)
        let pop = queue.beginPop()
        #expect(await late { await queue.push(8, until: $0, clock: clock) } == .timedOut(8))
        #expect(queue.finishPop(pop) == 7)
    }

    @Test("Closing the ring for one producer waits for the push that is under way")
    func closingWaits() {
        for _ in 0..<50 {
            let queue = SingleRingQueue<Int>(capacity: 1)
            let closed = SharedCount()
            let closedEarly = SharedCount()
            let pops = Shared<[PopResult<Int>]>([])
            let push = queue.beginPush()
            Worker.run([
                { _ in
                    queue.close()
                    closed.add(1)
                },
                { _ in
                    while !queue.slots.isClosed { Backoff.yieldThread() }
                    for _ in 0..<20 { Backoff.yieldThread() }
                    closedEarly.add(closed.value)
                    // Closed, but the element is still to come.
                    let early = queue.popBlocking(timeout: .zero)
                    pops.append(early)
                    queue.finishPush(7, push)
                },
            ])
            #expect(closedEarly.value == 0)
            pops.append(queue.popBlocking(timeout: .zero))
            pops.append(queue.popBlocking(timeout: .zero))
            #expect(pops.value == [.timedOut, .element(7), .finished])
            #expect(queue.tryPush(8) == .closed(8))
        }
    }

    @Test("What is in the store stays there as long as a slot is filled")
    func storeIsYounger() {
        let queue = RingQueue<Int>(capacity: 1, spillStore: InMemorySpillStore(limit: 1))
        _ = queue.tryPush(0)
        _ = queue.tryPush(1)
        var hasOlderInSlots = false
        #expect(queue.popStored(unless: &hasOlderInSlots) == nil)
        #expect(hasOlderInSlots)
        #expect(queue.tryPop() == 0)
        #expect(queue.popStored(unless: &hasOlderInSlots) == 1)
        #expect(!hasOlderInSlots)
    }

    /// Starts tasks one after the other, each when the one before waits.
    private func waiters<Value: Sendable>(
        _ count: Int,
        of counter: SlotCounter,
        on queue: RingQueue<Int>,
        _ start: (Int) -> Task<Value, Never>
    ) async -> [Task<Value, Never>] {
        var tasks: [Task<Value, Never>] = []
        for number in 0..<count {
            tasks.append(start(number))
            #expect(await yield { queue.waitingCount(counter) == number + 1 })
        }
        return tasks
    }

    /// Gives other tasks their turn until `condition` holds, or for so long that it never will.
    private func yield(until condition: () -> Bool) async -> Bool {
        for _ in 0..<1_000_000 {
            if condition() { return true }
            await Task.yield()
        }
        return false
    }
}

extension SlotQueue where Slots: ~Copyable {
    fileprivate func waitingCount(_ counter: SlotCounter) -> Int { Int(slots.counter(counter).loadRelaxed()) }

    fileprivate func beginPush() -> SlotClaim { slots.claimFree() }

    fileprivate func finishPush(_ element: Element, _ claim: SlotClaim) {
        let result = accept(element, claim)
        #expect(result.isAccepted)
    }

    fileprivate func beginPop() -> SlotClaim { slots.claimFilled() }

    fileprivate func finishPop(_ claim: SlotClaim) -> Element {
        let element = empty(claim)
        if slots.hasWaitingProducers { producers.notifyOne() }
        return element
    }
}
