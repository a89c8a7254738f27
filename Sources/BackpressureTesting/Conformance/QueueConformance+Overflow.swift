internal import Backpressure

/// The policies that need more than a full queue to show: a clock, or a store.
extension QueueConformance {
    func checkThrottling(_ expectations: Expectations) async throws(ConformanceFailure) {
        let clock = ManualClock(nanoseconds: 1_000)
        // With a capacity of 8 shares and delays are exact in binary, so that no rounding is a matter of taste.
        let policy = OverflowPolicy.throttle(from: 0.25, to: 0.75, longestDelay: .nanoseconds(4_000))
        let queue = StagedQueue(makeQueue(8, policy, clock: clock), expectations)
        func startPush(_ element: Int) async -> StagedTask<PushResult<Int>> {
            let push = queue.startPush(element)
            await queue.stage.settle { clock.sleeperCount > 0 || push.value != nil }
            return push
        }
        func expectDelay(of push: StagedTask<PushResult<Int>>, _ delay: UInt64) async throws(ConformanceFailure) {
            guard delay > 0 else { return }
            try expectations.expectEqual(clock.sleeperCount, 1, "the number of delayed pushes")
            clock.advance(byNanoseconds: delay - 1)
            await queue.stage.settle()
            try expectations.expectEqual(
                push.value,
                nil,
                "the result of a push before its delay of \(delay) ns is over"
            )
            clock.advance(byNanoseconds: 1)
            await queue.stage.settle { push.value != nil || clock.sleeperCount == 0 }
            try expectations.expectEqual(clock.sleeperCount, 0, "the delayed pushes after \(delay) ns")
        }

        for (depth, delay) in [0, 0, 0, 1_000, 2_000, 3_000, 4_000, 4_000].enumerated() {
            let push = await startPush(depth)
            try await expectDelay(of: push, UInt64(delay))
            await queue.stage.settle { push.value != nil }
            try expectations.expectEqual(push.value, .accepted, "the result of a push with \(depth) inside, then")
        }
        try await expectations.expectEqual(queue.statistics().blockedNanoseconds, 14_000, "the time blocked")

        try await expectations.expectEqual(queue.tryPush(8), .full(8), "tryPush, which is not delayed, when full")
        let waiting = await startPush(8)
        try await expectDelay(of: waiting, 4_000)
        await queue.stage.settle()
        try expectations.expectEqual(waiting.value, nil, "the result of a push when full, after its delay,")
        try await expectations.expectEqual(queue.tryPop(), 0, "a pop while a push waits")
        await queue.stage.settle { waiting.value != nil }
        try expectations.expectEqual(waiting.value, .accepted, "the result of a delayed push, once there is room,")

        let cancelled = await startPush(9)
        cancelled.cancel()
        await queue.stage.settle { cancelled.value != nil }
        try expectations.expectEqual(cancelled.value, .cancelled(9), "the result of a push cancelled in its delay")

        for element in 1..<3 { try await expectations.expectEqual(queue.tryPop(), element, "pop \(element)") }
        let late = queue.startPush(10, until: clock.now.advanced(by: .nanoseconds(500)), clock)
        await queue.stage.settle { clock.sleeperCount > 0 || late.value != nil }
        await queue.stage.settle()
        clock.advance(byNanoseconds: 500)
        await queue.stage.settle { late.value != nil }
        try expectations.expectEqual(late.value, .timedOut(10), "the result of a push whose deadline is in its delay")

        try await queue.close()
        let closed = await startPush(11)
        try expectations.expectEqual(closed.value, .closed(11), "the result of a push to a closed queue, undelayed,")
        for element in 3..<9 { try await expectations.expectEqual(queue.tryPop(), element, "pop \(element)") }
        await queue.stage.settle { clock.sleeperCount == 0 }
        try expectations.expectEqual(clock.sleeperCount, 0, "the number of tasks that still sleep on the clock")
    }

    func checkSpilling(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 3] {
            let expectations = expectations.with("capacity \(capacity)")
            try await checkFullStore(capacity: capacity, limit: 4, expectations)
            try await followSpilling(capacity: capacity, limit: 4, expectations)
            for before in [1, 4] { try await checkFilledStore(capacity: capacity, before: before, expectations) }
        }
        let queue = StagedQueue(makeQueue(1, .spill, spillLimit: 2), expectations)
        let pop = queue.startPop()
        await queue.stage.settle()
        for element in 0..<3 { _ = try await queue.tryPush(element) }
        await queue.stage.settle { pop.value != nil }
        try expectations.expectEqual(pop.value, 0, "the result of a pop that waited")
        try await expectations.expectEqual(queue.tryPop(), 1, "the next pop")
    }

    /// Fills queue and store, closes, and takes everything.
    private func checkFullStore(
        capacity: Int,
        limit: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(capacity, .spill, spillLimit: limit), expectations)
        let all = capacity + limit
        for element in 0..<all {
            try await expectations.expectEqual(queue.tryPush(element), .accepted, "push \(element), with room")
        }
        let error = QueueFullError(depth: capacity, capacity: capacity, retryAfterNanoseconds: 0)
        let push = queue.startPush(all)
        await queue.stage.settle { push.value != nil }
        let refusal = PushResult.rejected(all, error)
        try expectations.expectEqual(push.value?.withoutEstimate, refusal, "a push when the store is full too")
        let statistics = try await queue.statistics()
        try expectations.expectEqual(statistics.accepted, UInt64(all), "the number of accepted elements")
        try expectations.expectEqual(statistics.refused, 1, "the number of refused offers")
        try expectations.expectEqual(statistics.spilled, UInt64(limit), "the number of spilled elements")
        try expectations.expectEqual(statistics.stored, limit, "the number of stored elements")
        try expectations.expectEqual(statistics.depth, capacity, "the depth")

        try await queue.close()
        try await expectations.expectEqual(queue.tryPush(all), .closed(all), "a push when closed")
        for element in 0..<all {
            let pop = queue.startPop()
            await queue.stage.settle { pop.value != nil }
            try expectations.expectEqual(pop.value, .some(element), "pop \(element) from a closed queue with a store")
        }
        let pop = queue.startPop()
        await queue.stage.settle { pop.value != nil }
        try expectations.expectEqual(pop.value, .some(nil), "a pop from a closed queue with an empty store")
        try await expectations.expectEqual(queue.statistics().stored, 0, "the number of stored elements at the end")
    }

    /// A queue whose store has elements from before: they leave first, and what is offered meanwhile follows.
    private func checkFilledStore(
        capacity: Int,
        before: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let expectations = expectations.with("\(before) in the store from before")
        let queue = StagedQueue(makeQueue(capacity, .spill, spillLimit: 8, stored: 0..<before), expectations)
        let all = before + 2
        for element in before..<all {
            try await expectations.expectEqual(queue.tryPush(element), .accepted, "push \(element), with room")
        }
        let statistics = try await queue.statistics()
        try expectations.expectEqual(statistics.accepted, UInt64(all), "the number of accepted elements")
        let inside = statistics.depth + statistics.stored
        try expectations.expectEqual(inside, all, "the number of elements in queue and store")
        try await queue.close()
        for element in 0..<all {
            let pop = queue.startPop()
            await queue.stage.settle { pop.value != nil }
            try expectations.expectEqual(pop.value, .some(element), "pop \(element)")
        }
        try await expectations.expectEqual(queue.tryPop(), nil, "a pop when all are gone")
        try await expectations.expectEqual(queue.statistics().taken, UInt64(all), "the number of taken elements")
    }

    /// Random pushes and pops, also in batches. When an element goes from the store into the queue is the queue's business;
    /// the order isn't.
    private func followSpilling(
        capacity: Int,
        limit: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let queue = makeQueue(capacity, .spill, spillLimit: limit)
        var generator = SeededGenerator(seed: seed.variant(capacity))
        var inside: [Int] = []
        var (accepted, taken, refused) = (0, 0, 0)
        for step in 0..<500 {
            let mostlyPushes = step / 20 % 2 == 0
            if (Int.random(in: 0..<4, using: &generator) > 0) == mostlyPushes {
                let stored = await queue.statistics().stored
                let result = await queue.tryPush(step)
                if result.isAccepted {
                    inside.append(step)
                    accepted += 1
                } else {
                    refused += 1
                    try expectations.expectEqual(result.returned, step, "what a refused push \(step) returns")
                    try expectations.expectEqual(stored, limit, "the number of stored elements when one was refused")
                }
            } else {
                let isBatch = Int.random(in: 0..<4, using: &generator) == 0
                let most = isBatch ? Int.random(in: 2...capacity + limit, using: &generator) : 1
                let popped = isBatch ? await queue.tryPop(upTo: most) : [await queue.tryPop()].compactMap(\.self)
                try expectations.expectEqual(
                    popped,
                    Array(inside.prefix(most)),
                    "operation \(step), a pop of up to \(most),"
                )
                inside.removeFirst(popped.count)
                taken += popped.count
            }
            let statistics = await queue.statistics()
            let counts = [statistics.accepted, statistics.taken, statistics.refused]
            try expectations.expectEqual(
                counts,
                [accepted, taken, refused].map(UInt64.init),
                "what was accepted, taken and refused by operation \(step)"
            )
            let parts = statistics.depth + statistics.stored
            try expectations.expectEqual(parts, inside.count, "depth and stored elements after operation \(step)")
            try expectations.expect(
                statistics.depth <= capacity && statistics.stored <= limit,
                "at most \(capacity) inside and \(limit) stored",
                but: "there were \(statistics.depth) and \(statistics.stored)"
            )
        }
    }

    func checkSpillConservation(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 3, 64] {
            let expectations = expectations.with("capacity \(capacity)")
            let ledger = Ledger(producers: producers, elementsPerProducer: 2_000)
            let queue = makeQueue(capacity, .spill, spillLimit: ledger.count)
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
            for _ in 0..<max(1, consumers / 2) {
                crowd.start { step in
                    var taken: [Int] = []
                    while let element = await queue.pop() {
                        taken.append(element)
                        step()
                    }
                    ledger.record(taken)
                }
            }
            try await finish(crowd, count: producers, closing: queue, expectations)
            try expectations.expectEqual(handedBack.value, 0, "the number of pushes that gave their element back")
            try ledger.compare(dropped: [], expectations)
            let statistics = await queue.statistics()
            try expectations.expectEqual(statistics.accepted, UInt64(ledger.count), "the number of accepted elements")
            try expectations.expectEqual(statistics.taken, UInt64(ledger.count), "the number of taken elements")
            try expectations.expectEqual([statistics.depth, statistics.stored], [0, 0], "depth and stored at the end")
        }
    }
}
