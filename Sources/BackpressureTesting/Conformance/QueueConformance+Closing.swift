internal import Backpressure

/// Closing, with and without tasks that wait.
extension QueueConformance {
    func checkClosing(_ expectations: Expectations) async throws(ConformanceFailure) {
        for policy in plainPolicies {
            let expectations = expectations.with("policy \(policy)")
            let log = DropLog()
            let queue = StagedQueue(makeQueue(2, policy, log: log), expectations)
            for element in 0..<2 { _ = try await queue.tryPush(element) }
            try await queue.close()
            try await queue.close()

            try await expectations.expectEqual(queue.tryPush(2), .closed(2), "tryPush to a full, closed queue")
            let push = queue.startPush(3)
            await queue.stage.settle { push.value != nil }
            try expectations.expectEqual(push.value, .closed(3), "push to a full, closed queue")
            try expectations.expectEqual(log.drops, [], "what the drop handler saw")

            try await expectations.expectEqual(queue.tryPop(), 0, "tryPop from a closed queue")
            for expected in [1, nil] {
                let pop = queue.startPop()
                await queue.stage.settle { pop.value != nil }
                try expectations.expectEqual(pop.value, .some(expected), "pop from a closed queue")
            }
            try await expectations.expectEqual(queue.tryPop(), nil, "tryPop from a closed, empty queue")
            try await expectations.expectEqual(queue.tryPush(4), .closed(4), "tryPush to an empty, closed queue")
        }
    }

    func checkClosingWakesProducers(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = try await makeFullQueue(2, expectations)
        let pushes = (10..<10 + atOnce(3)).map { element in queue.startPush(element) }
        await queue.stage.settle()
        try await queue.close()
        await queue.stage.settle { pushes.allSatisfy { $0.value != nil } }
        for (element, push) in zip(10..., pushes) {
            try expectations.expectEqual(
                push.value,
                .closed(element),
                "the result of a push that waited at the closing"
            )
        }
        let drained = [try await queue.tryPop(), try await queue.tryPop(), try await queue.tryPop()]
        try expectations.expectEqual(drained, [0, 1, nil], "what was left inside")
        try await expectations.expectEqual(
            queue.statistics().refused,
            UInt64(pushes.count),
            "the number of refused offers"
        )
    }

    func checkClosingWakesConsumers(_ expectations: Expectations) async throws(ConformanceFailure) {
        let queue = StagedQueue(makeQueue(2), expectations)
        let pops = (0..<atOnce(3)).map { _ in queue.startPop() }
        await queue.stage.settle()
        try await queue.close()
        await queue.stage.settle { pops.allSatisfy { $0.value != nil } }
        for pop in pops {
            try expectations.expectEqual(pop.value, .some(nil), "the result of a pop that waited at the closing")
        }
    }

    func checkDraining(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 5] {
            let expectations = expectations.with("capacity \(capacity)")
            let queue = try await makeFullQueue(capacity, expectations)
            // Across the end of the memory.
            for element in 0..<capacity / 2 {
                _ = try await queue.tryPop()
                _ = try await queue.tryPush(capacity + element)
            }
            let push = queue.startPush(99)
            await queue.stage.settle()
            let drain = queue.stage.start { [base = queue.base] in await base.drain() }
            await queue.stage.settle { drain.value != nil && push.value != nil }
            let inside = Array(capacity / 2..<capacity + capacity / 2)
            try expectations.expectEqual(drain.value, inside, "what draining returns")
            try expectations.expectEqual(push.value, .closed(99), "the result of a push that waited at the draining")
            try await expectations.expectEqual(queue.tryPush(5), .closed(5), "a push after the draining")
            let again = queue.stage.start { [base = queue.base] in await base.drain() }
            await queue.stage.settle { again.value != nil }
            try expectations.expectEqual(again.value, [], "what draining again returns")
        }
    }
}
