internal import Backpressure

/// Random orders of steps, each of which its seed replays: four producers of mixed tiers and three consumers.
extension PriorityConformance {
    func checkSchedules(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3] {
            for number in 0..<60 {
                let seed = seed.variant(number)
                let expectations = expectations.with("capacity \(capacity), seed \(seed)")
                try await checkSchedule(stage(makeQueue(capacity, ageingLimit: 4), expectations), seed, expectations)
            }
        }
    }

    private func checkSchedule(
        _ queue: StagedPriorityQueue<Queue>,
        _ seed: UInt64,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        @Sendable func tier(of element: Int) -> PriorityTier {
            PriorityTier.allCases[(element / 1_000 + element % 1_000) % 4]
        }
        var schedule = RandomSchedule(
            on: queue.stage,
            producers: 4,
            consumers: 3,
            elements: 10,
            seed: seed,
            expectations: expectations,
            push: { [base = queue.base] in await base.push($0, priority: tier(of: $0)).isAccepted },
            pop: { [base = queue.base] in await base.pop() }
        )
        let (accepted, taken) = try await schedule.run(
            depth: { () throws(ConformanceFailure) in try await queue.statistics().total.depth },
            close: { () throws(ConformanceFailure) in try await queue.close() }
        )
        try expectations.expectEqual(taken.joined().map(\.element).sorted(), accepted, "what was taken in all")
        for next in taken.joined() {
            try expectations.expectEqual(next.tier, tier(of: next.element), "the tier of element \(next.element)")
        }
        for elements in taken {
            for producer in 0..<4 {
                for tier in PriorityTier.allCases {
                    let own = elements.filter { $0.element / 1_000 == producer && $0.tier == tier }.map(\.element)
                    try expectations.expect(
                        own == own.sorted(),
                        "each consumer to take the elements of a producer and a tier in order",
                        but: "one took \(own)"
                    )
                }
            }
        }
    }
}
