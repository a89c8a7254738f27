internal import Backpressure

/// What one caller sees.
extension PriorityConformance {
    func checkCapacity(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3, 5, 1_024] {
            let expectations = expectations.with("capacity \(capacity)")
            let queue = makeQueue(capacity)
            var model = PriorityModel(capacity: capacity, overload: .never, ageingLimit: queue.ageingLimit)
            try expectations.expectEqual(queue.capacity, capacity, "the capacity property")
            var generator = SeededGenerator(seed: seed.variant(capacity))
            var pushed = 0
            for lap in 0..<6 {
                // One tier fills the queue, then all do; and each lap begins at another place.
                while model.depth < capacity {
                    let tier = lap < 4 ? PriorityTier.allCases[lap] : .random(using: &generator)
                    let result = await queue.tryPush(pushed, priority: tier)
                    try expectations.expectEqual(result, .accepted, "push \(pushed), with room")
                    _ = model.push(pushed, tier)
                    pushed += 1
                }
                for tier in PriorityTier.allCases {
                    let result = await queue.tryPush(-1, priority: tier)
                    try expectations.expectEqual(result, .full(-1), "a push of the tier \(tier) when full")
                }
                try await expectations.expectEqual(queue.statistics().total.depth, capacity, "the depth when full")
                for _ in 0..<(capacity + 1) {
                    try expectations.expectNoComplaint(model.pop(await queue.tryPop()))
                }
            }
        }
    }

    func checkUrgency(_ expectations: Expectations) async throws(ConformanceFailure) {
        // All pairs, in words rather than by comparison: the comparison itself may be the wrong way round.
        let tiers: [PriorityTier] = [.critical, .high, .normal, .low]
        for urgent in 0..<4 {
            for other in urgent + 1..<4 {
                let queue = makeQueue(4)
                _ = await queue.tryPush(1, priority: tiers[other])
                _ = await queue.tryPush(2, priority: tiers[urgent])
                let taken = [await queue.tryPop(), await queue.tryPop()]
                let expected = [Prioritized(2, tiers[urgent]), Prioritized(1, tiers[other])]
                try expectations.expectEqual(taken, expected, "what leaves")
            }
        }
        for capacity in [1, 2, 5, 64] {
            let script = PriorityScript(capacity: capacity, ageingLimit: .max, seed: seed)
            try await follow(script, comparing: [.pops], expectations)
        }
    }

    func checkOrderWithinTier(_ expectations: Expectations) async throws(ConformanceFailure) {
        for tier in PriorityTier.allCases {
            let queue = makeQueue(5)
            var pushed = 0
            for popped in 0..<40 {
                while pushed < popped + 5 {
                    _ = await queue.tryPush(pushed, priority: tier)
                    pushed += 1
                }
                try await expectations.expectEqual(queue.tryPop(), Prioritized(popped, tier), "pop \(popped)")
            }
        }
        for capacity in [3, 64] {
            try await follow(PriorityScript(capacity: capacity, seed: seed), comparing: [.pops], expectations)
        }
    }

    func checkStatistics(_ expectations: Expectations) async throws(ConformanceFailure) {
        for action in [OverloadTable.Action.refuse, .drop] {
            for capacity in [1, 4, 10] {
                let script = PriorityScript(capacity: capacity, overload: OverloadTable(action: action), seed: seed)
                try await follow(script, comparing: [.pushes, .pops, .drops, .statistics], expectations)
            }
        }
    }

    /// Runs random operations on a queue and on the model, and compares them after each.
    func follow(
        _ script: PriorityScript,
        comparing aspects: Set<PriorityScript.Aspect>,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let expectations = expectations.with("capacity \(script.capacity), ageing limit \(script.ageingLimit)")
        let log = PriorityDropLog()
        let queue = makeQueue(script.capacity, script.overload, ageingLimit: script.ageingLimit, log: log)
        var model = PriorityModel(
            capacity: script.capacity,
            overload: script.overload,
            ageingLimit: script.ageingLimit
        )
        for (number, operation) in script.operations.enumerated() {
            switch operation {
            case .push(let element, let tier):
                let actual = await queue.tryPush(element, priority: tier).withoutRetryTime
                let expected = model.push(element, tier)
                if aspects.contains(.pushes) {
                    try expectations.expectEqual(actual, expected, "operation \(number), a push of \(tier),")
                }
            case .pop:
                let complaint = model.pop(await queue.tryPop())
                if aspects.contains(.pops) { try expectations.expectNoComplaint(complaint) }
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
                try expectations.expectEqual(actual, expected, "the statistics after operation \(number)")
            }
        }
    }
}

/// Random operations that fill and empty a queue by turns and close it towards the end.
struct PriorityScript {
    enum Operation {
        case push(Int, PriorityTier)
        case pop
        case close
    }

    enum Aspect {
        case pushes, pops, drops, statistics
    }

    let capacity: Int
    let overload: OverloadTable
    let ageingLimit: Int
    let operations: [Operation]

    init(capacity: Int, overload: OverloadTable = .never, ageingLimit: Int = 64, steps: Int = 1_000, seed: UInt64) {
        self.capacity = capacity
        self.overload = overload
        self.ageingLimit = ageingLimit
        var generator = SeededGenerator(seed: seed.variant(capacity))
        let turn = 3 * capacity
        var operations = (0..<steps).map { step -> Operation in
            let mostlyPushes = step / turn % 2 == 0
            let isUsual = Int.random(in: 0..<4, using: &generator) > 0
            return isUsual == mostlyPushes ? .push(step, .random(using: &generator)) : .pop
        }
        operations.insert(.close, at: max(0, steps - 2 * turn))
        self.operations = operations
    }
}

extension PriorityTier {
    static func random(using generator: inout SeededGenerator) -> PriorityTier {
        allCases[Int.random(in: 0..<allCases.count, using: &generator)]
    }
}

extension PushResult<Int> {
    /// An implementation may know when to try again; the model doesn't.
    var withoutRetryTime: PushResult<Int> {
        guard case .rejected(let element, let error) = self else { return self }
        return .rejected(
            element,
            QueueFullError(depth: error.depth, capacity: error.capacity, retryAfterNanoseconds: 0)
        )
    }
}

extension Expectations {
    /// Throws what the model found wrong with a take.
    func expectNoComplaint(_ complaint: String?) throws(ConformanceFailure) {
        if let complaint { throw failure("each take to be the next by urgency, age and order", but: complaint) }
    }
}
