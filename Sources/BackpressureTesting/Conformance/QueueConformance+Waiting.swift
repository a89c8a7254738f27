internal import Backpressure

/// Tasks that wait, and tasks that are cancelled.
extension QueueConformance {
    func checkPushWaits(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3] {
            let expectations = expectations.with("capacity \(capacity)")
            let queue = try await makeFullQueue(capacity, expectations)
            let push = queue.startPush(capacity)
            await queue.stage.settle()
            try expectations.expectEqual(push.value, nil, "the result of a push, while the queue is full,")
            try await expectations.expectEqual(queue.statistics().depth, capacity, "the depth while a push waits")
            for expected in 0...capacity {
                try await expectations.expectEqual(queue.tryPop(), expected, "pop \(expected)")
                await queue.stage.settle { push.value != nil }
                try expectations.expectEqual(
                    push.value,
                    .accepted,
                    "the result of the waiting push, once there is room,"
                )
            }
            try await expectations.expectEqual(queue.tryPop(), nil, "a pop when empty")
        }
    }

    func checkPopWaits(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3] {
            let expectations = expectations.with("capacity \(capacity)")
            let queue = StagedQueue(makeQueue(capacity), expectations)
            let pops = (0..<atOnce(4)).map { _ in queue.startPop() }
            await queue.stage.settle()
            try expectations.expect(
                pops.allSatisfy { $0.value == nil },
                "pops from an empty queue to wait",
                but: "they returned \(pops.map(\.value))"
            )
            for element in pops.indices {
                try await expectations.expectEqual(queue.tryPush(element), .accepted, "a push while consumers wait")
                await queue.stage.settle { pops.count { $0.value != nil } > element }
                let taken = pops.compactMap { $0.value ?? nil }.sorted()
                try expectations.expectEqual(taken, Array(0...element), "what the waiting consumers have taken")
            }
            let statistics = try await queue.statistics()
            try expectations.expectEqual(statistics.accepted, UInt64(pops.count), "the number of accepted elements")
            try expectations.expectEqual(statistics.taken, UInt64(pops.count), "the number of taken elements")
            try expectations.expectEqual(statistics.depth, 0, "the depth")
        }
    }

    func checkProducerOrder(_ expectations: Expectations) async throws(ConformanceFailure) {
        let capacity = 2
        let queue = try await makeFullQueue(capacity, expectations)
        var pushes: [StagedTask<PushResult<Int>>] = []
        for element in capacity..<(capacity + 5) {
            pushes.append(queue.startPush(element))
            await queue.stage.settle()
        }
        for number in 0..<(capacity + pushes.count) {
            try await expectations.expectEqual(queue.tryPop(), number, "pop \(number), in order of arrival,")
            let admitted = min(number + 1, pushes.count)
            await queue.stage.settle { pushes.prefix(admitted).allSatisfy { $0.value != nil } }
            let expected = pushes.indices.map { $0 < admitted ? PushResult<Int>.accepted : nil }
            try expectations.expectEqual(pushes.map(\.value), expected, "the waiting pushes after \(number + 1) pops")
        }
    }

    func checkNewcomers(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(1, expectations)
        let first = queue.startPush(1)
        await queue.stage.settle()
        // The first is woken and hasn't run yet when the second comes and runs before it.
        try await expectations.expectEqual(queue.tryPop(), 0, "the first pop")
        let second = queue.startPush(2)
        await queue.stage.settle(newestFirst: true)
        try expectations.expectEqual(first.value, .accepted, "the push that came first")
        try await expectations.expectEqual(queue.tryPop(), 1, "the element of the producer that came first")
        await queue.stage.settle { second.value != nil }
        try await expectations.expectEqual(queue.tryPop(), 2, "the element of the newcomer")
    }

    func checkCancelledPush(_ expectations: Expectations) async throws(ConformanceFailure) {
        try await checkLonePush(expectations)
        guard features.contains(.manyProducersAndConsumers) else { return }
        let queue = try await makeFullQueue(1, expectations)
        var pushes: [StagedTask<PushResult<Int>>] = []
        for element in 1..<4 {
            pushes.append(queue.startPush(element))
            await queue.stage.settle()
        }
        // The last one is cancelled before it runs for the first time.
        pushes.append(queue.startPush(4))
        let cancelled = [2, 4]
        for element in cancelled { pushes[element - 1].cancel() }
        for element in cancelled {
            await queue.stage.settle { pushes[element - 1].value != nil }
            try expectations.expectEqual(pushes[element - 1].value, .cancelled(element), "the cancelled push's result")
        }
        try expectations.expectEqual(pushes[0].value, nil, "the result of a push in front of the cancelled one")
        try expectations.expectEqual(pushes[2].value, nil, "the result of a push behind the cancelled one")
        for expected in [0, 1, 3] {
            try await expectations.expectEqual(queue.tryPop(), expected, "what is popped after the cancellation")
            await queue.stage.settle()
        }
        try await expectations.expectEqual(queue.tryPop(), nil, "a pop when only cancelled pushes are left")
        try expectations.expectEqual([pushes[0].value, pushes[2].value], [.accepted, .accepted], "the other pushes")
        let statistics = try await queue.statistics()
        try expectations.expectEqual(statistics.accepted, 3, "the number of accepted elements")
        try expectations.expectEqual(statistics.refused, 2, "the number of refused offers, the cancelled ones,")
    }

    /// One producer: cancelled while it waits, and before it runs for the first time.
    private func checkLonePush(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(1, expectations)
        for round in 1...2 {
            let push = queue.startPush(round)
            if round == 1 { await queue.stage.settle() }
            push.cancel()
            await queue.stage.settle { push.value != nil }
            try expectations.expectEqual(push.value, .cancelled(round), "the lone cancelled push's result")
        }
        try await expectations.expectEqual(queue.tryPop(), 0, "what is popped after the cancellation")
        try await expectations.expectEqual(queue.tryPop(), nil, "a pop when nothing but cancelled pushes came")
        try await expectations.expectEqual(queue.statistics().refused, 2, "the number of refused offers")
    }

    /// One consumer, likewise.
    private func checkLonePop(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(1), expectations)
        for round in 1...2 {
            let pop = queue.startPop()
            if round == 1 { await queue.stage.settle() }
            pop.cancel()
            await queue.stage.settle { pop.value != nil }
            try expectations.expectEqual(pop.value, .some(nil), "the lone cancelled pop's result")
        }
        try await expectations.expectEqual(queue.tryPush(7), .accepted, "a push after the cancellation")
        await queue.stage.settle()
        try await expectations.expectEqual(queue.tryPop(), 7, "a pop after the cancelled ones")
    }

    func checkCancelledPop(_ expectations: Expectations) async throws(ConformanceFailure) {
        try await checkLonePop(expectations)
        guard features.contains(.manyProducersAndConsumers) else { return }
        let queue = StagedQueue(makeQueue(2), expectations)
        var pops: [StagedTask<Int?>] = []
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
        try await expectations.expectEqual(queue.tryPush(7), .accepted, "a push after the cancellation")
        await queue.stage.settle { pops[1].value != nil }
        try expectations.expectEqual(pops[1].value, 7, "the result of the pop that wasn't cancelled")
        try await expectations.expectEqual(queue.tryPush(8), .accepted, "a push when nobody waits")
        await queue.stage.settle()
        try await expectations.expectEqual(queue.tryPop(), 8, "a pop after the cancelled ones")
    }

    func checkCancellationRaces(_ expectations: Expectations) async throws(ConformanceFailure) {
        try await checkWokenProducer(expectations)
        try await checkWokenConsumer(expectations)
    }

    private func checkWokenProducer(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(1, expectations)
        var pushes: [StagedTask<PushResult<Int>>] = []
        for element in 1..<3 {
            pushes.append(queue.startPush(element))
            await queue.stage.settle()
        }
        _ = try await queue.tryPop()
        pushes[0].cancel()
        await queue.stage.settle { pushes[0].value != nil }
        let entersFirst = pushes[0].value == .accepted
        if !entersFirst { await queue.stage.settle { pushes[1].value != nil } }
        let expected: [PushResult<Int>?] = entersFirst ? [.accepted, nil] : [.cancelled(1), .accepted]
        try expectations.expectEqual(pushes.map(\.value), expected, "the two waiting pushes after one pop")
        try await expectations.expectEqual(queue.tryPop(), entersFirst ? 1 : 2, "the element that entered")
        await queue.stage.settle { pushes[1].value != nil }
        try expectations.expectEqual(pushes[1].value, .accepted, "the push that wasn't cancelled, after two pops,")
    }

    private func checkWokenConsumer(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(1), expectations)
        var pops: [StagedTask<Int?>] = []
        for _ in 0..<2 {
            pops.append(queue.startPop())
            await queue.stage.settle()
        }
        _ = try await queue.tryPush(1)
        pops[0].cancel()
        await queue.stage.settle { pops[0].value != nil }
        let takes = pops[0].value == 1
        if !takes { await queue.stage.settle { pops[1].value != nil } }
        try expectations.expectEqual(pops.map(\.value), takes ? [1, nil] : [.some(nil), 1], "two pops after one push")
        guard takes else { return }
        _ = try await queue.tryPush(2)
        await queue.stage.settle { pops[1].value != nil }
        try expectations.expectEqual(pops[1].value, 2, "the pop that wasn't cancelled, after two pushes,")
    }
}
