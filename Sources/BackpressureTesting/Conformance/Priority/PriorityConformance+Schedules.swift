internal import Backpressure

/// Random orders of steps, each of which its seed replays.
extension PriorityConformance {
    func checkSchedules(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3] {
            for seed in 0..<UInt64(60) {
                let expectations = expectations.with("capacity \(capacity), seed \(seed)")
                let queue = stage(makeQueue(capacity, ageingLimit: 4), expectations)
                var schedule = PrioritySchedule(queue: queue, seed: seed, expectations: expectations)
                try await schedule.run()
            }
        }
    }
}

/// Four producers of mixed tiers and three consumers on one stage, stepped in a random order; half of the runs cancel some
/// of them.
private struct PrioritySchedule<Queue: BoundedPriorityQueue<Int>> {
    private let queue: StagedPriorityQueue<Queue>
    private let expectations: Expectations
    private let cancels: Bool
    private let producers: [StagedTask<[Int]>]
    private let consumers: [StagedTask<[Prioritized<Int>]>]
    private var generator: SeededGenerator

    init(queue: StagedPriorityQueue<Queue>, seed: UInt64, expectations: Expectations) {
        self.queue = queue
        self.expectations = expectations
        cancels = seed % 2 == 1
        generator = SeededGenerator(seed: seed)
        let base = queue.base
        producers = (0..<4).map { producer in
            queue.stage.start {
                var accepted: [Int] = []
                for element in producer * 1_000..<producer * 1_000 + 10 {
                    guard await base.push(element, priority: Self.tier(of: element)).isAccepted else { break }
                    accepted.append(element)
                }
                return accepted
            }
        }
        consumers = (0..<3).map { _ in
            queue.stage.start {
                var taken: [Prioritized<Int>] = []
                while let next = await base.pop() { taken.append(next) }
                return taken
            }
        }
    }

    private static func tier(of element: Int) -> PriorityTier {
        PriorityTier.allCases[(element / 1_000 + element % 1_000) % 4]
    }

    mutating func run() async throws(ConformanceFailure) {
        await stepAll { [producers] in producers.allSatisfy { $0.value != nil } }
        let waiting = producers.count { $0.value == nil }
        if waiting > 0 {
            let depth = try await queue.statistics().total.depth
            try await queue.close()
            throw expectations.failure(
                "every push to return while there are consumers",
                but: "\(waiting) producers wait and no task is ready; the queue holds \(depth) of \(queue.capacity)"
            )
        }
        try await queue.close()
        await stepAll { [consumers] in consumers.allSatisfy { $0.value != nil } }
        let stuck = consumers.count { $0.value == nil }
        try expectations.expect(
            stuck == 0,
            "every pop to return once the queue is closed",
            but: "\(stuck) consumers still wait and no task is ready"
        )
        try compare()
    }

    private func compare() throws(ConformanceFailure) {
        let accepted = producers.flatMap { $0.value ?? [] }.sorted()
        let taken = consumers.map { $0.value ?? [] }
        try expectations.expectEqual(taken.joined().map(\.element).sorted(), accepted, "what was taken in all")
        for next in taken.joined() {
            try expectations.expectEqual(next.tier, Self.tier(of: next.element), "the tier of element \(next.element)")
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

    /// Runs ready jobs in a random order, and now and then cancels a task. The first consumer is never cancelled, so that
    /// there is always someone to make room.
    private mutating func stepAll(until isDone: () -> Bool) async {
        await queue.stage.settle(using: &generator, until: isDone) { [cancels, producers, consumers] generator in
            guard cancels, Int.random(in: 0..<40, using: &generator) == 0 else { return }
            if Bool.random(using: &generator) {
                producers.randomElement(using: &generator)?.cancel()
            } else {
                consumers.dropFirst().randomElement(using: &generator)?.cancel()
            }
        }
    }
}
