internal import Backpressure

/// What one caller sees.
extension QueueConformance {
    func checkCapacity(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in Self.capacities {
            let expectations = expectations.with("capacity \(capacity)")
            let queue = makeQueue(capacity, .block)
            try expectations.expectEqual(queue.capacity, capacity, "the capacity property")
            var pushed = 0
            var popped = 0
            func fill() async throws(ConformanceFailure) {
                while pushed - popped < capacity {
                    try await expectations.expectEqual(queue.tryPush(pushed), .accepted, "push \(pushed), with room")
                    pushed += 1
                }
                let extra = await queue.tryPush(pushed)
                try expectations.expectEqual(extra, .full(pushed), "push \(pushed), when full")
                try await expectations.expectEqual(queue.statistics().depth, capacity, "the depth when full")
            }
            func pop() async throws(ConformanceFailure) {
                try await expectations.expectEqual(queue.tryPop(), popped, "pop \(popped)")
                popped += 1
            }
            for _ in 0..<4 {
                try await fill()
                try await pop()
                try await fill()
                while popped < pushed { try await pop() }
                try await expectations.expectEqual(queue.tryPop(), nil, "a pop when empty")
                // Shifts where the next lap begins.
                try await expectations.expectEqual(queue.tryPush(pushed), .accepted, "a push when empty")
                pushed += 1
                try await pop()
            }
        }
    }

    func checkOrder(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3, 5, 64] {
            let script = Script(capacity: capacity, policy: .block, steps: 2_000, seed: seed.variant(capacity))
            try await follow(script, comparing: [.pops], expectations)
        }
    }

    func checkPolicy(_ policy: OverflowPolicy, _ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3, 5] {
            let script = Script(capacity: capacity, policy: policy, steps: 500, seed: seed.variant(capacity))
            try await follow(script, comparing: [.pops, .pushes, .drops], expectations)
            if policy != .block { try await checkPushIsImmediate(policy, capacity: capacity, expectations) }
        }
    }

    /// Only `.block` waits: with the others `push` is `tryPush`.
    private func checkPushIsImmediate(
        _ policy: OverflowPolicy,
        capacity: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let log = DropLog()
        let queue = makeQueue(capacity, policy, log: log)
        var model = QueueModel(capacity: capacity, policy: policy)
        let stage = Stage()
        for element in 0..<(2 * capacity + 1) {
            let push = stage.start { await queue.push(element) }
            let returned = await stage.settle { push.value != nil }
            if !returned { push.cancel() }
            try expectations.expect(returned, "push with \(policy) to return at once", but: "push \(element) waited")
            try expectations.expectEqual(
                push.value?.withoutEstimate,
                model.push(element),
                "the result of push \(element) with \(policy)"
            )
        }
        try expectations.expectEqual(log.drops, model.drops, "what the drop handler saw")
    }

    func checkSampling(_ expectations: Expectations) async throws(ConformanceFailure) {
        // Shares that are exact in binary, so that a rounding of the watermark is no matter of taste.
        for (capacity, low, depth) in [(1, 0.0, 0), (2, 0.5, 1), (3, 0.5, 2), (8, 0.25, 2), (8, 1, 8)] {
            for interval in [1, 2, 5] {
                let policy = OverflowPolicy.sample(oneIn: interval, above: low)
                var script = Script(capacity: capacity, policy: policy, steps: 500, seed: seed.variant(interval))
                script.sampling = QueueModel.Sampling(interval: interval, depth: depth)
                let expectations = expectations.with("one in \(interval) above \(low)")
                try await follow(script, comparing: [.pops, .pushes, .drops, .statistics], expectations)
            }
        }
    }

    func checkStatistics(_ expectations: Expectations) async throws(ConformanceFailure) {
        for policy in plainPolicies {
            for capacity in [1, 3] {
                let script = Script(capacity: capacity, policy: policy, steps: 300, seed: seed.variant(capacity))
                try await follow(script, comparing: [.statistics], expectations)
            }
        }
    }

    /// Runs random operations on a queue and on the model, and compares them after each.
    func follow(
        _ script: Script,
        comparing aspects: Set<Script.Aspect>,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let expectations = expectations.with(
            "policy \(script.policy), capacity \(script.capacity), seed \(script.seed)"
        )
        let log = DropLog()
        let queue = makeQueue(script.capacity, script.policy, log: log)
        var model = QueueModel(capacity: script.capacity, policy: script.policy, sampling: script.sampling)
        for (number, operation) in script.operations.enumerated() {
            switch operation {
            case .push(let element):
                let (actual, expected) = (await queue.tryPush(element).withoutEstimate, model.push(element))
                if aspects.contains(.pushes) {
                    try expectations.expectEqual(actual, expected, "operation \(number), push \(element),")
                }
            case .pushBatch(let batch):
                let (actual, expected) = (await offer(batch, to: queue), model.push(contentsOf: batch))
                if aspects.contains(.pushes) {
                    try expectations.expectEqual(actual, expected, "operation \(number), push of \(batch),")
                }
            case .popBatch(let count):
                let (actual, expected) = (await queue.tryPop(upTo: count), model.pop(upTo: count))
                if aspects.contains(.pops) {
                    try expectations.expectEqual(actual, expected, "operation \(number), a pop of up to \(count),")
                }
            case .pop:
                let (actual, expected) = (await queue.tryPop(), model.pop())
                if aspects.contains(.pops) {
                    try expectations.expectEqual(actual, expected, "operation \(number), a pop,")
                }
            case .close:
                await queue.close()
                model.close()
            }
            if aspects.contains(.drops) {
                try expectations.expectEqual(log.drops, model.drops, "what the drop handler saw by operation \(number)")
            }
            if aspects.contains(.statistics) {
                let actual = await queue.statistics()
                var expected = model.statistics
                if actual.peakDepth == nil { expected.peakDepth = nil }
                try expectations.expectEqual(
                    actual,
                    expected,
                    "the statistics after operation \(number), \(operation),"
                )
            }
        }
    }
}

/// Random operations that fill and empty a queue by turns and close it towards the end.
struct Script {
    enum Operation {
        case push(Int)
        case pop
        case pushBatch(Range<Int>)
        case popBatch(Int)
        case close
    }

    enum Aspect {
        case pushes, pops, drops, statistics
    }

    let capacity: Int
    let policy: OverflowPolicy
    var sampling: QueueModel.Sampling?
    let seed: UInt64
    let operations: [Operation]

    /// Which operations go in batches.
    enum Batches {
        case none, pushes, pops
    }

    init(capacity: Int, policy: OverflowPolicy, batches: Batches = .none, steps: Int, seed: UInt64) {
        self.capacity = capacity
        self.policy = policy
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        let turn = 3 * capacity
        var operations = (0..<steps).map { step -> Operation in
            let mostlyPushes = step / turn % 2 == 0
            let isUsual = Int.random(in: 0..<4, using: &generator) > 0
            let pushes = isUsual == mostlyPushes
            guard batches == (pushes ? .pushes : .pops) else { return pushes ? .push(step) : .pop }
            let count = Int.random(in: 0...capacity + 2, using: &generator)
            return pushes ? .pushBatch(1_000 * step..<1_000 * step + count) : .popBatch(count)
        }
        operations.insert(.close, at: max(0, steps - 2 * turn))
        self.operations = operations
    }
}
