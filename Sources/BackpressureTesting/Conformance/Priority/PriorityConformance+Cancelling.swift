internal import Backpressure

/// Tasks that are cancelled while they wait, and waits that end at a deadline.
extension PriorityConformance {
    func checkCancelledPush(_ expectations: Expectations) async throws(ConformanceFailure) {
        for tier in PriorityTier.allCases {
            let expectations = expectations.with("tier \(tier)")
            let queue = try await makeFullQueue(1, expectations)
            var pushes: [StagedTask<PushResult<Int>>] = []
            for element in 1..<4 {
                pushes.append(queue.startPush(element, tier))
                await queue.stage.settle()
            }
            // The last one is cancelled before it runs for the first time.
            pushes.append(queue.startPush(4, tier))
            for element in [2, 4] { pushes[element - 1].cancel() }
            for element in [2, 4] {
                let push = pushes[element - 1]
                await queue.stage.settle { push.value != nil }
                try expectations.expectEqual(push.value, .cancelled(element), "the cancelled push's result")
            }
            try expectations.expectEqual(pushes[0].value, nil, "the result of a push in front of the cancelled one")
            try expectations.expectEqual(pushes[2].value, nil, "the result of a push behind the cancelled one")
            for expected in [0, 1, 3] {
                let taken = try await queue.tryPop()?.element
                try expectations.expectEqual(taken, expected, "what is popped after the cancellation")
                await queue.stage.settle()
            }
            try await expectations.expectEqual(queue.tryPop(), nil, "a pop when only cancelled pushes are left")
            try expectations.expectEqual(
                [pushes[0].value, pushes[2].value],
                [.accepted, .accepted],
                "the other pushes"
            )
            let total = try await queue.statistics().total
            try expectations.expectEqual(total.accepted, 3, "the number of accepted elements")
            try expectations.expectEqual(total.refused, 2, "the number of refused offers, the cancelled ones,")
        }
    }

    func checkCancelledPop(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = stage(makeQueue(2), expectations)
        var pops: [StagedTask<Prioritized<Int>?>] = []
        for _ in 0..<2 {
            pops.append(queue.startPop())
            await queue.stage.settle()
        }
        // The last one is cancelled before it runs for the first time.
        pops.append(queue.startPop())
        for index in [0, 2] { pops[index].cancel() }
        await queue.stage.settle { pops[0].value != nil && pops[2].value != nil }
        for index in [0, 2] { try expectations.expectEqual(pops[index].value, .some(nil), "a cancelled pop's result") }
        try expectations.expectEqual(pops[1].value, nil, "the result of the pop that wasn't cancelled")
        try await expectations.expectEqual(queue.tryPush(7, .low), .accepted, "a push after the cancellation")
        await queue.stage.settle { pops[1].value != nil }
        try expectations.expectEqual(pops[1].value, Prioritized(7, .low), "the result of the pop that wasn't cancelled")
        try await expectations.expectEqual(queue.tryPush(8, .low), .accepted, "a push when nobody waits")
        await queue.stage.settle()
        try await expectations.expectEqual(queue.tryPop(), Prioritized(8, .low), "a pop after the cancelled ones")
    }

    func checkCancellationRaces(_ expectations: Expectations) async throws(ConformanceFailure) {
        for (first, second) in [(PriorityTier.critical, PriorityTier.critical), (.critical, .low), (.low, .low)] {
            try await checkWokenProducer(first, second, expectations.with("tiers \(first) and \(second)"))
        }
        try await checkWokenConsumer(expectations)
    }

    private func checkWokenProducer(
        _ first: PriorityTier,
        _ second: PriorityTier,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(1, expectations)
        var pushes: [StagedTask<PushResult<Int>>] = []
        for (element, tier) in [(1, first), (2, second)] {
            pushes.append(queue.startPush(element, tier))
            await queue.stage.settle()
        }
        _ = try await queue.tryPop()
        pushes[0].cancel()
        await queue.stage.settle { pushes[0].value != nil }
        let entersFirst = pushes[0].value == .accepted
        if !entersFirst { await queue.stage.settle { pushes[1].value != nil } }
        let expected: [PushResult<Int>?] = entersFirst ? [.accepted, nil] : [.cancelled(1), .accepted]
        try expectations.expectEqual(pushes.map(\.value), expected, "the two waiting pushes after one pop")
        let entered = try await queue.tryPop()?.element
        try expectations.expectEqual(entered, entersFirst ? 1 : 2, "the element that entered")
        await queue.stage.settle { pushes[1].value != nil }
        try expectations.expectEqual(pushes[1].value, .accepted, "the push that wasn't cancelled, after two pops,")
    }

    private func checkWokenConsumer(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = stage(makeQueue(1), expectations)
        var pops: [StagedTask<Prioritized<Int>?>] = []
        for _ in 0..<2 {
            pops.append(queue.startPop())
            await queue.stage.settle()
        }
        let (one, two) = (Prioritized(1, .high), Prioritized(2, .high))
        _ = try await queue.tryPush(1, .high)
        pops[0].cancel()
        await queue.stage.settle { pops[0].value != nil }
        let takes = pops[0].value == one
        if !takes { await queue.stage.settle { pops[1].value != nil } }
        try expectations.expectEqual(pops.map(\.value), takes ? [one, nil] : [.some(nil), one], "two pops, one push")
        guard takes else { return }
        _ = try await queue.tryPush(2, .high)
        await queue.stage.settle { pops[1].value != nil }
        try expectations.expectEqual(pops[1].value, two, "the pop that wasn't cancelled, after two pushes,")
    }

    // MARK: Deadlines

    func checkDeadlines(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(2, expectations)
        let clock = ManualClock()
        let base = queue.base
        @Sendable func instant(_ nanoseconds: Int64) -> ManualClock.Instant {
            ManualClock.Instant(offset: .nanoseconds(nanoseconds))
        }
        func startPush(_ element: Int, until deadline: Int64) -> StagedTask<PushResult<Int>> {
            queue.stage.start {
                await base.push(element, priority: .critical, until: instant(deadline), clock: clock)
            }
        }
        func startPop(until deadline: Int64) -> StagedTask<PopResult<Prioritized<Int>>> {
            queue.stage.start { await base.pop(until: instant(deadline), clock: clock) }
        }

        let past = startPush(10, until: 0)
        await queue.stage.settle { past.value != nil }
        try expectations.expectEqual(past.value, .timedOut(10), "a push whose deadline has passed")
        let late = startPush(11, until: 100)
        let early = startPush(12, until: 200)
        await queue.stage.settle()
        clock.advance(byNanoseconds: 99)
        await queue.stage.settle()
        try expectations.expectEqual([late.value, early.value], [nil, nil], "two pushes before their deadlines")
        clock.advance(byNanoseconds: 1)
        await queue.stage.settle { late.value != nil }
        try expectations.expectEqual(late.value, .timedOut(11), "a push at its deadline")
        try expectations.expectEqual(early.value, nil, "a push before its deadline")
        _ = try await queue.tryPop()
        await queue.stage.settle { early.value != nil }
        try expectations.expectEqual(early.value, .accepted, "a push for which there was room in time")
        let inside = [
            try await queue.tryPop()?.element, try await queue.tryPop()?.element, try await queue.tryPop()?.element,
        ]
        try expectations.expectEqual(inside, [1, 12, nil], "what was inside")

        let pastPop = startPop(until: 0)
        await queue.stage.settle { pastPop.value != nil }
        try expectations.expectEqual(pastPop.value, .timedOut, "a pop whose deadline has passed")
        let latePop = startPop(until: 200)
        await queue.stage.settle()
        try expectations.expectEqual(latePop.value, nil, "a pop before its deadline")
        clock.advance(byNanoseconds: 100)
        await queue.stage.settle { latePop.value != nil }
        try expectations.expectEqual(latePop.value, .timedOut, "a pop at its deadline")
        let earlyPop = startPop(until: 300)
        await queue.stage.settle()
        _ = try await queue.tryPush(13, .low)
        await queue.stage.settle { earlyPop.value != nil }
        try expectations.expectEqual(
            earlyPop.value,
            .element(Prioritized(13, .low)),
            "a pop that got something in time"
        )
        let lastPop = startPop(until: 300)
        await queue.stage.settle()
        try await queue.close()
        await queue.stage.settle { lastPop.value != nil }
        try expectations.expectEqual(lastPop.value, .finished, "a pop that waited at the closing")
        let total = try await queue.statistics().total
        try expectations.expectEqual(total.refused, 2, "the number of refused offers, those that came too late,")
        try expectations.expectEqual(total.accepted, total.taken, "the number of elements accepted and taken")
    }
}
