internal import Backpressure

/// The queue as a sequence.
extension QueueConformance {
    func checkElements(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(3, expectations)
        let first = queue.stage.start { [base = queue.base] in
            for await element in base.elements { return element }
            return -1
        }
        await queue.stage.settle { first.value != nil }
        try expectations.expectEqual(first.value, 0, "the first of the elements")
        try await expectations.expectEqual(queue.tryPop(), 1, "a pop after the iteration was broken off")

        // Whether a cancelled task goes on to take what is there is the queue's business; losing it isn't.
        let cancelled = startCollecting(from: queue)
        cancelled.cancel()
        await queue.stage.settle { cancelled.value != nil }
        var seen = cancelled.value ?? [-1]
        while let element = try await queue.tryPop() { seen.append(element) }
        try expectations.expectEqual(seen, [2], "what a cancelled iteration saw, and what it left")

        let waiting = startCollecting(from: queue)
        await queue.stage.settle()
        _ = try await queue.tryPush(3)
        await queue.stage.settle()
        try expectations.expectEqual(waiting.value, nil, "the end of the iteration while the queue is open")
        waiting.cancel()
        await queue.stage.settle { waiting.value != nil }
        try expectations.expectEqual(waiting.value, [3], "what an iteration saw before it was cancelled")

        for element in 4..<7 { _ = try await queue.tryPush(element) }
        let last = startCollecting(from: queue)
        await queue.stage.settle()
        try await queue.close()
        await queue.stage.settle { last.value != nil }
        try expectations.expectEqual(last.value, [4, 5, 6], "what an iteration saw until the queue was closed")
    }

    private func startCollecting(from queue: StagedQueue<Queue>) -> StagedTask<[Int]> {
        queue.stage.start { [base = queue.base] in
            var seen: [Int] = []
            for await element in base.elements { seen.append(element) }
            return seen
        }
    }
}
