internal import Backpressure

/// Random orders of steps, each of which its seed replays.
extension QueueConformance {
    func checkSchedules(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3] {
            for number in 0..<60 {
                let seed = seed.variant(number)
                let expectations = expectations.with("capacity \(capacity), seed \(seed)")
                try await checkSchedule(StagedQueue(makeQueue(capacity), expectations), seed, expectations)
            }
        }
    }

    private func checkSchedule(
        _ queue: StagedQueue<Queue>,
        _ seed: UInt64,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let tasks = atOnce(3)
        var schedule = RandomSchedule(
            on: queue.stage,
            producers: tasks,
            consumers: tasks,
            elements: 12,
            seed: seed,
            expectations: expectations,
            push: { [base = queue.base] in await base.push($0).isAccepted },
            pop: { [base = queue.base] in await base.pop() }
        )
        let (accepted, taken) = try await schedule.run(
            depth: { () throws(ConformanceFailure) in try await queue.statistics().depth },
            close: { () throws(ConformanceFailure) in try await queue.close() }
        )
        try expectations.expectEqual(taken.flatMap(\.self).sorted(), accepted, "what was taken in all")
        for elements in taken {
            for producer in 0..<tasks {
                let own = elements.filter { $0 / 1_000 == producer }
                try expectations.expect(
                    own == own.sorted(),
                    "each consumer to take the elements of a producer in order",
                    but: "one took \(own)"
                )
            }
        }
    }
}
