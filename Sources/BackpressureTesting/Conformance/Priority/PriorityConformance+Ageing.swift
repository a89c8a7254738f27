internal import Backpressure

/// How long a tier can be passed over.
extension PriorityConformance {
    func checkStarvation(_ expectations: Expectations) async throws(ConformanceFailure) {
        for limit in [4, 5, 7, 64] {
            let expectations = expectations.with("ageing limit \(limit)")
            for tier in PriorityTier.allCases { try await flood(tier, limit: limit, expectations) }
            try await floodAllTiers(limit: limit, expectations)
        }
    }

    /// Some elements of one tier, and before every take one of each other tier where there is room.
    private func flood(
        _ tier: PriorityTier,
        limit: Int,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let expectations = expectations.with("tier \(tier)")
        let queue = makeQueue(16, ageingLimit: limit)
        var model = PriorityModel(capacity: 16, overload: .never, ageingLimit: limit)
        for element in 0..<4 {
            _ = await queue.tryPush(element, priority: tier)
            _ = model.push(element, tier)
        }
        var waiting = 0..<4
        for take in 1...(4 * limit) {
            for other in PriorityTier.allCases where other != tier {
                _ = await queue.tryPush(take, priority: other)
                _ = model.push(take, other)
            }
            let taken = await queue.tryPop()
            try expectations.expectNoComplaint(model.pop(taken))
            if taken?.tier == tier { waiting.removeFirst() }
            // The one with k before it leaves within (k + 1) × limit takes.
            try expectations.expect(
                waiting.isEmpty || take < (waiting.lowerBound + 1) * limit,
                "element \(waiting.lowerBound) to leave within \((waiting.lowerBound + 1) * limit) takes",
                but: "it was still inside after \(take)"
            )
        }
        try expectations.expect(waiting.isEmpty, "all elements of the tier to have left", but: "\(waiting) are inside")
    }

    /// Every tier always holds elements, and each is emptied now and then, so that their limits come due in all constellations.
    private func floodAllTiers(limit: Int, _ expectations: Expectations) async throws(ConformanceFailure) {
        for number in 0..<20 {
            let seed = seed.variant(number)
            let expectations = expectations.with("seed \(seed)")
            let queue = makeQueue(32, ageingLimit: limit)
            var model = PriorityModel(capacity: 32, overload: .never, ageingLimit: limit)
            var generator = SeededGenerator(seed: seed)
            for step in 0..<(12 * limit) {
                for _ in 0..<Int.random(in: 0...3, using: &generator) {
                    let tier = PriorityTier.random(using: &generator)
                    _ = await queue.tryPush(step, priority: tier)
                    _ = model.push(step, tier)
                }
                try expectations.expectNoComplaint(model.pop(await queue.tryPop()))
            }
        }
    }

    func checkPatience(_ expectations: Expectations) async throws(ConformanceFailure) {
        for limit in [4, 5, 64] {
            for tier in [PriorityTier.high, .normal, .low] {
                let expectations = expectations.with("ageing limit \(limit), tier \(tier)")
                let queue = makeQueue(8, ageingLimit: limit)
                var model = PriorityModel(capacity: 8, overload: .never, ageingLimit: limit)
                // The tier is served once, then stays empty for long: it has no claim from that time.
                for (element, pushed) in ([tier] + [PriorityTier](repeating: .critical, count: 3 * limit)).enumerated()
                {
                    _ = await queue.tryPush(element, priority: pushed)
                    _ = model.push(element, pushed)
                    try expectations.expectNoComplaint(model.pop(await queue.tryPop()))
                }
                for (element, pushed) in [(1_000, tier), (1_001, .critical)] {
                    _ = await queue.tryPush(element, priority: pushed)
                    _ = model.push(element, pushed)
                }
                for element in 0..<(2 * limit) {
                    try expectations.expectNoComplaint(model.pop(await queue.tryPop()))
                    _ = await queue.tryPush(element, priority: .critical)
                    _ = model.push(element, .critical)
                }
            }
        }
    }
}
