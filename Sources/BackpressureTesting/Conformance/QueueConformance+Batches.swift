internal import Backpressure

/// Several elements at once.
extension QueueConformance {
    func checkBatchesEnter(_ expectations: Expectations) async throws(ConformanceFailure) {
        for policy in plainPolicies {
            for capacity in [1, 3, 5] {
                let seed = seed.variant(capacity)
                let script = Script(capacity: capacity, policy: policy, batches: .pushes, steps: 300, seed: seed)
                try await follow(script, comparing: [.pops, .pushes, .drops, .statistics], expectations)
            }
        }
    }

    /// As a range, as an array, or as a slice, whose indices don't begin at 0.
    func offer(_ batch: Range<Int>, to queue: Queue) async -> BatchPushResult {
        switch batch.count % 3 {
        case 0: await queue.tryPush(contentsOf: batch)
        case 1: await queue.tryPush(contentsOf: Array(batch))
        default: await queue.tryPush(contentsOf: ([-1, -2] + Array(batch)).dropFirst(2))
        }
    }

    func checkBatchesLeave(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 3, 5] {
            let seed = seed.variant(capacity)
            let script = Script(capacity: capacity, policy: .block, batches: .pops, steps: 300, seed: seed)
            try await follow(script, comparing: [.pops, .statistics], expectations)
        }
        for isAppended in [false, true] { try await checkWaitingBatchPop(isAppended: isAppended, expectations) }
    }

    private func checkWaitingBatchPop(
        isAppended: Bool,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(4), expectations)
        func startPop(upTo count: Int) -> StagedTask<[Int]> {
            queue.stage.start { [base = queue.base] in
                guard isAppended else { return await base.pop(upTo: count) }
                var elements = [-1]
                let taken = await base.pop(upTo: count, into: &elements)
                // What was in the array stays in front of as many as the queue says it took.
                let isAsSaid = elements.first == -1 && elements.count == taken + 1
                return isAsSaid ? Array(elements.dropFirst()) : [-1] + elements
            }
        }
        let first = startPop(upTo: 3)
        await queue.stage.settle()
        try expectations.expectEqual(first.value, nil, "a batch that is asked for while the queue is empty")
        _ = try await queue.tryPush(0)
        await queue.stage.settle { first.value != nil }
        try expectations.expectEqual(first.value, [0], "the batch, once an element has come,")

        for element in 1..<5 { _ = try await queue.tryPush(element) }
        for (count, expected) in [(1, [1]), (2, [2, 3]), (2, [4])] {
            let pop = startPop(upTo: count)
            await queue.stage.settle { pop.value != nil }
            try expectations.expectEqual(pop.value, expected, "a batch of up to \(count)")
        }

        let cancelled = startPop(upTo: 2)
        await queue.stage.settle()
        cancelled.cancel()
        await queue.stage.settle { cancelled.value != nil }
        try expectations.expectEqual(cancelled.value, [], "a cancelled batch")
        let last = startPop(upTo: 2)
        await queue.stage.settle()
        try await queue.close()
        await queue.stage.settle { last.value != nil }
        try expectations.expectEqual(last.value, [], "a batch that is asked for when the queue is closed")
    }

    func checkBatchesWait(_ expectations: Expectations) async throws(ConformanceFailure) {
        try await checkPatientBatch(expectations)
        try await checkInterruptedBatches(expectations)
        for policy in plainPolicies where policy != .block {
            let expectations = expectations.with("policy \(policy)")
            var model = QueueModel(capacity: 2, policy: policy)
            let queue = StagedQueue(makeQueue(2, policy), expectations)
            let push = startPush(0..<5, to: queue)
            await queue.stage.settle { push.value != nil }
            try expectations.expectEqual(push.value, model.push(contentsOf: 0..<5), "a batch that doesn't wait")
        }
        if features.contains(.manyProducersAndConsumers) { try await checkInterleavedBatches(expectations) }
    }

    private func startPush(_ batch: Range<Int>, to queue: StagedQueue<Queue>) -> StagedTask<BatchPushResult> {
        queue.stage.start { [base = queue.base] in await base.push(contentsOf: batch) }
    }

    private func checkPatientBatch(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(2), expectations)
        let push = startPush(0..<6, to: queue)
        for element in 0..<6 {
            let inside = min(2, 6 - element)
            let isInside = try await queue.settle(untilDepth: inside)
            try expectations.expect(isInside, "\(inside) elements of the batch inside", but: "there never were")
            if element < 4 { try expectations.expectEqual(push.value, nil, "the result of the batch that waits") }
            try await expectations.expectEqual(queue.tryPop(), element, "pop \(element)")
        }
        await queue.stage.settle { push.value != nil }
        try expectations.expectEqual(push.value, BatchPushResult(accepted: 6, ending: .complete), "the batch's result")
        let statistics = try await queue.statistics()
        try expectations.expectEqual(statistics.accepted, 6, "the number of accepted elements")
        try expectations.expectEqual(statistics.refused, 0, "the number of refused offers")
    }

    private func checkInterruptedBatches(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(2), expectations)
        let cancelled = startPush(0..<6, to: queue)
        _ = try await queue.settle(untilDepth: 2)
        try await expectations.expectEqual(queue.tryPop(), 0, "pop 0")
        _ = try await queue.settle(untilDepth: 2)
        cancelled.cancel()
        await queue.stage.settle { cancelled.value != nil }
        let three = BatchPushResult(accepted: 3, ending: .cancelled)
        try expectations.expectEqual(cancelled.value, three, "the result of the cancelled batch")
        try expectations.expectEqual(cancelled.value?.consumed, 3, "how many elements of it were consumed")
        for element in 1..<3 {
            try await expectations.expectEqual(queue.tryPop(), element, "a pop after the cancellation")
        }
        try await expectations.expectEqual(queue.tryPop(), nil, "a pop when all that entered is taken")

        let closed = startPush(10..<16, to: queue)
        _ = try await queue.settle(untilDepth: 2)
        try await queue.close()
        await queue.stage.settle { closed.value != nil }
        let two = BatchPushResult(accepted: 2, ending: .closed)
        try expectations.expectEqual(closed.value, two, "the result of a batch that waited at the closing")
        try await expectations.expectEqual(queue.tryPop(), 10, "a pop after the closing")
        try await expectations.expectEqual(queue.statistics().refused, 2, "the number of refused offers")
    }

    private func checkInterleavedBatches(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(2), expectations)
        let pushes = (0..<3).map { producer in startPush(10 * producer..<10 * producer + 5, to: queue) }
        var taken: [Int] = []
        while taken.count < 15 {
            let pop = queue.startPop()
            await queue.stage.settle { pop.value != nil }
            guard case .some(.some(let element)) = pop.value else {
                pop.cancel()
                throw expectations.failure("15 elements of three batches", but: "after \(taken) no other came")
            }
            taken.append(element)
        }
        await queue.stage.settle { pushes.allSatisfy { $0.value != nil } }
        for (producer, push) in pushes.enumerated() {
            let five = BatchPushResult(accepted: 5, ending: .complete)
            try expectations.expectEqual(push.value, five, "the result of one of three batches")
            let own = taken.filter { $0 / 10 == producer }
            try expectations.expectEqual(own, Array(10 * producer..<10 * producer + 5), "what was taken of one batch")
        }
    }

    func checkBatchConservation(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 3, 64] {
            let expectations = expectations.with("capacity \(capacity)")
            let queue = makeQueue(capacity)
            let ledger = Ledger(producers: producers, elementsPerProducer: 2_000)
            let unfinished = Counter()
            var crowd = Crowd()
            for producer in 0..<producers {
                crowd.start { step in
                    var rest = ledger.elements(of: producer)
                    var size = 1
                    while !rest.isEmpty {
                        let batch = rest.prefix(size)
                        let result = await queue.push(contentsOf: batch)
                        if result != BatchPushResult(accepted: batch.count, ending: .complete) {
                            unfinished.increment()
                        }
                        rest = rest.dropFirst(size)
                        size = size % 7 + 1
                        step()
                    }
                }
            }
            for consumer in 0..<consumers {
                crowd.start { step in
                    var taken: [Int] = []
                    while true {
                        let batch = await queue.pop(upTo: consumer + 2)
                        if batch.isEmpty { break }
                        taken += batch
                        step()
                    }
                    ledger.record(taken)
                }
            }
            try await finish(crowd, count: producers, closing: queue, expectations)
            try expectations.expectEqual(unfinished.value, 0, "the number of batches that didn't enter whole")
            try ledger.compare(dropped: [], expectations)
            let statistics = await queue.statistics()
            try expectations.expectEqual(statistics.accepted, UInt64(ledger.count), "the number of accepted elements")
            try expectations.expectEqual(statistics.taken, UInt64(ledger.count), "the number of taken elements")
            try expectations.expectEqual(statistics.depth, 0, "the depth at the end")
        }
    }
}
