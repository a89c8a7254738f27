internal import Backpressure
internal import ConcurrencySupport

/// Tasks on several threads at once.
extension PriorityConformance {
    private static var producers: Int { 4 }
    private static var consumers: Int { 4 }

    func checkBoundUnderContention(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3, 64] {
            for tier in PriorityTier.allCases {
                for round in 0..<8 {
                    let expectations = expectations.with("capacity \(capacity), tier \(tier), round \(round)")
                    // Mixed tiers up to the capacity; one tier up to where the table begins to shed it.
                    try await fill(capacity, .never, tiers: PriorityTier.allCases, upTo: capacity, expectations)
                    let table = OverloadTable()
                    let depth = table.sheddingDepth(of: tier, capacity: capacity) ?? capacity
                    try await fill(capacity, table, tiers: [tier], upTo: depth, expectations)
                }
            }
        }
    }

    private func fill(
        _ capacity: Int,
        _ table: OverloadTable,
        tiers: [PriorityTier],
        upTo depth: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let queue = makeQueue(capacity, table)
        let accepted = Counter()
        var crowd = Crowd()
        for _ in 0..<Self.producers {
            crowd.start { step in
                for element in 0..<(2 * capacity) {
                    let tier = tiers[element % tiers.count]
                    if await queue.tryPush(element, priority: tier).isAccepted { accepted.increment() }
                    step()
                }
            }
        }
        try await finish(crowd, expectations)
        try expectations.expectEqual(accepted.value, depth, "the number of accepted pushes of \(tiers)")
        try await expectations.expectEqual(queue.statistics().total.depth, depth, "the depth")
    }

    func checkConservation(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 7, 64] {
            for limit in [4, 64] {
                let expectations = expectations.with("capacity \(capacity), ageing limit \(limit)")
                let queue = makeQueue(capacity, ageingLimit: limit)
                let ledger = PriorityLedger(producers: Self.producers, elementsPerProducer: 2_000)
                var crowd = Crowd()
                startProducers(&crowd, queue, ledger)
                for _ in 0..<Self.consumers { startConsumer(&crowd, queue, ledger) }
                try await finish(crowd, count: Self.producers, closing: queue, expectations)
                try ledger.compare(dropped: [], expectations)
                let statistics = await queue.statistics()
                for tier in PriorityTier.allCases {
                    let total = UInt64(ledger.count / 4)
                    let counts = statistics[tier]
                    try expectations.expectEqual(counts.accepted, total, "the number of accepted elements of \(tier)")
                    try expectations.expectEqual(counts.taken, total, "the number of taken elements of \(tier)")
                    try expectations.expectEqual(counts.refused, 0, "the number of refused elements of \(tier)")
                    try expectations.expectEqual(counts.depth, 0, "the depth of \(tier) at the end")
                }
            }
        }
    }

    func checkDroppingConservation(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 7, 64] {
            let expectations = expectations.with("capacity \(capacity)")
            let log = PriorityDropLog()
            let queue = makeQueue(capacity, .beginning(at: 0.5, action: .drop), log: log)
            let ledger = PriorityLedger(producers: Self.producers, elementsPerProducer: 2_000)
            var crowd = Crowd()
            startProducers(&crowd, queue, ledger)
            // One consumer only, so that producers find the queue full.
            startConsumer(&crowd, queue, ledger)
            try await finish(crowd, count: Self.producers, closing: queue, expectations)
            let drops = log.drops
            try ledger.compare(dropped: drops.map(\.dropped), expectations)
            let statistics = await queue.statistics()
            for tier in PriorityTier.allCases {
                let dropped = UInt64(drops.count { $0.dropped.tier == tier })
                let counts = statistics[tier]
                if tier == .critical { try expectations.expectEqual(dropped, 0, "the number of critical drops") }
                try expectations.expectEqual(counts.offered, UInt64(ledger.count / 4), "the offers of \(tier)")
                try expectations.expectEqual(counts.dropped, dropped, "the number of drops of \(tier)")
                try expectations.expectEqual(counts.refused, dropped, "the number of refusals of \(tier)")
                try expectations.expectEqual(counts.taken, counts.accepted, "the elements taken of \(tier)")
            }
        }
    }

    private func startProducers(_ crowd: inout Crowd, _ queue: Queue, _ ledger: PriorityLedger) {
        for producer in 0..<Self.producers {
            crowd.start { step in
                for element in ledger.elements(of: producer) {
                    _ = await queue.push(element, priority: ledger.tier(of: element))
                    step()
                }
            }
        }
    }

    private func startConsumer(_ crowd: inout Crowd, _ queue: Queue, _ ledger: PriorityLedger) {
        crowd.start { step in
            var taken: [Prioritized<Int>] = []
            while let next = await queue.pop() {
                taken.append(next)
                step()
            }
            ledger.record(taken)
        }
    }

    /// Waits for the first `count` tasks, closes the queue if one is given, and waits for the others.
    private func finish(
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

/// Numbered elements of several producers, whose tiers follow from their numbers, and what became of them.
private final class PriorityLedger: Sendable {
    private let producers: Int
    private let elementsPerProducer: Int
    private let taken = Lock<[[Prioritized<Int>]]>([])

    init(producers: Int, elementsPerProducer: Int) {
        self.producers = producers
        self.elementsPerProducer = elementsPerProducer
    }

    var count: Int { producers * elementsPerProducer }

    func elements(of producer: Int) -> Range<Int> {
        producer * elementsPerProducer..<(producer + 1) * elementsPerProducer
    }

    func tier(of element: Int) -> PriorityTier { PriorityTier.allCases[element % 4] }

    /// Notes what one consumer took, in order.
    func record(_ elements: [Prioritized<Int>]) { taken.withLock { $0.append(elements) } }

    /// Every element once and in its tier, and for each consumer those of each producer and tier in order.
    func compare(dropped: [Prioritized<Int>], _ expectations: Expectations) throws(ConformanceFailure) {
        let taken = taken.withLock { $0 }
        var appearances = [Int](repeating: 0, count: count)
        for next in Array(taken.joined()) + dropped {
            appearances[next.element] += 1
            try expectations.expectEqual(next.tier, tier(of: next.element), "the tier of element \(next.element)")
        }
        if let element = appearances.firstIndex(where: { $0 != 1 }) {
            throw expectations.failure(
                "every element to be taken or dropped once",
                but:
                    "\(appearances.count { $0 == 0 }) were lost and \(appearances.count { $0 > 1 }) came twice or more, "
                    + "for example element \(element % elementsPerProducer) of producer \(element / elementsPerProducer)"
            )
        }
        for elements in taken {
            var latest = [PerTier<Int>](repeating: PerTier { _ in -1 }, count: producers)
            for next in elements {
                let producer = next.element / elementsPerProducer
                try expectations.expect(
                    next.element > latest[producer][next.tier],
                    "each consumer to take the elements of a producer and tier in order",
                    but: "element \(next.element) of producer \(producer) came after \(latest[producer][next.tier])"
                )
                latest[producer][next.tier] = next.element
            }
        }
    }
}
