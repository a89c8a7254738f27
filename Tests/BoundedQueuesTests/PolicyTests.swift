import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

@Suite("Policies and what they are made of", .timeLimit(.minutes(5)))
struct PolicyTests {
    @Test("Policies know their names and whether they wait")
    func names() {
        let policies: [(OverflowPolicy, String, Bool)] = [
            (.block, "block", true), (.reject, "reject", false), (.dropNewest, "drop-newest", false),
            (.dropOldest, "drop-oldest", false), (.sample(oneIn: 2), "sample", false), (.throttle(), "throttle", true),
            (.spill, "spill", false),
        ]
        for (policy, name, waits) in policies {
            #expect("\(policy)" == name)
            #expect(policy.waitsForRoom == waits)
        }
        #expect(OverflowPolicy.sample(oneIn: 2) != .sample(oneIn: 3))
    }

    @Test("Sampling begins at the watermark, rounded up to whole elements")
    func samplingDepth() {
        for (low, capacity, depth) in [(0.0, 5, 0), (0.5, 4, 2), (0.5, 5, 3), (1, 5, 5), (0.01, 5, 1)] {
            #expect(OverflowPolicy.sample(oneIn: 2, above: low).samplingDepth(capacity: capacity) == depth)
        }
    }

    @Test("The delay grows from nothing at the low watermark to the longest at the high one")
    func delays() {
        let policy = OverflowPolicy.throttle(from: 0.25, to: 0.75, longestDelay: .microseconds(1))
        let delays = (0...8).map { policy.delayNanoseconds(depth: $0, capacity: 8) }
        #expect(delays == [0, 0, 0, 250, 500, 750, 1_000, 1_000, 1_000])
        let step = OverflowPolicy.throttle(from: 0.5, to: 0.5, longestDelay: .nanoseconds(7))
        #expect((0...4).map { step.delayNanoseconds(depth: $0, capacity: 4) } == [0, 0, 0, 7, 7])
        #expect(OverflowPolicy.block.delayNanoseconds(depth: 4, capacity: 4) == 0)
    }

    @Test("Parameters that mean nothing are refused")
    func preconditions() async {
        await #expect(processExitsWith: .failure) { _ = OverflowPolicy.sample(oneIn: 0) }
        await #expect(processExitsWith: .failure) { _ = OverflowPolicy.sample(oneIn: 2, above: 1.5) }
        await #expect(processExitsWith: .failure) { _ = OverflowPolicy.throttle(from: 0.9, to: 0.5) }
        await #expect(processExitsWith: .failure) { _ = OverflowPolicy.throttle(longestDelay: .seconds(-1)) }
        await #expect(processExitsWith: .failure) { _ = MutexQueue<Int>(capacity: 1, policy: .spill) }
        await #expect(processExitsWith: .failure) { _ = SingleRingQueue<Int>(capacity: 1, policy: .dropOldest) }
    }

    @Test("A delay ends with the clock, the deadline or the cancellation, whichever is first")
    func throttle() async {
        let clock = ManualClock()
        let policy = OverflowPolicy.throttle(from: 0, to: 1, longestDelay: .nanoseconds(100))
        let throttle = Throttle(policy, depth: 1, capacity: 2, clock: clock)
        #expect(throttle.nanoseconds == 50)

        let undisturbed = Task { await throttle.sleep(expiry: nil) }
        await clock.waitForSleepers(1)
        clock.advance(byNanoseconds: 50)
        #expect(await undisturbed.value == nil)

        let early = WaitExpiry(clock.now.advanced(by: .nanoseconds(20)), clock)
        let late = Task { await throttle.sleep(expiry: early) }
        await clock.waitForSleepers(2)
        clock.advance(byNanoseconds: 20)
        #expect(await late.value == .late)

        let far = WaitExpiry(clock.now.advanced(by: .nanoseconds(80)), clock)
        let inTime = Task { await throttle.sleep(expiry: far) }
        await clock.waitForSleepers(2)
        clock.advance(byNanoseconds: 50)
        #expect(await inTime.value == nil)

        let cancelled = Task { await throttle.sleep(expiry: nil) }
        await clock.waitForSleepers(1)
        cancelled.cancel()
        #expect(await cancelled.value == .cancelled)
        #expect(clock.sleeperCount == 0)
    }

    @Test("A store in memory is first in, first out, and keeps its limit")
    func store() {
        var store = InMemorySpillStore<Int>(limit: 2)
        #expect(store.limit == 2)
        let stored = (1...3).map { store.append($0) }
        #expect(stored == [true, true, false])
        #expect(store.count == 2)
        let oldest = store.removeFirst()
        #expect(oldest == 1)
        _ = store.append(4)
        let rest = (0..<3).map { _ in store.removeFirst() }
        #expect(rest == [2, 4, nil])
        var nothing = InMemorySpillStore<Int>(limit: 0)
        let isStored = nothing.append(1)
        #expect(!isStored)
    }

    @Test("The drain rate is what lay between two refusals, and stays until more is known")
    func drainRate() {
        let rate = DrainRate()
        #expect(rate.nanosecondsPerElement(taken: 0, now: 1_000) == 0)
        #expect(rate.nanosecondsPerElement(taken: 0, now: 2_000) == 0)
        #expect(rate.nanosecondsPerElement(taken: 4, now: 3_000) == 500)
        #expect(rate.nanosecondsPerElement(taken: 4, now: 9_000) == 500)
        #expect(rate.nanosecondsPerElement(taken: 5, now: 10_000) == 7_000)
        // Faster than the clock can tell, and a clock that stands still.
        #expect(rate.nanosecondsPerElement(taken: 9_005, now: 10_100) == 1)
        #expect(rate.nanosecondsPerElement(taken: 9_006, now: 10_100) == 1)
    }

    @Test("A refusal says how full the queue is and when to try again")
    func fullError() {
        let unknown = QueueFullError(depth: 3, capacity: 4, retryAfterNanoseconds: 0)
        #expect(unknown.retryAfter == nil)
        #expect("\(unknown)" == "the queue is full (3 of 4)")
        let known = QueueFullError(depth: 4, capacity: 4, retryAfterNanoseconds: 2_500_000)
        #expect(known.retryAfter == .microseconds(2_500))
        #expect("\(known)" == "the queue is full (4 of 4); try again in 0.0025 seconds")
    }

    @Test("The estimate comes from the queue's clock")
    func estimate() async {
        let clock = ManualClock(nanoseconds: 10)
        let mutex = MutexQueue<Int>(capacity: 1, policy: .reject, clock: clock)
        let ring = RingQueue<Int>(capacity: 1, policy: .reject, clock: clock)
        let single = SingleRingQueue<Int>(capacity: 1, policy: .reject, clock: clock)
        let queues: [any BoundedQueue<Int>] = [mutex, ring, single]
        for queue in queues {
            _ = await queue.tryPush(0)
            _ = await queue.tryPush(1)
            clock.advance(byNanoseconds: 300)
            _ = await queue.tryPop()
            _ = await queue.tryPush(2)
            guard case .rejected(3, let error) = await queue.tryPush(3) else {
                Issue.record("a full queue that rejects took an element")
                continue
            }
            #expect(error.retryAfterNanoseconds == 300)
        }
    }

    @Test("A batch of no or fewer elements is empty")
    func emptyBatches() async {
        let queues: [any BoundedQueue<Int>] = [
            MutexQueue<Int>(capacity: 1), ActorQueue<Int>(capacity: 1), RingQueue<Int>(capacity: 1),
        ]
        for queue in queues {
            _ = await queue.tryPush(0)
            for count in [0, -1] { #expect(await queue.tryPop(upTo: count) == []) }
        }
    }
}
