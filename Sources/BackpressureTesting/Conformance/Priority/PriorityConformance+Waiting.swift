internal import Backpressure

/// Tasks that wait, and tasks that are woken by closing.
extension PriorityConformance {
    func checkPushWaits(_ expectations: Expectations) async throws(ConformanceFailure) {
        for tier in PriorityTier.allCases {
            for capacity in [1, 2, 3] {
                let expectations = expectations.with("capacity \(capacity), tier \(tier)")
                let queue = try await makeFullQueue(capacity, expectations)
                let push = queue.startPush(capacity, tier)
                await queue.stage.settle()
                try expectations.expectEqual(push.value, nil, "the result of a push, while the queue is full,")
                let waiting = try await queue.statistics()
                try expectations.expectEqual(waiting.total.depth, capacity, "the depth while a push waits")
                try expectations.expectEqual(waiting[tier].timesBlocked, 1, "the number of times a producer waited")
                for expected in 0...capacity {
                    let taken = Prioritized(expected, expected < capacity ? .critical : tier)
                    try await expectations.expectEqual(queue.tryPop(), taken, "pop \(expected)")
                    await queue.stage.settle { push.value != nil }
                    try expectations.expectEqual(push.value, .accepted, "the result of the push, once there is room,")
                }
                try await expectations.expectEqual(queue.tryPop(), nil, "a pop when empty")
            }
        }
    }

    func checkPopWaits(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = stage(makeQueue(2, OverloadTable()), expectations)
        let pops = (0..<4).map { _ in queue.startPop() }
        await queue.stage.settle()
        try expectations.expect(
            pops.allSatisfy { $0.value == nil },
            "pops from an empty queue to wait",
            but: "they returned \(pops.map(\.value))"
        )
        for (element, tier) in PriorityTier.allCases.enumerated() {
            try await expectations.expectEqual(queue.tryPush(element, tier), .accepted, "a push while consumers wait")
            await queue.stage.settle { pops.count { $0.value != nil } > element }
            let taken = pops.compactMap { $0.value ?? nil }
            try expectations.expectEqual(taken.count, element + 1, "the number of consumers that have taken something")
            let isThere = taken.contains(Prioritized(element, tier))
            try expectations.expect(isThere, "element \(element) of \(tier) to be taken", but: "taken was \(taken)")
        }
        let statistics = try await queue.statistics()
        for tier in PriorityTier.allCases {
            let expected = TierStatistics(accepted: 1, taken: 1)
            try expectations.expectEqual(statistics[tier], expected, "the statistics of the tier \(tier)")
        }
    }

    func checkProducerOrder(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(2, expectations)
        let arrivals: [PriorityTier] = [.low, .normal, .critical, .low, .high, .critical]
        var pushes: [StagedTask<PushResult<Int>>] = []
        for (number, tier) in arrivals.enumerated() {
            pushes.append(queue.startPush(10 + number, tier))
            await queue.stage.settle()
        }
        // By tier, then by arrival.
        let order = [2, 5, 4, 1, 0, 3]
        for admitted in 1...order.count {
            _ = try await queue.tryPop()
            await queue.stage.settle { order.prefix(admitted).allSatisfy { pushes[$0].value != nil } }
            await queue.stage.settle()
            let expected = arrivals.indices.map { order.prefix(admitted).contains($0) ? PushResult<Int>.accepted : nil }
            try expectations.expectEqual(pushes.map(\.value), expected, "the waiting pushes after \(admitted) pops")
        }
    }

    func checkNewcomers(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(1, expectations)
        let first = queue.startPush(1, .critical)
        await queue.stage.settle()
        // The first is woken and hasn't run yet when the second comes and runs before it.
        try await expectations.expectEqual(queue.tryPop(), Prioritized(0, .critical), "the first pop")
        let second = queue.startPush(2, .critical)
        await queue.stage.settle(newestFirst: true)
        try expectations.expectEqual(first.value, .accepted, "the push that came first")
        let taken = try await queue.tryPop()
        try expectations.expectEqual(taken, Prioritized(1, .critical), "the element of the producer that came first")
        await queue.stage.settle { second.value != nil }
        try await expectations.expectEqual(queue.tryPop(), Prioritized(2, .critical), "the element of the newcomer")
    }

    // MARK: Closing

    func checkClosing(_ expectations: Expectations) async throws(ConformanceFailure) {
        for action in [OverloadTable.Action.refuse, .drop] {
            let expectations = expectations.with("action \(action)")
            let log = PriorityDropLog()
            let queue = stage(makeQueue(2, OverloadTable(action: action), log: log), expectations)
            _ = try await queue.tryPush(0, .low)
            _ = try await queue.tryPush(1, .critical)
            try await queue.close()
            try await queue.close()

            for tier in PriorityTier.allCases {
                let result = try await queue.tryPush(2, tier)
                try expectations.expectEqual(result, .closed(2), "tryPush of \(tier) to a full, closed queue")
                let push = queue.startPush(3, tier)
                await queue.stage.settle { push.value != nil }
                try expectations.expectEqual(push.value, .closed(3), "push of \(tier) to a full, closed queue")
            }
            try expectations.expectEqual(log.drops, [], "what the drop handler saw")

            let first = try await queue.tryPop()
            try expectations.expectEqual(first, Prioritized(1, .critical), "tryPop from a closed queue")
            for expected in [Prioritized(0, .low), nil] {
                let pop = queue.startPop()
                await queue.stage.settle { pop.value != nil }
                try expectations.expectEqual(pop.value, .some(expected), "pop from a closed queue")
            }
            try await expectations.expectEqual(queue.tryPop(), nil, "tryPop from a closed, empty queue")
            let last = try await queue.tryPush(4, .critical)
            try expectations.expectEqual(last, .closed(4), "tryPush to an empty, closed queue")
        }
    }

    func checkClosingWakesProducers(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(2, expectations)
        let tiers = PriorityTier.allCases + PriorityTier.allCases
        let pushes = tiers.enumerated().map { number, tier in queue.startPush(10 + number, tier) }
        await queue.stage.settle()
        try await queue.close()
        await queue.stage.settle { pushes.allSatisfy { $0.value != nil } }
        for (number, push) in pushes.enumerated() {
            let expected = PushResult.closed(10 + number)
            try expectations.expectEqual(push.value, expected, "the result of a push that waited at the closing")
        }
        let drained = [try await queue.tryPop(), try await queue.tryPop(), try await queue.tryPop()]
        let expected = [Prioritized(0, PriorityTier.critical), Prioritized(1, .critical), nil]
        try expectations.expectEqual(drained, expected, "what was left inside")
        let statistics = try await queue.statistics()
        for tier in PriorityTier.allCases {
            try expectations.expectEqual(statistics[tier].refused, 2, "the number of refused offers of \(tier)")
        }
    }

    func checkClosingWakesConsumers(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = stage(makeQueue(2), expectations)
        let pops = (0..<3).map { _ in queue.startPop() }
        await queue.stage.settle()
        try await queue.close()
        await queue.stage.settle { pops.allSatisfy { $0.value != nil } }
        for pop in pops {
            try expectations.expectEqual(pop.value, .some(nil), "the result of a pop that waited at the closing")
        }
    }
}
