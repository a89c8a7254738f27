internal import Backpressure
internal import ConcurrencySupport
import Synchronization

/// Tasks on several threads at once.
extension QueueConformance {
    var producers: Int { atOnce(4) }
    var consumers: Int { atOnce(4) }

    func checkBoundUnderContention(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3, 64] {
            for round in 0..<20 {
                let expectations = expectations.with("capacity \(capacity), round \(round)")
                let queue = makeQueue(capacity, .reject)
                let accepted = Counter()
                var crowd = Crowd()
                for _ in 0..<producers {
                    crowd.start { step in
                        for element in 0..<(2 * capacity) {
                            if await queue.tryPush(element).isAccepted { accepted.increment() }
                            step()
                        }
                    }
                }
                try await finish(crowd, expectations)
                try expectations.expectEqual(
                    accepted.value,
                    capacity,
                    "the number of pushes that a full queue accepted"
                )
                try await expectations.expectEqual(queue.statistics().depth, capacity, "the depth")
            }
        }
    }

    func checkConservation(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 7, 64] {
            let expectations = expectations.with("capacity \(capacity)")
            let queue = makeQueue(capacity)
            let ledger = Ledger(producers: producers, elementsPerProducer: 2_000)
            let watch = BoundWatch()
            var crowd = Crowd()
            for producer in 0..<producers {
                crowd.start { step in
                    for element in ledger.elements(of: producer) {
                        if await queue.push(element).isAccepted { watch.entered(capacity: capacity) }
                        step()
                    }
                }
            }
            for _ in 0..<consumers {
                crowd.start { step in
                    var taken: [Int] = []
                    while true {
                        watch.asked()
                        guard let element = await queue.pop() else { break }
                        taken.append(element)
                        step()
                    }
                    ledger.record(taken)
                }
            }
            try await finish(crowd, count: producers, closing: queue, expectations)
            try ledger.compare(dropped: [], expectations)
            try expectations.expect(
                watch.excess.value == 0,
                "never more elements inside than the capacity",
                but:
                    "more were seen to enter than consumers had asked for, plus the capacity, \(watch.excess.value) times"
            )
            let statistics = await queue.statistics()
            let total = UInt64(ledger.count)
            try expectations.expectEqual(statistics.accepted, total, "the number of accepted elements")
            try expectations.expectEqual(statistics.taken, total, "the number of taken elements")
            try expectations.expectEqual(statistics.depth, 0, "the depth at the end")
        }
    }

    func checkDroppingConservation(_ expectations: Expectations) async throws(ConformanceFailure) {
        for policy in plainPolicies where policy == .dropOldest || policy == .dropNewest {
            for capacity in [1, 2, 3, 64] {
                try await checkDropping(policy, capacity, expectations.with("policy \(policy), capacity \(capacity)"))
            }
        }
    }

    private func checkDropping(
        _ policy: OverflowPolicy,
        _ capacity: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let log = DropLog()
        let queue = makeQueue(capacity, policy, log: log)
        let ledger = Ledger(producers: producers, elementsPerProducer: 2_000)
        let handedBack = Counter()
        var crowd = Crowd()
        for producer in 0..<producers {
            crowd.start { step in
                for element in ledger.elements(of: producer) {
                    if await queue.push(element).returned != nil { handedBack.increment() }
                    step()
                }
            }
        }
        // One consumer only, so that producers find the queue full.
        crowd.start { step in
            var taken: [Int] = []
            while let element = await queue.pop() {
                taken.append(element)
                step()
            }
            ledger.record(taken)
        }
        try await finish(crowd, count: producers, closing: queue, expectations)
        try expectations.expectEqual(handedBack.value, 0, "the number of pushes that gave their element back")
        try ledger.compare(dropped: log.drops.map(\.element), expectations)
        let reason: DropReason = policy == .dropOldest ? .evicted : .full
        try expectations.expect(
            log.drops.allSatisfy { $0.reason == reason },
            "every drop to be called \(reason)",
            but: "some had another reason"
        )
        let statistics = await queue.statistics()
        let drops = UInt64(log.drops.count)
        let total = UInt64(ledger.count)
        try expectations.expectEqual(statistics.offered, total, "the number of offers")
        try expectations.expectEqual(statistics.evicted, reason == .evicted ? drops : 0, "the number of evictions")
        try expectations.expectEqual(statistics.dropped, reason == .full ? drops : 0, "the number of drops")
        try expectations.expectEqual(statistics.taken, total - drops, "the number of taken elements")
        try expectations.expectEqual(statistics.depth, 0, "the depth at the end")
    }

    /// Waits for the first `count` tasks, closes the queue if one is given, and waits for the others.
    func finish(
        _ crowd: Crowd,
        count: Int = 0,
        closing queue: Queue? = nil,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        if await crowd.waitUntilFinished(count) {
            await queue?.close()
            if await crowd.waitUntilAllFinished() { return }
        }
        crowd.cancel()
        throw expectations.failure("all tasks to get on and finish", but: "some wait and none of the others gets on")
    }
}

/// Notices from outside when too many elements are inside: more have certainly entered than can have left.
private final class BoundWatch: Sendable {
    private let enteredCount = Atomic<Int>(0)
    private let askedCount = Atomic<Int>(0)
    let excess = Counter()

    /// Called after a push was accepted.
    func entered(capacity: Int) {
        let entered = enteredCount.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        // Read later, so it can only be larger than when the others had entered.
        if entered - askedCount.load(ordering: .sequentiallyConsistent) > capacity { excess.increment() }
    }

    /// Called before a pop.
    func asked() { askedCount.wrappingAdd(1, ordering: .sequentiallyConsistent) }
}

/// Numbered elements of several producers, and what became of them.
final class Ledger: Sendable {
    private let producers: Int
    private let elementsPerProducer: Int
    private let taken = Lock<[[Int]]>([])

    init(producers: Int, elementsPerProducer: Int) {
        self.producers = producers
        self.elementsPerProducer = elementsPerProducer
    }

    var count: Int { producers * elementsPerProducer }

    func elements(of producer: Int) -> Range<Int> {
        producer * elementsPerProducer..<(producer + 1) * elementsPerProducer
    }

    /// Notes what one consumer took, in order.
    func record(_ elements: [Int]) { taken.withLock { $0.append(elements) } }

    /// Every element once, and for each consumer the elements of each producer in order.
    func compare(dropped: [Int], _ expectations: Expectations) throws(ConformanceFailure) {
        let taken = taken.withLock { $0 }
        var appearances = [Int](repeating: 0, count: count)
        for element in taken.joined() { appearances[element] += 1 }
        for element in dropped { appearances[element] += 1 }
        if let element = appearances.firstIndex(where: { $0 != 1 }) {
            throw expectations.failure(
                "every element to be taken or dropped once",
                but:
                    "\(appearances.count { $0 == 0 }) were lost and \(appearances.count { $0 > 1 }) came twice or more, "
                    + "for example element \(element % elementsPerProducer) of producer \(element / elementsPerProducer)"
            )
        }
        for elements in taken {
            var latest = [Int](repeating: -1, count: producers)
            for element in elements {
                let producer = element / elementsPerProducer
                try expectations.expect(
                    element > latest[producer],
                    "each consumer to take the elements of a producer in order",
                    but: "element \(element % elementsPerProducer) of producer \(producer) came after "
                        + "\(latest[producer] % elementsPerProducer)"
                )
                latest[producer] = element
            }
        }
    }
}
