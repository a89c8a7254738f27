internal import Backpressure

/// Pushes and pops with deadlines, on a clock that moves when it is told to.
extension QueueConformance {
    func checkPastDeadline(_ expectations: Expectations) async throws(ConformanceFailure) {
        for past in [Duration.zero, .nanoseconds(1), .seconds(1)] {
            let expectations = expectations.with("a deadline \(past) ago")
            let clock = ManualClock(nanoseconds: 500)
            let deadline = clock.now.advanced(by: .zero - past)
            let queue = try await makeFullQueue(1, expectations)
            func push(_ element: Int) async throws(ConformanceFailure) -> PushResult<Int> {
                try await queue.immediate("push") { [base = queue.base] in
                    await base.push(element, until: deadline, clock: clock)
                }
            }
            func pop() async throws(ConformanceFailure) -> PopResult<Int> {
                try await queue.immediate("pop") { [base = queue.base] in
                    await base.pop(until: deadline, clock: clock)
                }
            }
            try await expectations.expectEqual(push(1), .timedOut(1), "a push when full")
            try await expectations.expectEqual(pop(), .element(0), "a pop when full")
            try await expectations.expectEqual(push(2), .accepted, "a push with room")
            try await expectations.expectEqual(pop(), .element(2), "a pop when there is an element")
            try await expectations.expectEqual(pop(), .timedOut, "a pop when empty")
            let statistics = try await queue.statistics()
            try expectations.expectEqual(statistics.accepted, 2, "the number of accepted elements")
            try expectations.expectEqual(statistics.refused, 1, "the number of refused offers")
            try await queue.close()
            try await expectations.expectEqual(push(3), .closed(3), "a push when closed")
            try expectations.expectEqual(clock.sleeperCount, 0, "the number of tasks that sleep on the clock")
        }
    }

    func checkPushDeadline(_ expectations: Expectations) async throws(ConformanceFailure) {
        let clock = ManualClock(nanoseconds: 7)
        let queue = try await makeFullQueue(1, expectations)
        func startPush(_ element: Int, in nanoseconds: Int64 = 100) async -> StagedTask<PushResult<Int>> {
            let sleepers = clock.sleeperCount
            let push = queue.startPush(element, until: clock.now.advanced(by: .nanoseconds(nanoseconds)), clock)
            await queue.stage.settle { clock.sleeperCount > sleepers || push.value != nil }
            await queue.stage.settle()
            return push
        }
        func expectNoTimers() async throws(ConformanceFailure) {
            await queue.stage.settle { clock.sleeperCount == 0 }
            try expectations.expectEqual(clock.sleeperCount, 0, "the number of tasks that still sleep on the clock")
        }

        let late = await startPush(1)
        clock.advance(byNanoseconds: 99)
        await queue.stage.settle()
        try expectations.expectEqual(late.value, nil, "the result of a waiting push before its deadline")
        clock.advance(byNanoseconds: 1)
        await queue.stage.settle { late.value != nil }
        try expectations.expectEqual(late.value, .timedOut(1), "the result of a waiting push at its deadline")
        try await expectations.expectEqual(queue.statistics().refused, 1, "the number of refused offers")
        try await expectations.expectEqual(queue.tryPop(), 0, "a pop after a push was too late")
        await queue.stage.settle()
        try await expectations.expectEqual(queue.tryPop(), nil, "a pop when nothing but a late push came")

        _ = try await queue.tryPush(2)
        let inTime = await startPush(3)
        try await expectations.expectEqual(queue.tryPop(), 2, "a pop while a push waits")
        await queue.stage.settle { inTime.value != nil }
        try expectations.expectEqual(inTime.value, .accepted, "the result of a push that found room in time")
        try await expectNoTimers()

        let cancelled = await startPush(4)
        cancelled.cancel()
        await queue.stage.settle { cancelled.value != nil }
        try expectations.expectEqual(cancelled.value, .cancelled(4), "the result of a push that was cancelled in time")
        try await expectNoTimers()

        if features.contains(.manyProducersAndConsumers) {
            let pushes = [await startPush(10), await startPush(11, in: 200), queue.startPush(12)]
            await queue.stage.settle()
            clock.advance(byNanoseconds: 100)
            await queue.stage.settle { pushes[0].value != nil }
            let first: [PushResult<Int>?] = [.timedOut(10), nil, nil]
            try expectations.expectEqual(pushes.map(\.value), first, "the results when the first deadline has come")
            for (element, inLine) in zip([3, 11, 12], [1, 2, 2]) {
                try await expectations.expectEqual(queue.tryPop(), element, "what is popped when one of three was late")
                await queue.stage.settle { pushes[inLine].value != nil }
            }
            try expectations.expectEqual(
                pushes.map(\.value),
                [.timedOut(10), .accepted, .accepted],
                "the results when the others have found room"
            )
            _ = try await queue.tryPush(5)
        }
        let closed = await startPush(6)
        try await queue.close()
        await queue.stage.settle { closed.value != nil }
        try expectations.expectEqual(closed.value, .closed(6), "the result of a push that waited at the closing")
        try await expectNoTimers()
    }

    func checkPopDeadline(_ expectations: Expectations) async throws(ConformanceFailure) {
        let clock = ManualClock(nanoseconds: 7)
        let queue = StagedQueue(makeQueue(2), expectations)
        func startPop(in nanoseconds: Int64 = 100) async -> StagedTask<PopResult<Int>> {
            let sleepers = clock.sleeperCount
            let pop = queue.startPop(until: clock.now.advanced(by: .nanoseconds(nanoseconds)), clock)
            await queue.stage.settle { clock.sleeperCount > sleepers || pop.value != nil }
            await queue.stage.settle()
            return pop
        }
        func expectNoTimers() async throws(ConformanceFailure) {
            await queue.stage.settle { clock.sleeperCount == 0 }
            try expectations.expectEqual(clock.sleeperCount, 0, "the number of tasks that still sleep on the clock")
        }

        let late = await startPop()
        clock.advance(byNanoseconds: 99)
        await queue.stage.settle()
        try expectations.expectEqual(late.value, nil, "the result of a waiting pop before its deadline")
        clock.advance(byNanoseconds: 1)
        await queue.stage.settle { late.value != nil }
        try expectations.expectEqual(late.value, .timedOut, "the result of a waiting pop at its deadline")
        try await expectations.expectEqual(queue.tryPush(1), .accepted, "a push after a pop was too late")
        await queue.stage.settle()
        try await expectations.expectEqual(queue.tryPop(), 1, "a pop after a pop was too late")

        let inTime = await startPop()
        try await expectations.expectEqual(queue.tryPush(2), .accepted, "a push while a pop waits")
        await queue.stage.settle { inTime.value != nil }
        try expectations.expectEqual(inTime.value, .element(2), "the result of a pop that an element reached in time")
        try await expectNoTimers()

        let cancelled = await startPop()
        cancelled.cancel()
        await queue.stage.settle { cancelled.value != nil }
        try expectations.expectEqual(cancelled.value, .cancelled, "the result of a pop that was cancelled in time")
        try await expectNoTimers()

        let closed = await startPop()
        try await queue.close()
        await queue.stage.settle { closed.value != nil }
        try expectations.expectEqual(closed.value, .finished, "the result of a pop that waited at the closing")
        try await expectNoTimers()
        try await expectations.expectEqual(queue.statistics().taken, 2, "the number of taken elements")
    }

    func checkDeadlineRaces(_ expectations: Expectations) async throws(ConformanceFailure) {
        try await checkWokenLateProducer(expectations)
        try await checkWokenLateConsumer(expectations)
    }

    private func checkWokenLateProducer(_ expectations: Expectations) async throws(ConformanceFailure) {
        let clock = ManualClock()
        let queue = try await makeFullQueue(1, expectations)
        let first = queue.startPush(1, until: clock.now.advanced(by: .nanoseconds(100)), clock)
        await queue.stage.settle { clock.sleeperCount == 1 }
        await queue.stage.settle()
        let second = queue.startPush(2)
        await queue.stage.settle()
        _ = try await queue.tryPop()
        clock.advance(byNanoseconds: 100)
        await queue.stage.settle { first.value != nil }
        let entersFirst = first.value == .accepted
        if !entersFirst { await queue.stage.settle { second.value != nil } }
        let expected: [PushResult<Int>?] = entersFirst ? [.accepted, nil] : [.timedOut(1), .accepted]
        try expectations.expectEqual([first.value, second.value], expected, "the two waiting pushes after one pop")
        try await expectations.expectEqual(queue.tryPop(), entersFirst ? 1 : 2, "the element that entered")
        await queue.stage.settle { second.value != nil }
        try expectations.expectEqual(second.value, .accepted, "the push without a deadline, after two pops,")
    }

    private func checkWokenLateConsumer(_ expectations: Expectations) async throws(ConformanceFailure) {
        let clock = ManualClock()
        let queue = StagedQueue(makeQueue(1), expectations)
        let first = queue.startPop(until: clock.now.advanced(by: .nanoseconds(100)), clock)
        await queue.stage.settle { clock.sleeperCount == 1 }
        await queue.stage.settle()
        let second = queue.startPop()
        await queue.stage.settle()
        _ = try await queue.tryPush(1)
        clock.advance(byNanoseconds: 100)
        await queue.stage.settle { first.value != nil }
        let takes = first.value == .element(1)
        if !takes {
            await queue.stage.settle { second.value != nil }
            try expectations.expectEqual(first.value, .timedOut, "the result of the pop whose deadline came")
            try expectations.expectEqual(second.value, 1, "the pop without a deadline, after one push,")
            return
        }
        _ = try await queue.tryPush(2)
        await queue.stage.settle { second.value != nil }
        try expectations.expectEqual(second.value, 2, "the pop without a deadline, after two pushes,")
    }
}
