internal import Backpressure

/// What is turned away as the queue fills.
extension PriorityConformance {
    private static var tables: [OverloadTable] {
        [
            OverloadTable(), .beginning(at: 0.5), OverloadTable(low: 0.25, normal: 0.5, high: 0.75),
            OverloadTable(low: 0.55, normal: 0.55, high: 1), .never,
        ]
    }

    func checkTable(_ expectations: Expectations) async throws(ConformanceFailure) {
        for table in Self.tables { try await offerAtAllDepths(table, expectations) }
    }

    func checkDrops(_ expectations: Expectations) async throws(ConformanceFailure) {
        for table in Self.tables {
            let thresholds = table.thresholds
            let dropping = OverloadTable(
                low: thresholds.low,
                normal: thresholds.normal,
                high: thresholds.high,
                action: .drop
            )
            try await offerAtAllDepths(dropping, expectations)
        }
    }

    /// Offers one element of each tier at each depth, to a queue that was filled with critical ones.
    private func offerAtAllDepths(
        _ table: OverloadTable,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3, 5, 10, 20] {
            for depth in 0...capacity {
                for tier in PriorityTier.allCases {
                    let expectations = expectations.with("capacity \(capacity), depth \(depth), tier \(tier)")
                    let log = PriorityDropLog()
                    let queue = stage(makeQueue(capacity, table, log: log), expectations)
                    var model = PriorityModel(capacity: capacity, overload: table, ageingLimit: 64)
                    for element in 0..<depth {
                        _ = try await queue.tryPush(element, .critical)
                        _ = model.push(element, .critical)
                    }
                    let isShed = model.sheds(tier)
                    let actual = try await queue.tryPush(100, tier).withoutRetryTime
                    try expectations.expectEqual(actual, model.push(100, tier), "the result of tryPush")
                    if isShed {
                        // What is shed is decided at once for a push that could wait, too.
                        let push = queue.startPush(101, tier)
                        await queue.stage.settle { push.value != nil }
                        let expected = model.push(101, tier)
                        try expectations.expectEqual(push.value?.withoutRetryTime, expected, "the result of push")
                    }
                    try expectations.expectEqual(log.drops, model.drops, "what the drop handler saw")
                }
            }
        }
    }

    func checkCritical(_ expectations: Expectations) async throws(ConformanceFailure) {
        for action in [OverloadTable.Action.refuse, .drop] {
            for capacity in [1, 2, 5, 20] {
                let expectations = expectations.with("capacity \(capacity), action \(action)")
                let log = PriorityDropLog()
                let table = OverloadTable(low: 0.2, normal: 0.4, high: 0.6, action: action)
                let queue = stage(makeQueue(capacity, table, log: log), expectations)
                var generator = SeededGenerator(seed: seed.variant(capacity))
                var depth = 0
                for element in 0..<(10 * capacity) {
                    let tier = PriorityTier.random(using: &generator)
                    let result = try await queue.tryPush(element, tier)
                    if tier == .critical {
                        let expected: PushResult<Int> = depth < capacity ? .accepted : .full(element)
                        try expectations.expectEqual(result, expected, "a critical offer at depth \(depth)")
                    }
                    if result.isAccepted { depth += 1 }
                }
                while depth < capacity {
                    try await expectations.expectEqual(queue.tryPush(1_000, .critical), .accepted, "a critical offer")
                    depth += 1
                }
                let push = queue.startPush(2_000, .critical)
                await queue.stage.settle()
                try expectations.expectEqual(push.value, nil, "a critical push while the queue is full")
                _ = try await queue.tryPop()
                await queue.stage.settle { push.value != nil }
                try expectations.expectEqual(push.value, .accepted, "a critical push when there is room")
                try expectations.expect(
                    log.drops.allSatisfy { $0.dropped.tier != .critical },
                    "the drop handler to see no critical element",
                    but: "it saw one"
                )
            }
        }
    }
}
